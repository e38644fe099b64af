import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, notebook } from "../../project/make-project.js";
import { corpus, CORPUS_NOTEBOOK, type CorpusProgram } from "../corpus/index.js";
import { runAsModules } from "../corpus/run-as-module.js";
import { displayed, driveKernel, hasPython, printed, type Executed, type Step } from "./drive-kernel.js";

/** Loses all that cells left, and nothing of what is compiled: each program begins in a new process. */
const forget = 'process.kill(process.pid, "SIGKILL"); for (;;);';

/** Programs whose output depends on how much time passes between two cells. */
const timed = new Set(["timers and promises of an earlier cell"]);
const programs = corpus.filter(({ name }) => !timed.has(name));

let root: string;
const executions = new Map<CorpusProgram, readonly Executed[]>();
const expected = new Map<CorpusProgram, readonly string[]>();

beforeAll(async () => {
  if (!hasPython) return;
  root = await makeProject({ "stitchbook.yaml": "name: corpus\n", "notebooks/other.ipynb": ["---\nstage: other\noutputs: [x.txt]\n---"] });
  const compared = programs.filter(({ expect: { kind } }) => kind === "like-module");
  for (const [index, lines] of (await runAsModules(compared)).entries()) {
    const program = compared[index];
    if (program !== undefined) expected.set(program, lines);
  }
  const steps: Step[] = [];
  const starts = programs.map((program) => addSteps(program, steps));
  const results = await driveKernel({ cwd: join(root, "notebooks"), env: { JPY_SESSION_NAME: join(root, CORPUS_NOTEBOOK) } }, steps);
  for (const [index, program] of programs.entries()) {
    const start = starts[index] ?? 0;
    executions.set(program, results.slice(start, start + program.cells.length) as Executed[]);
  }
}, 600_000);
afterAll(async () => {
  if (hasPython) await rm(root, { recursive: true, force: true });
});

/** @returns index of the step that executes the program's first cell */
function addSteps({ cells, files = {} }: CorpusProgram, steps: Step[]): number {
  for (const [path, text] of Object.entries(files)) steps.push({ write: join(root, path), text });
  steps.push({ write: join(root, CORPUS_NOTEBOOK), text: notebook([{ type: "markdown", source: "" }, ...cells]) });
  const start = steps.length;
  steps.push(...cells.map((code): Step => ({ execute: code })));
  for (const path of Object.keys(files)) steps.push({ write: join(root, path), text: null });
  steps.push({ execute: forget });
  return start;
}

describe.skipIf(!hasPython)("the corpus in Jupyter", () => {
  it.each(programs.map((program) => [program.name, program] as const))("%s", (_, program) => {
    const executed = executions.get(program) ?? [];
    const failures = executed.filter(({ reply }) => reply.status === "error").map(({ reply }) => reply);
    const wanted = program.expect;
    if (wanted.kind === "throws") {
      const { cell, file, line } = wanted.place;
      const place = `${file ?? `${CORPUS_NOTEBOOK}, cell ${cell ?? 0}`}, line ${line}`;
      expect(failures[0]?.evalue).toContain(wanted.message);
      expect(failures[0]?.traceback?.join("\n")).toContain(place);
    } else if (wanted.kind === "refused") {
      // What comes of a later cell depends here on the earlier one, which was not executed: the first counts.
      const said = failures[0]?.traceback?.join("\n") ?? "";
      const [one] = wanted.problems;
      for (const { message } of wanted.problems.filter(({ cell, file }) => cell === one?.cell && file === one?.file)) expect(said).toContain(message);
      expect(failures[0]?.ename).toBe("CompileError");
    } else {
      expect(failures).toEqual([]);
      const lines = executed.map((each) => printed(each)).join("");
      expect(lines).toBe((wanted.kind === "prints" ? wanted.lines : (expected.get(program) ?? [])).map((line) => `${line}\n`).join(""));
      if (wanted.displayed !== undefined) expect(executed.flatMap(displayed)).toEqual(wanted.displayed);
    }
  });
});
