import { execFile } from "node:child_process";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compileNotebooks, type Compilation } from "../../../engine/notebook/compile/compile-notebooks.js";
import { makeTemporaryFolder } from "../temporary-folder.js";
import { createProject, makeNotebook, type ProjectRig } from "./rig.js";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

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

async function compile(sources: readonly string[] = CELLS): Promise<Compilation & { readonly isHit: boolean }> {
  const started = await stamps();
  const result = await compileNotebooks({ root: project.root, notebooks: [makeNotebook("notebooks/a.ipynb", sources)], cacheFolder: project.cacheFolder });
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
    await compile();
    const [name = ""] = await readdir(project.cacheFolder);
    await writeFile(join(project.cacheFolder, name), '{"compiled":');
    expect(await compile()).toMatchObject({ problems: [], isHit: false });
    expect((await compile()).isHit).toBe(true);
  });

  it("keeps a bounded number of versions of one notebook", async () => {
    project = await createProject();
    for (let version = 0; version < 12; version += 1) await compile([`const a = ${version};`]);
    expect((await readdir(project.cacheFolder)).length).toBeLessThanOrEqual(8);
    expect((await compile(["const a = 11;"])).isHit).toBe(true);
  });
});

describe("a cached notebook", () => {
  let folder: string;
  beforeAll(async () => {
    // Beside the packages, as the bundled engine is.
    folder = await makeTemporaryFolder("stitchbook-bundle-");
    await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
    await build({
      entryPoints: [join(REPOSITORY, "engine/notebook/compile/compile-notebooks.ts")],
      bundle: true, splitting: true, platform: "node", format: "esm", packages: "external", outdir: folder, outExtension: { ".js": ".mjs" },
    });
    await writeFile(
      join(folder, "run.mjs"),
      `import { createRequire } from "node:module";
       import { compileNotebooks } from "./compile-notebooks.mjs";
       const [, , options] = process.argv;
       const started = performance.now();
       const { compiled, problems } = await compileNotebooks(JSON.parse(options));
       const ms = performance.now() - started;
       const loaded = Object.keys(createRequire(import.meta.url).cache).filter((name) => /typescript|tslab|esbuild/.test(name)).length;
       console.log(JSON.stringify({ size: compiled.size, problems, loaded, ms, open: process.getActiveResourcesInfo() }));`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is read without loading tslab or TypeScript, and the process ends by itself", async () => {
    project = await createProject(FILES);
    const options = { root: project.root, notebooks: [makeNotebook("notebooks/a.ipynb", CELLS)], cacheFolder: project.cacheFolder };
    const run = async (): Promise<{ size: number; problems: unknown[]; loaded: number; ms: number }> => {
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "run.mjs"), JSON.stringify(options)]);
      return JSON.parse(stdout);
    };
    const cold = await run();
    expect(cold).toMatchObject({ size: 1, problems: [] });
    expect(cold.loaded).toBeGreaterThan(0);
    const warm = await run();
    expect(warm).toMatchObject({ size: 1, problems: [], loaded: 0 });
    expect(warm.ms).toBeLessThan(cold.ms / 5);
  });
});
