import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readStageCode } from "../../engine/plan/code-closure.js";
import { explainDifference } from "../../engine/plan/explain-difference.js";
import type { ModuleNames } from "../../engine/plan/module-names.js";
import { createPlanCache } from "../../engine/plan/plan-cache.js";
import { makeCells, makeFolder, makeProject, makeStage, makeTask } from "./project-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

const units = [
  "const half = 0.5;",
  "const offset = 273.15;",
  "function base(): number { return 32; }",
  "export function toFahrenheit(c: number): number { return c * 1.8 + base(); }",
  "export const toKelvin = (c: number): number => c + offset;",
  "export class Scale { readonly factor = half; }",
  "export default function identity<T>(value: T): T { return value; }",
  "export const unused = 1;",
].join("\n");

function makeWorld(files: Readonly<Record<string, string>>, cells: readonly string[]) {
  const folder = makeFolder(files);
  folders.push(folder);
  const stage = makeStage({ id: "clean", cells: makeCells(cells) });
  const task = makeTask(stage);
  return { folder, stage, task, project: makeProject(folder.root, [task]), stateFolder: join(folder.root, ".stitchbook") };
}

async function namesOf(files: Readonly<Record<string, string>>, cells: readonly string[]): Promise<ModuleNames> {
  const { project, stage } = makeWorld(files, cells);
  return (await readStageCode(project, stage)).names ?? {};
}

const cellsOf = (names: ModuleNames, module: string) => Object.fromEntries(Object.entries(names[module] ?? {}).map(([name, { cells }]) => [name, cells]));

describe("the names of a stage's modules", () => {
  it("tell which cells lead to each function, variable and class, through others too", async () => {
    const names = await namesOf({ "stages/units.ts": units }, ['import { toFahrenheit } from "../stages/units";', 'import same, { toKelvin, toFahrenheit as f } from "../stages/units";']);
    expect(cellsOf(names, "stages/units.ts")).toEqual({ base: [2, 3], toFahrenheit: [2, 3], offset: [3], toKelvin: [3], identity: [3] });
  });

  it("are all reached by a cell that takes the module whole", async () => {
    const names = await namesOf({ "stages/units.ts": units }, ['import * as all from "../stages/units";\nall.toKelvin(1);']);
    expect(cellsOf(names, "stages/units.ts")).toMatchObject({ Scale: [2], half: [2], unused: [2], toKelvin: [2], base: [2] });
  });

  it("are followed through modules that pass them on, and keep the author's name where two modules share one", async () => {
    const names = await namesOf(
      {
        "stages/index.ts": 'export { scale } from "./a";\nexport { scale as other } from "./b";',
        "stages/a.ts": "export function scale(x: number): number { return x * 2; }",
        "stages/b.ts": 'import { k } from "./k";\nexport function scale(x: number): number { return x * k; }',
        "stages/k.ts": "export const k = 3;",
        "stages/values.json": '{"a": 1}',
      },
      ['import { scale } from "../stages/index";', 'import { other } from "../stages/index";\nimport values from "../stages/values.json";'],
    );
    expect(cellsOf(names, "stages/a.ts")).toEqual({ scale: [2] });
    expect(cellsOf(names, "stages/b.ts")).toEqual({ scale: [3] });
    expect(cellsOf(names, "stages/k.ts")).toEqual({ k: [3] });
    expect(names["stages/values.json"]).toBeUndefined();
  });
});

describe("a changed module", () => {
  async function explain(after: string, { forget = false, damage = "" } = {}) {
    const world = makeWorld({ "stages/units.ts": units }, ['import { toFahrenheit } from "../stages/units";', 'import { toKelvin } from "../stages/units";']);
    const { project, stage, task, stateFolder, folder } = world;
    const before = await createPlanCache(project.root, { stateFolder }).code(project, stage);
    folder.write("stages/units.ts", after);
    const names = join(stateFolder, "code/clean.names.json");
    if (damage !== "") writeFileSync(names, damage);
    const cache = createPlanCache(project.root, { ...(forget ? {} : { stateFolder }), isReadOnly: true });
    const code = await cache.code(project, stage);
    const reasons = explainDifference(before.parts, code.parts, { task, code: await cache.places(project, stage) });
    return reasons.map(({ subject, detail }) => `${subject}: ${detail}`);
  }

  it.each([
    ["a function", units.replace("c * 1.8", "c * 1.9"), "toFahrenheit changed (reached from cell 2)"],
    ["a function that it calls", units.replace("32", "33"), "base changed (reached from cell 2)"],
    ["a constant", units.replace("273.15", "273"), "offset changed (reached from cell 3)"],
    ["two at once", units.replace("273.15", "273").replace("32", "33"), "base, offset changed (reached from cells 2, 3)"],
    ["what it newly calls", units.replace("c + offset", "c + offset + half"), "toKelvin changed, half added (reached from cell 3)"],
    ["what it no longer calls", units.replace("+ base()", "+ 32"), "toFahrenheit changed, base removed (reached from cell 2)"],
    ["only what has no name", `${units}\nconsole.log("loaded");`, "changed (reached from cells 2, 3)"],
  ])("is told by %s", async (_, after, expected) => {
    const [told = "", ...others] = await explain(after);
    expect(others).toEqual([]);
    // Names stand in the order of the module, which is the author's affair.
    const sortNames = (text: string) => text.replace(/^([\w, ]+) changed \(/, (_match, list: string) => `${list.split(", ").sort().join(", ")} changed (`);
    expect(sortNames(told.replace("stages/units.ts: ", ""))).toBe(sortNames(expected));
  });

  it("is named alone where its earlier text is forgotten or damaged", async () => {
    const after = units.replace("32", "33");
    expect(await explain(after, { forget: true })).toEqual(["stages/units.ts: changed (reached from cells 2, 3)"]);
    for (const damage of ["{", "[]", '{"key":1}', '{"key":"","present":{},"earlier":{"a":{"b":1}}}']) {
      expect(await explain(after, { damage })).toEqual(["stages/units.ts: changed (reached from cells 2, 3)"]);
    }
  });

  it("is still explained when a later command finds its code stored", async () => {
    const { project, stage, task, stateFolder, folder } = makeWorld({ "stages/units.ts": units }, ['import { toKelvin } from "../stages/units";']);
    const read = async () => {
      const cache = createPlanCache(project.root, { stateFolder });
      const { parts } = await cache.code(project, stage);
      return { parts, places: await cache.places(project, stage) };
    };
    const first = await read();
    folder.write("stages/units.ts", units.replace("273.15", "273"));
    await read();
    const later = await read();
    expect(explainDifference(first.parts, later.parts, { task, code: later.places })).toEqual([{ kind: "code", subject: "stages/units.ts", detail: "offset changed (reached from cell 2)" }]);
    expect(readdirSync(join(stateFolder, "code")).sort()).toEqual(["clean.json", "clean.names.json"]);
  });

  it("keeps the names of no more than some earlier texts", async () => {
    const { project, stage, stateFolder, folder } = makeWorld({ "stages/units.ts": units }, ['import { toKelvin } from "../stages/units";']);
    for (let round = 0; round < 90; round += 1) {
      folder.write("stages/units.ts", units.replace("273.15", String(round)));
      await createPlanCache(project.root, { stateFolder }).code(project, stage);
    }
    const { names } = await createPlanCache(project.root, { stateFolder }).places(project, stage);
    expect(Object.keys(names.earlier)).toHaveLength(80);
  });
});
