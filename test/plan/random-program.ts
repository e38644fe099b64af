import type { Random } from "./seeded-random.js";

/** A cell: statements, and the expression it displays, if any. */
export type CellModel = { statements: string[]; shown: string | null; type: "code" | "markdown"; options: string[]; isParameters: boolean };

/** A whole small project: a notebook, the files it may reach, and the packages it uses. */
export type Program = {
  cells: CellModel[];
  /** Project path -> text: modules, data, package files. The linked package lies in `../linked` of the project. */
  files: Record<string, string>;
  linked: Record<string, string>;
};

export const SHOWN = [
  null, "undefined", "void 0", "-1", '"use strict"', '"a text"', "false && 1", "1 + 1", "NaN", "null", "!0", "typeof 1", "work.name", "({ total })", "[total, 1]", "total as number",
] as const;

/** Makes a program whose output depends on everything that has fooled a fingerprint before. */
export function makeProgram(random: Random): Program {
  const number = (): number => random.int(90) + 2;
  const usesBarrel = random.chance(0.5);
  const from = (name: string): string => (usesBarrel ? "../stages" : `${random.chance(0.5) ? ".." : "."}/stages/${name}`) + (random.chance(0.5) && !usesBarrel ? ".js" : "");
  return {
    cells: [
      cell(["const seed: number = 7;"], null, { isParameters: true }),
      cell([`import work, { type Options, Model } from ${JSON.stringify(`../stages/main${random.chance(0.5) ? ".js" : ""}`)};`, `import { helper, Kind } from ${JSON.stringify(from("helpers"))};`]),
      cell([`import ${random.chance(0.5) ? "tiny" : "* as tinyAll"} from "tiny";`, 'import { linkedValue } from "linked";', 'import { basename } from "node:path";'], null),
      cell([`const total = work(${number()});`, "console.log(helper.name, total, Kind.Wet);", `const options: Options = { deep: ${number()} };`], random.pick(SHOWN), { options: ["//| label: shown", "//| caption: A caption"] }),
      cell(['console.log(new Model().constructor.name, basename("/a/b"), linkedValue, options.deep);'], "total"),
      cell(['const lazy = await import("../stages/lazy");', "console.log(lazy.default());"], random.pick(SHOWN)),
      cell([`const more = require("../stages/legacy");`, "console.log(more.answer);"], random.pick(SHOWN)),
    ],
    files: {
      "package.json": random.chance(0.7) ? '{ "name": "made", "sideEffects": false }' : '{ "name": "made" }',
      "stages/index.ts": 'export * from "./helpers";\nexport { factor as scale } from "./base";\nimport "./effects";\n',
      "stages/types.ts": `export type Shape = { a: number };\nexport interface Named { name: string }\nexport const typesValue = ${number()};\n`,
      "stages/base.ts": base(number),
      "stages/helpers.ts": helpers(number, random),
      "stages/effects.ts": `import { factor } from "./base";\nlog("effect", ${number()}, factor);\nexport function unusedEffect() { return ${number()}; }\n`,
      "stages/main.ts": main(number),
      "stages/lazy.ts": `import { offset } from "./base";\nexport default function lazily() { return "lazy " + offset * ${number()}; }\nexport const alsoLazy = ${number()};\n`,
      "stages/legacy.cjs": `const inner = require("./table.json");\nexports.answer = inner.rows + ${number()};\n`,
      "stages/legacy/index.ts": `export { rows as answer } from "../table.json";\n`,
      "stages/table.json": `{ "rows": ${number()}, "label": "x${number()}", "unused": ${number()} }`,
      "node_modules/tiny/package.json": '{ "name": "tiny", "version": "1.0.0", "main": "index.js", "dependencies": { "tinier": "*" } }',
      "node_modules/tiny/index.js": `log("tiny", ${number()}, require("tinier"));\nmodule.exports = { value: ${number()} };\n`,
      "node_modules/tinier/package.json": '{ "name": "tinier", "version": "2.0.0", "main": "index.js" }',
      "node_modules/tinier/index.js": `module.exports = ${number()};\n`,
    },
    linked: {
      "package.json": '{ "name": "linked", "version": "0.0.0", "main": "lib/index.js" }',
      "lib/index.js": `exports.linkedValue = ${number()};\n`,
    },
  };
}

export function cell(statements: string[], shown: string | null = null, given: Partial<CellModel> = {}): CellModel {
  return { statements, shown, type: "code", options: [], isParameters: false, ...given };
}

function base(number: () => number): string {
  return [
    `export const factor = ${number()};`,
    `export const offset = ${number()};`,
    `export enum Kind { Dry = ${number()}, Wet }`,
    `export const enum Level { Low = ${number()}, High = 100 }`,
    `export enum Word { One = "one${number()}" }`,
    'export const locale: string = "de-DE";',
    "export class RangeFault extends Error { constructor(text: string) { super(text); this.name = new.target.name; } }",
    `export function neverUsed(a: number): number { return a + ${number()}; }`,
    "",
  ].join("\n");
}

function helpers(number: () => number, random: Random): string {
  return [
    'import { factor, Kind, Level, locale, RangeFault } from "./base";',
    'import type { Shape } from "./types";',
    'import { typesValue } from "./types";',
    ...(random.chance(0.5) ? ['import "./effects";'] : []),
    `function inner(x: number): number { return x * factor + Level.Low + ${number()}; }`,
    "export function helper(x: number): string {",
    `  try { if (x > ${number()}) throw new RangeFault("too far"); return inner.name + inner(x).toLocaleString(locale); }`,
    "  catch (error) { return `${(error as Error).name} ${helper.name}`; }",
    "}",
    "function build(n: number) { log(`built`, n); return n * 2; }",
    `export const made: number = /* @__PURE__ */ build(${number()});`,
    `const ignored = /* @__PURE__ */ build(${number()});`,
    `export const shape: Shape = { a: ${number()} };`,
    `const table = { "a": 1, b: () => ${number()}, ['c']: class {} };`,
    "log(table.b.name, table.c.name, typesValue);",
    "export { Kind };",
    "",
  ].join("\n");
}

function main(number: () => number): string {
  return [
    'import { helper, made } from "./helpers";',
    'import { Word, offset } from "./base";',
    'import data, { label } from "./table.json";',
    "export interface Options { deep: number }",
    "const inner = () => inner.name;",
    "const held = function named() { return named.name; };",
    "const wrapped = (() => class Hidden {})();",
    `export class Model { static made = log("model"); value = ${number()}; }`,
    "export default function work(x: number): number {",
    "  log(helper(x), made, Word.One, offset, data.rows, label, inner(), held(), wrapped.name);",
    `  return x + ${number()};`,
    "}",
    `export const spare = (): number => ${number()};`,
    "",
  ].join("\n");
}
