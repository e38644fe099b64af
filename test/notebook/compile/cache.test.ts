import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compileFresh } from "../../../engine/notebook/compile/compile-fresh.js";
import { contextKey, digest } from "../../../engine/notebook/compile/notebook-cache.js";
import { compileNotebooks, type Compilation } from "../../../engine/notebook/compile/compile-notebooks.js";
import { bundleCompiler, type BundledCompiler } from "./bundled-compiler.js";
import { createProject, makeNotebook, type ProjectRig } from "./rig.js";

let project: ProjectRig;
afterEach(() => project.remove());

const FILES = {
  "tsconfig.json": '{ "compilerOptions": { "strict": true } }',
  "stages/a.ts": "import type { T } from './types';\nexport const a: T = 1;\n",
  "stages/types.ts": "export type T = number;\n",
  "data/x.json": '{ "x": 1 }',
  "node_modules/pack/package.json": '{ "name": "pack", "version": "1.0.0", "types": "index.d.ts" }',
  "node_modules/pack/index.d.ts": "export declare const p: number;\n",
};
const CELLS = ["import { a } from './stages/a';\nimport x from '../data/x.json';\nimport { p } from 'pack';\nconst n: number = a + x.x + p;", "n"];

async function compile(sources: readonly string[] = CELLS, dataTypes?: string): Promise<Compilation & { readonly isHit: boolean }> {
  const started = await stamps();
  const result = await compileNotebooks({ root: project.root, notebooks: [makeNotebook("notebooks/a.ipynb", sources)], cacheFolder: project.cacheFolder, ...(dataTypes === undefined ? {} : { dataTypes }) });
  const ended = await stamps();
  return { ...result, isHit: started === ended && result.problems.length === 0 };
}

/** What is in the cache; a miss writes an entry anew. */
async function stamps(): Promise<string> {
  const { stat } = await import("node:fs/promises");
  const names = await readdir(project.cacheFolder).catch(() => []);
  const found = await Promise.all(names.sort().map(async (name) => `${name} ${(await stat(join(project.cacheFolder, name), { bigint: true })).ino}`));
  return found.join("\n");
}

