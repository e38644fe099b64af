import { symlinkSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { readStageCode, type StageCode } from "../../engine/plan/code-closure.js";
import { makeCells, makeFolder, makeOutput, makeProject, makeStage, makeTask } from "./project-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

type Cells = Parameters<typeof makeCells>[0];

async function read(cells: Cells, files: Readonly<Record<string, string>> = {}): Promise<StageCode> {
  const folder = makeFolder(files);
  folders.push(folder);
  const stage = makeStage({ id: "work", cells: makeCells(cells), outputs: [makeOutput("model/metrics.json")] });
  return readStageCode(makeProject(folder.root, [makeTask(stage)]), stage);
}

async function isSame(a: readonly [Cells, Record<string, string>?], b: readonly [Cells, Record<string, string>?]): Promise<boolean> {
  const [first, second] = await Promise.all([read(...a), read(...b)]);
  expect([...first.problems, ...second.problems]).toEqual([]);
  return JSON.stringify(first.parts) === JSON.stringify(second.parts);
}

describe("cells", () => {
  it("count without comments, formatting, types, prose and option lines", async () => {
    const plain = ["const a = f(1);\na"];
    const dressed = [{ source: "# Title", type: "markdown" as const }, { source: "//| label: x\n//| alt: y\n/** Doc */ const a: number = f( 1, );  // why\na as number", options: { label: "x" } }, "type Row = { a: 1 };\ninterface B {}"];
    expect(await isSame([plain], [dressed])).toBe(true);
  });

  it("count without legal comments, and without what these leave behind", async () => {
    expect(await isSame([["{ f(); }\nif (x) { g(); }"]], [["{ f(); /*! (c) */ }\n//! (c)\nif (x) { g(); /* @license MIT */ }"]])).toBe(true);
  });

  it("leave out the parameters cell", async () => {
    const parameters = (value: number) => [{ source: `const seed: number = ${value};`, options: { tags: ["parameters"] } }, "seed"];
    expect(await isSame([parameters(1)], [parameters(2)])).toBe(true);
    expect((await read(parameters(1))).parts).toHaveProperty("code:cell 1");
  });

  const shown = ["f();", "f(); void 0", "f(); -1", 'f(); "use strict"', "f(); false && x", "f(); 1 + 1", "f(); if (x) g()", "f(); x && g()", "x", "x, 1", "1 + 1", '"use strict"', "undefined", "const x = 1", "", "f();\ntype T = 1"];
  it("are told apart by what they display, even where it is a constant", async () => {
    const texts = await Promise.all(shown.map(async (source) => JSON.stringify((await read([source])).parts)));
    expect(new Set(texts).size).toBe(shown.length);
  });

  it("may await, loop over streams and export at the top level", async () => {
    const code = await read(["const a = await f();", "for await (const b of s) console.log(b);", "export const c = 1;"]);
    expect(code.problems).toEqual([]);
    expect(Object.keys(code.parts)).toEqual(["code:cell 1", "code:cell 2", "code:cell 3"]);
  });

  it("say where their parts stand among all cells", async () => {
    const code = await read([{ source: "prose", type: "markdown" }, "1", "// nothing", "2"]);
    expect(code.cells).toEqual([3, 5]);
  });

  it("that can't be parsed count as they are", async () => {
    expect(await isSame([["const = 1"]], [["const = 2"]])).toBe(false);
  });
});

describe("local modules", () => {
  const files = {
    "stages/units.ts": 'import { K } from "./k";\nexport const toK = (c: number) => c + K;\nexport function spare() { return 1; }\nexport type Unit = "K";\n',
    "stages/k.ts": "export const K = 273;\nexport const other = 5;\n",
  };
  const cells = ['import { toK } from "../stages/units";', "toK(1)"];

  it("are followed, and named with the cells that lead to them", async () => {
    const code = await read(cells, files);
    expect(Object.keys(code.parts).sort()).toEqual(["code:bundle", "code:cell 1", "code:cell 2", "code:stages/k.ts", "code:stages/units.ts"]);
    expect(code.reachedFrom).toEqual({ "stages/units.ts": [2], "stages/k.ts": [2] });
  });

  it("change their own part, not that of the module which uses them", async () => {
    const [before, after] = await Promise.all([read(cells, files), read(cells, { ...files, "stages/k.ts": "export const K = 274;" })]);
    expect(Object.keys(after.parts).filter((key) => after.parts[key] !== before.parts[key])).toEqual(["code:stages/k.ts", "code:bundle"].sort((a, b) => Object.keys(after.parts).indexOf(a) - Object.keys(after.parts).indexOf(b)));
  });

  it("count by what is reached: a namespace is everything", async () => {
    const edited = { ...files, "stages/units.ts": files["stages/units.ts"].replace("return 1", "return 2") };
    expect(await isSame([cells, files], [cells, edited])).toBe(true);
    for (const all of ['import * as u from "../stages/units"', 'const u = await import("../stages/units")', 'const u = require("../stages/units")', 'import u = require("../stages/units")', 'export * from "../stages/units"']) {
      expect(await isSame([[all], files], [[all], edited]), all).toBe(false);
    }
  });

  it("may be imported for a type without saying so, and by name for a type that has no value", async () => {
    expect(await isSame([['import { toK, Unit } from "../stages/units";'], files], [['import { toK, Unit } from "../stages/units";'], { ...files, "stages/units.ts": `${files["stages/units.ts"]}export type More = 1;` }])).toBe(true);
    const code = await read(['import type { Unit } from "../stages/units";'], files);
    expect(code.parts).toEqual({});
    expect((await read(['import { Row } from "../types";'], { "types.d.ts": "export type Row = 1;" })).problems).toEqual([]);
  });

  it("change the whole when a name comes to mean another thing that was there already", async () => {
    const barrel = (name: string) => ({ ...files, "stages/index.ts": `export { ${name} as chosen } from "./k";` });
    const both = ['import { K, other } from "../stages/k";', 'import { chosen } from "../stages";'];
    expect(await isSame([both, barrel("K")], [both, barrel("other")])).toBe(false);
  });

  // Each of these gave the same text under plain minification.
  it.each([
    ["a helper whose name is printed", "function a() {}\nexport const name = a.name;", "function b() {}\nexport const name = b.name;"],
    ["an error class", "class A extends Error {}\nexport const make = () => new A();", "class B extends Error {}\nexport const make = () => new B();"],
    ["an import for its effects, in a package that denies having any", 'import "./effect";\nexport const x = 1;', 'export const x = 1;'],
    ["a call that claims to be pure", "export const x = 1;\nconst y = /* @__PURE__ */ console.log(1);", "export const x = 1;\nconst y = /* @__PURE__ */ console.log(2);"],
    ["two helpers of one name in two modules", 'import { h } from "./effect";\nfunction helper() {}\nexport const n = [helper.name, h];', 'import { h } from "./effect";\nfunction helper2() {}\nexport const n = [helper2.name, h];'],
    ["a named function expression", "export const f = function a() {};", "export const f = function b() {};"],
  ])("tell apart %s", async (_, before, after) => {
    const rest = { "package.json": '{"sideEffects":false}', "stages/effect.ts": "function helper() {}\nconsole.log(1);\nexport const h = helper.name;" };
    const cell = ['import * as m from "../stages/m";'];
    expect(await isSame([cell, { ...rest, "stages/m.ts": before }], [cell, { ...rest, "stages/m.ts": after }])).toBe(false);
  });

  it("are compiled by options of tsconfig.json that count, and only those", async () => {
    const config = (options: object) => ({ ...files, "tsconfig.json": '{ "extends": "./base.json" }', "base.json": JSON.stringify({ compilerOptions: options }) });
    expect(await isSame([cells, config({ useDefineForClassFields: true })], [cells, config({ useDefineForClassFields: false })])).toBe(false);
    expect(await isSame([cells, config({ noImplicitReturns: true })], [cells, config({ checkJs: false })])).toBe(true);
  });

  it("hold no path of the machine", async () => {
    expect(await isSame([cells, files], [cells, files])).toBe(true);
    const common = { "stages/c.cjs": "exports.a = 1;" };
    expect(await isSame([['require("../stages/c.cjs")'], common], [['require("../stages/c.cjs")'], common])).toBe(true);
  });

  it("name the packages that are left when unused code is gone", async () => {
    const code = await read(['import { a } from "../stages/p"; import fs from "fs"; import { show } from "stitchbook/notebook";'], {
      "stages/p.ts": 'import { b } from "@scope/b/sub"; import type { T } from "types-only"; import path from "node:path";\nexport const a = () => b + path.sep + require("lazy");\n',
    });
    expect(code.packages.map(({ specifier }) => specifier).sort()).toEqual(["@scope/b/sub", "lazy", "stitchbook/notebook"]);
    expect(code.packages[1]?.importer).toBe("stages/p.ts");
  });
});

/** The compiler writes these values into cells, though the files that declare them run nowhere. */
describe("constants that are only declared", () => {
  it.each([
    ["an enum of a file of declarations", "types.d.ts", (value: number) => `export declare const enum E { A = ${value} }`],
    ["an enum that a module declares", "types.ts", (value: number) => `export declare const enum E { A = ${value} }`],
    ["an enum of all files", "types.ts", (value: number) => `declare global { const enum G { A = ${value} } }\nexport type E = 1;`],
    ["a variable", "types.d.ts", (value: number) => `export declare const E = ${value};`],
  ])("count: %s", async (_, path, write) => {
    const cell = ['import type { E } from "../stages/m";\nimport { E as F } from "../types";\nconst x: E = F.A;'];
    const files = (text: string) => ({ [path]: text, "stages/m.ts": 'export type { E } from "../types";' });
    expect(await isSame([cell, files(write(1))], [cell, files(write(2))])).toBe(false);
    expect(await isSame([cell, files(write(1))], [cell, files(`// why\n${write(1)}\nexport type Other = 1;`)])).toBe(true);
  });

  it("are found through types alone, and leave others as they are", async () => {
    const cell = ['import type { E } from "../stages/m";\nconst x: E = 1;'];
    const files = (text: string) => ({ "types.d.ts": text, "stages/m.ts": '/// <reference path="../types.d.ts" />\nexport type E = 1;' });
    const before = await read(cell, files("declare const enum G { A = 1 }"));
    const after = await read(cell, files("declare const enum G { A = 2 }"));
    expect(Object.keys(before.parts).filter((key) => before.parts[key] !== after.parts[key])).toEqual(["code:constants of types.d.ts"]);
    expect(await isSame([cell, files("export type A = 1;")], [cell, files("export type A = 2;\nexport declare const b: 1;")])).toBe(true);
  });
});

describe("imports that can't be followed", () => {
  it.each([
    ["const x = 1;\nawait import(name);", "import-not-literal", { cell: 2, line: 2, column: 7 }],
    ["require(name)", "import-not-literal", { cell: 2, line: 1, column: 1 }],
    ["[1].map(require)", "import-not-literal", { cell: 2, line: 1, column: 9 }],
    ['import m from "../model/metrics.json";', "import-of-output", { cell: 2, line: 1, column: 1 }],
    ['import m from "../model/metrics";', "import-of-output", { cell: 2, line: 1, column: 1 }],
    ['import m from "../../elsewhere";', "import-outside", { cell: 2 }],
    ['import m from "./nowhere";', "import-not-found", { cell: 2 }],
    ['import m from "/etc/passwd";', "import-form", { cell: 2 }],
    ['import m from "#inner";', "import-form", { cell: 2 }],
    ['import m from "self/stages/m";', "import-form", { cell: 2 }],
  ])("%s", async (source, code, place) => {
    const { problems } = await read([source], { "package.json": '{"name":"self","exports":{"./*":"./*"}}' });
    expect(problems).toMatchObject([{ severity: "error", code, place: { file: "notebooks/work.ipynb", ...place } }]);
    expect(problems[0]?.hint).toBeTruthy();
  });

  it("say to declare and read what a task makes", async () => {
    const { problems } = await read(['import m from "../model/metrics.json";']);
    expect(problems[0]?.hint).toMatch(/^Declare and read it: /);
  });

  it.each([
    ['export const f = (n: string) => import(n);', "import-not-literal", 1],
    ['export const f = (n: string) => 1;\nexport const g = require(f("a"));', "import-not-literal", 2],
    ['export const f = (n: string) => import("./part/" + n);', "import-not-literal", 1],
    ['export const f = (n: string) => import("./none/" + n);', "import-not-literal", 1],
    ['\nimport m from "../model/metrics.json";\nexport const f = m;', "import-of-output", 2],
    ['import m from "../../x";\nexport const f = m;', "import-outside", 1],
    ['import m from "./gone";\nexport const f = m;', "import-not-found", 1],
    ["export const f = ;", "bad-module", 1],
  ])("stand in modules: %s", async (text, code, line) => {
    const { problems } = await read(['import * as m from "../stages/m";'], { "stages/m.ts": text, "stages/part/a.ts": "export const a = 1;" });
    expect(problems).toMatchObject([{ severity: "error", code, place: { file: "stages/m.ts", line } }]);
  });

  it("do no harm where nobody reaches them", async () => {
    const { problems } = await read(['import { a } from "../stages/m";'], { "stages/m.ts": "export const a = 1;\nexport function f(n: string) { return import(n); }" });
    expect(problems).toEqual([]);
  });

  it("are only TypeScript, JavaScript and JSON", async () => {
    const { problems } = await read(['import "../stages/m";'], { "stages/m.ts": 'import t from "./note.txt"; console.log(t);', "stages/note.txt": "x" });
    expect(problems).toMatchObject([{ severity: "error", place: { file: "stages/m.ts" } }]);
    const { problems: other } = await read(['import "../stages/m.mts";'], { "stages/m.mts": 'import "./a.ts/b"; export {};', "stages/a.ts": "" });
    expect(other).toMatchObject([{ code: "import-not-found", place: { file: "stages/m.mts", line: 1 } }]);
  });

  it("of a disk that fails are not passed over", async () => {
    const folder = makeFolder({ "stages/m.ts": 'export { a } from "./loop";' });
    folders.push(folder);
    symlinkSync("loop.ts", `${folder.root}/stages/loop.ts`);
    const stage = makeStage({ id: "work", cells: makeCells(['import * as m from "../stages/m";']) });
    await expect(readStageCode(makeProject(folder.root, [makeTask(stage)]), stage)).rejects.toThrow("ELOOP");
  });
});
