import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileNotebooks } from "../../../engine/notebook/compile/compile-notebooks.js";
import type { CompiledNotebook } from "../../../engine/notebook/types.js";
import type { Problem } from "../../../engine/project/types.js";
import { corpus, type CorpusProgram } from "../corpus/index.js";
import { runAsModules } from "../corpus/run-as-module.js";
import { runCells, type CellsRun } from "../corpus/run-cells.js";
import { createProject, makeNotebook, type ProjectRig } from "./rig.js";

type CompiledProgram = { readonly root: string; readonly notebook: CompiledNotebook | undefined; readonly problems: readonly Problem[] };

const projects: ProjectRig[] = [];
const compiledPrograms = new Map<CorpusProgram, CompiledProgram>();
const printed = new Map<CorpusProgram, readonly string[]>();

beforeAll(async () => {
  const compared = corpus.filter((program) => program.expect.kind === "like-module");
  for (const [index, lines] of (await runAsModules(compared)).entries()) {
    const program = compared[index];
    if (program !== undefined) printed.set(program, lines);
  }
  // Programs with the same files share a project, and so a converter.
  const groups = new Map<string, CorpusProgram[]>();
  for (const program of corpus) {
    const key = JSON.stringify(program.files ?? {});
    groups.set(key, [...(groups.get(key) ?? []), program]);
  }
  for (const programs of groups.values()) await compileTogether(programs);
}, 600_000);
afterAll(() => Promise.all(projects.map((project) => project.remove())));

async function compileTogether(programs: readonly CorpusProgram[]): Promise<void> {
  const project = await createProject(programs[0]?.files);
  projects.push(project);
  const nameOf = (program: CorpusProgram): string => `notebooks/main-${corpus.indexOf(program)}.ipynb`;
  const notebooks = programs.map((program) => makeNotebook(nameOf(program), program.cells));
  const { compiled, problems } = await compileNotebooks({ root: project.root, notebooks, cacheFolder: null });
  for (const program of programs) {
    const others = new Set(programs.filter((other) => other !== program).map(nameOf));
    compiledPrograms.set(program, { root: project.root, notebook: compiled.get(nameOf(program)), problems: problems.filter(({ place }) => !others.has(place.file)) });
  }
}

function findCompiled(program: CorpusProgram): CompiledProgram {
  const found = compiledPrograms.get(program);
  if (found === undefined) throw new Error("not compiled");
  return found;
}

async function run(program: CorpusProgram): Promise<CellsRun> {
  const { root, notebook, problems } = findCompiled(program);
  expect(problems).toEqual([]);
  if (notebook === undefined) throw new Error("not compiled");
  return runCells(root, notebook);
}

describe("the corpus", () => {
  it("is large, and its names are unique", () => {
    expect(corpus.length).toBeGreaterThan(100);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  });

  for (const program of corpus) {
    const { expect: expectation } = program;
    it(`${expectation.kind}: ${program.name}`, async () => {
      if (expectation.kind === "refused") {
        const { notebook, problems } = findCompiled(program);
        expect(notebook).toBeUndefined();
        const found = problems.map(({ place: { file, ...place }, message }) => ({ ...(file.endsWith(".ipynb") ? {} : { file }), ...place, message }));
        expect(found).toEqual(expectation.problems.map((problem) => ({ ...problem, message: expect.stringContaining(problem.message) })));
        return;
      }
      const result = await run(program);
      if (expectation.kind === "throws") {
        expect(result.error?.message).toContain(expectation.message);
        expect(result.place).toMatchObject(expectation.place);
        return;
      }
      expect(result.error).toBeNull();
      const lines = expectation.kind === "prints" ? expectation.lines : printed.get(program);
      expect(result.lines).toEqual(lines);
      if (expectation.displayed !== undefined) expect(result.displayed).toEqual(expectation.displayed);
    });
  }
});