describe("the compile cache", () => {
  it("gives the same result again, and misses after each change that matters", async () => {
    project = await createProject(FILES);
    const first = await compile();
    expect(first).toMatchObject({ problems: [], isHit: false });
    const second = await compile();
    expect(second.isHit).toBe(true);
    expect(second.compiled).toEqual(first.compiled);
    expect((await readdir(project.cacheFolder)).filter((name) => name.startsWith("."))).toEqual([]);

    const changes: readonly (readonly [string, string])[] = [
      ["stages/a.ts", "import type { T } from './types';\nexport const a: T = 2;\n"],
      ["stages/types.ts", "export type T = 1 | 2;\n"],
      ["data/x.json", '{ "x": 2 }'],
      ["node_modules/pack/package.json", '{ "name": "pack", "version": "1.0.1", "types": "index.d.ts" }'],
      ["tsconfig.json", '{ "compilerOptions": { "strict": false } }'],
      // It is found before `stages/a.ts` of the root.
      ["notebooks/stages/a.ts", "export const a = 3;\n"],
      // Types that were not there before.
      ["node_modules/@types/pack/package.json", '{ "name": "@types/pack", "version": "1.0.0" }'],
    ];
    for (const [path, content] of changes) {
      await project.write(path, content);
      expect(await compile(), path).toMatchObject({ problems: [], isHit: false });
      expect((await compile()).isHit, path).toBe(true);
    }
    expect((await compile([...CELLS, "n + 1"])).isHit).toBe(false);
    expect((await compile()).isHit).toBe(true);
  });

  it("does not keep failures: a notebook with an error fails again, until its module is mended", async () => {
    project = await createProject({ "stages/a.ts": "export const a: number = 'x';\n" });
    const cells = ["import { a } from '../stages/a';\na"];
    const failed = await compile(cells);
    expect(failed.problems).toHaveLength(1);
    expect((await compile(cells)).problems).toEqual(failed.problems);
    await project.write("stages/a.ts", "export const a: number = 1;\n");
    expect(await compile(cells)).toMatchObject({ problems: [], isHit: false });
    await project.write("stages/a.ts", "export const a: number = 'x';\n");
    expect((await compile(cells)).problems).toEqual(failed.problems);
  });

  it("mends a damaged entry", async () => {
    project = await createProject(FILES);
    const { compiled } = await compile();
    const [name = ""] = await readdir(project.cacheFolder);
    const path = join(project.cacheFolder, name);
    const whole = await readFile(path, "utf8");
    for (const damaged of ["", "{}", '{"compiled":', whole.slice(0, -9), whole.replace("exports", "exportz"), whole.replace(/^\d+/, "0")]) {
      await writeFile(path, damaged);
      expect(await compile()).toMatchObject({ problems: [], isHit: false, compiled });
      expect((await compile()).isHit).toBe(true);
    }
  });

  it("takes an edited notebook's modules for right as long as they are, and what the cells import is the same", async () => {
    project = await createProject({ "stages/a.ts": "export const a: number = 1;\n", "stages/name.ts": "declare global { var projectName: string }\nexport {};\n", "stages/uses.ts": "export const long = () => projectName.length;\n" });
    const imports = "import '../stages/name';\nimport { long } from '../stages/uses';\nimport { a } from '../stages/a';";
    expect((await compile([imports, "long() + a;"])).problems).toEqual([]);
    expect((await compile([imports, "a + long();"])).problems).toEqual([]);
    // The modules are as they were, but nothing declares the global variable any more.
    const lacking = await compile([imports.replace("import '../stages/name';", ""), "a + long();"]);
    expect(lacking.problems).toMatchObject([{ place: { file: "stages/uses.ts", line: 1 } }]);
    await project.write("stages/a.ts", "export const a: number = 'x';\n");
    expect((await compile([imports, "a - long();"])).problems).toMatchObject([{ place: { file: "stages/a.ts", line: 1 } }]);
  });

  it("misses for other row types only where cells or modules use them", async () => {
    project = await createProject({ "stages/a.ts": "import type { Rows } from 'stitchbook/data';\nexport const a = (row: Rows): number => row.x;\n" });
    const [without, withModule] = [["const a = 1;"], ["import { a } from '../stages/a';\na;"]];
    const [one, two] = ["export type Rows = { x: number };\n", "export type Rows = { x: number; y: string };\n"];
    for (const cells of [without, withModule]) expect((await compile(cells, one)).problems).toEqual([]);
    expect([(await compile(without, two)).isHit, (await compile(withModule, one)).isHit, (await compile(withModule, two)).isHit]).toEqual([true, true, false]);
    expect((await compile(withModule, "export type Rows = { y: string };\n")).problems).toMatchObject([{ place: { file: "stages/a.ts", line: 2 } }]);
    // An edit of the cells proves nothing about a module that uses them.
    expect((await compile(["import { a } from '../stages/a';\na; 1;"], "export type Rows = { z: string };\n")).problems).toMatchObject([{ place: { file: "stages/a.ts", line: 2 } }]);
  });

  it("keeps nothing where a module that was taken for right was edited meanwhile", async () => {
    project = await createProject({ "stages/a.ts": "export const a: number = 1;\n" });
    const { file, cells } = makeNotebook("notebooks/a.ipynb", ["import { a } from '../stages/a';\na;"]);
    const compileAfter = async (files: Readonly<Record<string, string>>): Promise<unknown> => {
      const proven = { context: contextKey(["./stages/a.ts"]), files };
      const [fresh] = await compileFresh({ root: project.root, notebooks: [{ file, cells, proven }], dataTypes: null });
      return fresh?.result?.basis;
    };
    expect(await compileAfter({ "stages/a.ts": digest("export const a: number = 1;\n") })).not.toBeNull();
    expect(await compileAfter({ "stages/a.ts": digest("export const a: number = 0;\n") })).toBeNull();
    expect(await compileAfter({})).toBeNull();
  });

  it("keeps a bounded number of versions of one notebook", async () => {
    project = await createProject();
    for (let version = 0; version < 12; version += 1) await compile([`const a = ${version};`]);
    expect((await readdir(project.cacheFolder)).length).toBeLessThanOrEqual(8);
    expect((await compile(["const a = 11;"])).isHit).toBe(true);
  });
});

describe("a cached notebook", () => {
  let compiler: BundledCompiler;
  beforeAll(async () => void (compiler = await bundleCompiler()));
  afterAll(() => compiler.remove());

  it("is read without loading tslab or TypeScript, and the process ends by itself", async () => {
    project = await createProject(FILES);
    const options = { root: project.root, notebooks: [makeNotebook("notebooks/a.ipynb", CELLS)], cacheFolder: project.cacheFolder };
    const cold = await compiler.run([options]);
    const warm = await compiler.run([options]);
    expect(cold.loaded).toBeGreaterThan(0);
    expect(warm.loaded).toBe(0);
    expect(Object.keys(cold.answers[0]?.compiled ?? {})).toEqual(["notebooks/a.ipynb"]);
    expect({ ...warm.answers[0], ms: 0 }).toEqual({ ...cold.answers[0], ms: 0 });
    expect(warm.answers[0]?.ms).toBeLessThan((cold.answers[0]?.ms ?? 0) / 5);
  });
});
