import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileNotebooks } from "../../engine/notebook/compile/compile-notebooks.js";
import { PackageFiles } from "../../engine/notebook/compile/package-files.js";
import { createProject, makeNotebook, type ProjectRig } from "../notebook/compile/rig.js";
import { createRandom } from "../plan/seeded-random.js";

let project: ProjectRig;
const packageFiles = new PackageFiles();
const cells = [
  ['import { readFileSync } from "node:fs";\nimport { size, type Box } from "./stages/box";\nconst box: Box = { a: readFileSync("x", "utf8").length };\nsize(box)'],
  ['import { big } from "./stages/more";\nimport { twice } from "small";\nconst numbers = [1, 2, big];\ntwice(numbers[0])'],
].map((sources) => [...sources]);

beforeAll(async () => {
  project = await createProject({
    "stages/box.ts": "export type Box = { a: number };\nexport const size = (box: Box): number => box.a;\n",
    "stages/more.ts": 'import { size } from "./box";\nexport const big = size({ a: 7 });\n',
    "node_modules/small/package.json": '{ "name": "small", "version": "1.0.0", "main": "index.js", "types": "index.d.ts" }',
    "node_modules/small/index.js": "exports.twice = (value) => value * 2;\n",
    "node_modules/small/index.d.ts": "export declare function twice(value: number): number;\n",
  });
});

afterAll(() => project.remove());

/** Edits of all that a compilation rests on; some break it, and a later one mends it. */
const edits: Readonly<Record<string, () => Promise<void> | void>> = {
  "another type of a field": () => project.write("stages/box.ts", "export type Box = { a: string };\nexport const size = (box: Box): number => box.a.length;\n"),
  "the field as it was": () => project.write("stages/box.ts", "export type Box = { a: number };\nexport const size = (box: Box): number => box.a;\n"),
  "another value": () => project.write("stages/more.ts", 'import { size } from "./box";\nexport const big = size({ a: 8 });\n'),
  "a module that is gone": () => rm(join(project.root, "stages/more.ts"), { force: true }),
  "a module of JavaScript in its place": () => project.write("stages/more.js", "export const big = 9;\n"),
  "another version of a package's types": () => project.write("node_modules/small/index.d.ts", "export declare function twice(value: string): string;\n"),
  "the package's types as they were": () => project.write("node_modules/small/index.d.ts", "export declare function twice(value: number): number;\n"),
  "a module that reaches into the global scope": () => project.write("stages/box.ts", "declare global { interface Array<T> { shout(): T } }\nexport type Box = { a: number };\nexport const size = (box: Box): number => [box.a].shout();\n"),
  "other options": () => project.write("tsconfig.json", '{ "compilerOptions": { "strict": true, "noUncheckedIndexedAccess": true } }'),
  "another cell": () => void (cells[1]?.push("numbers.shout()")),
};

test("a compiler that stayed warm through random edits gives what a cold one gives", async () => {
  const random = createRandom(11);
  const order = Array.from({ length: 6 }, () => random.pick(Object.keys(edits)));
  for (const name of ["", "another version of a package's types", "other options", ...order]) {
    await edits[name]?.();
    const options = { root: project.root, cacheFolder: null, helperCount: 0, notebooks: cells.map((sources, index) => makeNotebook(`notebooks/${index + 1}.ipynb`, sources)) };
    const warm = await compileNotebooks({ ...options, packageFiles });
    const cold = await compileNotebooks(options);
    expect({ edit: name, ...warm }).toEqual({ edit: name, ...cold });
  }
  // Those of Node's types alone are more.
  expect(packageFiles.size).toBeGreaterThan(50);
}, 240_000);
