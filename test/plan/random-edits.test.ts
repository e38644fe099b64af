import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hashValue } from "../../engine/plan/canonical.js";
import { readStageCode } from "../../engine/plan/code-closure.js";
import { createPackageReader } from "../../engine/plan/packages.js";
import { makeFolder, makeProject, makeStage, makeTask } from "./project-builder.js";
import { EDITS, type Edit } from "./random-edits.js";
import { makeProgram, type Program } from "./random-program.js";
import { runProgram } from "./run-program.js";
import { createRandom } from "./seeded-random.js";

const PROGRAMS = 10;
const EDITS_EACH = 34;

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

describe("random edits", () => {
  const seen = { quiet: 0, loud: 0, told: 0 };

  it.each(Array.from({ length: PROGRAMS }, (_, seed) => seed))("never leave a changed output unnoticed, and let what doesn't count pass (seed %i)", async (seed) => {
    const random = createRandom(seed + 1);
    const program = makeProgram(random);
    const place = makePlace(program);
    let before = await measure(program, place);
    expect(before.output).not.toMatch(/SyntaxError|ReferenceError|TypeError|Cannot find/);
    for (let step = 0; step < EDITS_EACH; step += 1) {
      const edit = random.pick(EDITS);
      const old = structuredClone(program);
      edit.apply(program, random);
      place.write(program);
      const after = await measure(program, place);
      if (/SyntaxError|Transform failed/.test(after.output)) throw new Error(`${edit.name} broke the program: ${after.output}`);
      judge(edit, before, after, seen, () => describeDifference(old, program));
      before = after;
    }
  });

  it("were of every sort", () => {
    expect(seen.quiet + seen.loud).toBeGreaterThanOrEqual(300);
    expect(seen.quiet).toBeGreaterThan(100);
    expect(seen.told).toBeGreaterThan(70);
  });
});

type Measured = { readonly output: string; readonly hash: string };

function judge(edit: Edit, before: Measured, after: Measured, seen: { quiet: number; loud: number; told: number }, difference: () => string): void {
  seen[edit.isQuiet ? "quiet" : "loud"] += 1;
  const isSame = before.hash === after.hash;
  if (before.output !== after.output) {
    seen.told += 1;
    if (isSame) throw new Error(`UNSOUND: ${edit.name}\n${difference()}\nbefore: ${before.output}\nafter: ${after.output}`);
    if (edit.isQuiet) throw new Error(`the edit is not quiet: ${edit.name}\n${difference()}\nbefore: ${before.output}\nafter: ${after.output}`);
  }
  if (edit.isQuiet && !isSame) throw new Error(`COUNTED: ${edit.name}\n${difference()}`);
}

function makePlace(program: Program) {
  const outer = makeFolder();
  folders.push(outer);
  const write = (now: Program): void => {
    for (const [path, text] of Object.entries(now.files)) outer.write(`project/${path}`, text);
    for (const [path, text] of Object.entries(now.linked)) outer.write(`linked/${path}`, text);
  };
  write(program);
  mkdirSync(join(outer.root, "project/node_modules"), { recursive: true });
  symlinkSync(join(outer.root, "linked"), join(outer.root, "project/node_modules/linked"));
  return { root: join(outer.root, "project"), write };
}

async function measure(program: Program, { root }: { root: string }): Promise<Measured> {
  const cells = program.cells.map((model, index) => ({
    type: model.type,
    position: index + 2,
    id: `cell-${index + 2}`,
    source: [...model.options, ...model.statements, ...(model.shown === null ? [] : [model.shown])].join("\n"),
    options: { tags: model.isParameters ? ["parameters"] : [] },
  }));
  const stage = makeStage({ id: "work", cells });
  const code = await readStageCode(makeProject(root, [makeTask(stage)]), stage);
  const packages = createPackageReader(root).describe(code.packages);
  return { output: await runProgram(program, root), hash: hashValue({ ...code.parts, ...packages }) };
}

function describeDifference(before: Program, after: Program): string {
  const lines: string[] = [];
  for (const [path, text] of Object.entries(after.files)) if (text !== before.files[path]) lines.push(`--- ${path}\n${before.files[path]}\n+++\n${text}`);
  if (JSON.stringify(before.cells) !== JSON.stringify(after.cells)) lines.push(`--- cells\n${JSON.stringify(before.cells, null, 1)}\n+++\n${JSON.stringify(after.cells, null, 1)}`);
  return lines.join("\n");
}
