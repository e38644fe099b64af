import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readStageCode } from "../../engine/plan/code-closure.js";
import { createPlanCache } from "../../engine/plan/plan-cache.js";
import { madeTestOf } from "../../engine/plan/resolve-import.js";
import { createSourceReader } from "../../engine/plan/source-reader.js";
import { loadStageCode, stageCodeKey } from "../../engine/plan/stored-code.js";
import { makeCells, makeFolder, makeOutput, makeProject, makeStage, makeTask } from "./project-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

async function makeStored() {
  const folder = makeFolder({ "stages/units.ts": 'export { k } from "./k";', "stages/k.ts": "export const k = 1;", "tsconfig.json": '{"extends":"./base.json"}', "base.json": "{}" });
  folders.push(folder);
  const stage = makeStage({ id: "work", cells: makeCells(['import { k } from "./stages/units";', "k"]) });
  const project = makeProject(folder.root, [makeTask(stage)]);
  const stateFolder = join(folder.root, ".stitchbook");
  await createPlanCache(folder.root, { stateFolder }).code(project, stage);
  const file = join(stateFolder, "code/work.json");
  return { ...folder, stage, project, stateFolder, file, load: (now = project) => loadStageCode(file, stageCodeKey(stage), { reader: createSourceReader(folder.root), isMade: madeTestOf(now) }) };
}

describe("stored code of a stage", () => {
  it("is what reading it anew gives", async () => {
    const { project, stage, load } = await makeStored();
    const { names: _, ...code } = await readStageCode(project, stage);
    expect(load()).toEqual(code);
  });

  it.each([
    ["a module two imports away", "stages/k.ts", "export const k = 2;"],
    ["a file that now stands before another", "notebooks/stages/units.ts", "export const k = 3;"],
    ["a file that TypeScript would take in its place", "stages/k/index.ts", null],
    ["an option file that tsconfig.json extends", "base.json", '{"compilerOptions":{"strict":true}}'],
  ])("does not outlive a change of %s", async (_, path, text) => {
    const { load, write } = await makeStored();
    write(path, text ?? "");
    expect(load() === null).toBe(text !== null);
  });

  it("does not outlive a change of cells, of what tasks make, or damage", async () => {
    const { project, stage, file, load } = await makeStored();
    expect(stageCodeKey({ ...stage, cells: makeCells(["1"]) })).not.toBe(stageCodeKey(stage));
    const making = (path: string) => load(makeProject(project.root, [makeTask(stage), makeTask(makeStage({ id: "other", outputs: [makeOutput(path)] }))]));
    expect([making("stages/k.ts"), making("notebooks/stages/units.ts")]).toEqual([null, null]);
    expect(making("data/k.csv")).not.toBeNull();
    writeFileSync(file, readFileSync(file, "utf8").replace("code:cell 1", "code:cell 9"));
    expect(load()).toBeNull();
    writeFileSync(file, "{");
    expect(load()).toBeNull();
  });

  it("is not written by a plan, nor where there are problems", async () => {
    const folder = makeFolder();
    folders.push(folder);
    const stateFolder = join(folder.root, ".stitchbook");
    const [good, bad] = [makeStage({ id: "good", cells: makeCells(["1"]) }), makeStage({ id: "bad", cells: makeCells(["import(x)"]) })];
    const project = makeProject(folder.root, [makeTask(good), makeTask(bad)]);
    await createPlanCache(folder.root, { stateFolder, isReadOnly: true }).code(project, good);
    expect(existsSync(stateFolder)).toBe(false);
    const cache = createPlanCache(folder.root, { stateFolder });
    await Promise.all([cache.code(project, good), cache.code(project, bad)]);
    expect(readdirSync(join(stateFolder, "code"))).toEqual(["good.json", "good.names.json"]);
  });
});
