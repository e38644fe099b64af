import type { CorpusProgram, Expectation, ExpectedProblem } from "./program.js";

type Place = Extract<Expectation, { kind: "throws" }>["place"];

const throws = (name: string, cells: readonly string[], message: string, place: Place, files?: CorpusProgram["files"]): CorpusProgram => ({
  name,
  cells,
  ...(files === undefined ? {} : { files }),
  expect: { kind: "throws", message, place },
});

const refused = (name: string, cells: readonly string[], problems: readonly ExpectedProblem[], files?: CorpusProgram["files"]): CorpusProgram => ({
  name,
  cells,
  ...(files === undefined ? {} : { files }),
  expect: { kind: "refused", problems },
});

/** Programs that throw: the place must be the author's own. */
export const throwingPrograms: readonly CorpusProgram[] = [
  throws("at a line of a cell", ["const a = 1;", "interface Gone { a: number }\n\nconst b = a;\nthrow new Error('here');"], "here", { cell: 3, line: 4, column: 7 }),
  throws("in the middle of a line after shorthands", ["const a = 1;", "const o = { a, b: { a } }; throw new Error('shifted');"], "shifted", { cell: 3, line: 1, column: 34 }),
  throws("after option lines", ["//| label: x\n//| alt: y\ntype T = number;\n(null as any).x;"], "Cannot read properties of null (reading 'x')", { cell: 2, line: 4, column: 15 }),
  throws("in a function of an earlier cell", ["const unused = 0;\nfunction fail(n: number): never {\n  const o = { n };\n  throw new RangeError(`n is ${o.n}`);\n}", "\n\nfail(3);"], "n is 3", { cell: 2, line: 4, column: 9 }),
  throws("in a local module", ["import { fail } from '../stages/fail';", "fail({ a: 1 });"], "from module", { file: "stages/fail.ts", line: 5, column: 9 }, { "stages/fail.ts": "export interface Options { a: number }\n\nexport function fail(options: Options): never {\n  if (options.a > 1) console.log('never');\n  throw new Error('from module');\n}\n" }),
  throws("in a module when it is loaded", ["const a = 1;", "import { x } from '../stages/load';\nconsole.log(x);"], "on load", { file: "stages/load.ts", line: 2, column: 39 }, { "stages/load.ts": "type T = number;\nexport const x: T = run(() => { throw new Error('on load'); });\nfunction run(g: () => T): T {\n  return g();\n}\n" }),
  throws("in an async cell after an await", ["await null;\n\nconst o = { get x(): number { throw new TypeError('late'); } };\no.x;"], "late", { cell: 2, line: 3, column: 37 }),
  throws("in a callback of an async function", ["async function run() {\n  await null;\n  [1].forEach(() => {\n    throw new Error('callback');\n  });\n}", "await run();"], "callback", { cell: 2, line: 4, column: 11 }),
  throws("with exports taken out", ["export const a = 1; export function f() { throw new Error('exported'); }\nf();"], "exported", { cell: 2, line: 1, column: 49 }),
  throws("with carriage returns", ["const a = 1;\r\n\r\nthrow new Error('cr');\r\n"], "cr", { cell: 2, line: 3, column: 7 }),
  throws("calling a variable of an earlier cell", ["const f: any = 3;", "const x = 1;\n  f();"], "is not a function", { cell: 3, line: 2, column: 3 }),
];

/** Programs that do not compile: all problems with their places. */
export const refusedPrograms: readonly CorpusProgram[] = [
  refused("a type error with its line and column", ["const a: number = 1;", "//| label: x\n\nconst b = 2;\nconst s: string = a;"], [{ cell: 3, line: 4, column: 7, message: "Type 'number' is not assignable to type 'string'." }]),
  refused("a type error behind shorthands and exports", ["const a = 1;", "export const o = { a, x: 'y' }; const n: number = { a }.a + o.x;"], [{ cell: 3, line: 1, column: 39, message: "Type 'string' is not assignable to type 'number'." }]),
  refused("an error in a chain of messages", ["type Deep = { a: { b: number } };\nconst d: Deep = { a: { b: 'x' } };"], [{ cell: 2, line: 2, column: 24, message: "Type 'string' is not assignable to type 'number'." }]),
  refused("a syntax error, and no noise in later cells", ["const good = 1;", "const broken = ;\nfunction alsoBroken( {", "console.log(broken, alsoBroken, good.toFixed());", "good.nope;"], [
    { cell: 3, line: 1, column: 16, message: "Expression expected." },
    { cell: 3, line: 2, column: 23, message: "'}' expected." },
    { cell: 5, line: 1, column: 6, message: "Property 'nope' does not exist on type '1'." },
  ]),
  refused("a type error, and its names go on", ["const wrong: string = 1;\nconst right = { a: 1 };", "wrong.length + right.a;\nright.b;"], [
    { cell: 2, line: 1, column: 7, message: "Type 'number' is not assignable" },
    { cell: 3, line: 2, column: 7, message: "Property 'b' does not exist" },
  ]),
  refused("an unknown name, also as a shorthand", ["const o = { missing };\nother();"], [
    { cell: 2, line: 1, column: 13, message: "Cannot find name 'missing'." },
    { cell: 2, line: 2, column: 1, message: "Cannot find name 'other'." },
  ]),
  refused("an assignment to an earlier constant", ["const a = 1;", "a = 2;"], [{ cell: 3, line: 1, column: 1, message: "Cannot assign to 'a' because it is a constant." }]),
  refused("await in a function that is not async", ["const o = { m() { return await Promise.resolve(1); } };\nfunction f() { await null; }"], [
    { cell: 2, line: 1, column: 26, message: "'await' expressions are only allowed within async functions" },
    { cell: 2, line: 2, column: 16, message: "'await' expressions are only allowed within async functions" },
  ]),
  refused("for await in a function that is not async", ["function f(it: AsyncIterable<number>) { for await (const x of it) console.log(x); }"], [{ cell: 2, line: 1, column: 45, message: "'for await' loops are only allowed within async functions" }]),
  refused("using, which this TypeScript does not know", ["using file = { [Symbol.dispose]() {} };"], [{ cell: 2, line: 1, column: 1, message: "Unexpected keyword or identifier." }]),
  refused("tslab's directives", ["/** @browser */\nconst a = 1;", "/**\n * @module helper\n */\nexport const x = 1;", "// fine\n/** @node */"], [
    { cell: 2, line: 1, column: 1, message: "`@browser` at the start of a cell" },
    { cell: 3, line: 1, column: 1, message: "`@module` at the start of a cell" },
    { cell: 4, line: 2, column: 1, message: "`@node` at the start of a cell" },
  ]),
  refused("names that cells run with", ["const exports = 1;", "function f(require: string) { return require; }"], [
    { cell: 2, line: 1, column: 7, message: "`exports` can't be declared in a cell" },
    { cell: 3, line: 1, column: 12, message: "`require` can't be declared in a cell" },
  ]),
  refused("import.meta in a cell", ["console.log(1,\n  import.meta.url);"], [{ cell: 2, line: 2, column: 3, message: "`import.meta` has no meaning in a cell" }]),
  refused("a dynamic import that can't be followed", ["const name = '../stages/x';\nawait import(name);"], [{ cell: 2, line: 2, column: 14, message: "a dynamic import needs a literal" }]),
  refused("a local module that is not there", ["const a = 1;\nimport { x } from '../stages/gone';", "import './gone';"], [
    { cell: 2, line: 2, column: 19, message: "there is no module `../stages/gone`" },
    { cell: 3, line: 1, column: 8, message: "there is no module `./gone`" },
  ]),
  refused("a local module outside of the project", ["import { x } from '../../elsewhere';"], [{ cell: 2, line: 1, column: 19, message: "lies outside of the project" }]),
  refused("a name that a module does not export", ["import { add, nope } from '../stages/m';"], [{ cell: 2, line: 1, column: 15, message: "has no exported member" }], { "stages/m.ts": "export const add = 1;\n" }),
  refused("a package that is not installed", ["import x from 'no-such-package-anywhere';"], [{ cell: 2, line: 1, column: 15, message: "Cannot find module 'no-such-package-anywhere'" }]),
  refused("errors of modules, each once", ["import { a } from '../stages/a';", "import { b } from '../stages/b';\nimport { a as again } from '../stages/a.js';"], [
    { file: "stages/a.ts", line: 2, column: 14, message: "Type 'string' is not assignable to type 'number'." },
    { file: "stages/deep.ts", line: 1, column: 22, message: "there is no module `./none`" },
  ], { "stages/a.ts": "import { d } from './deep';\nexport const a: number = 'x' + d;\n", "stages/b.ts": "export * from './a';\nexport const b = 1;\n", "stages/deep.ts": "export { d } from    './none';\nexport const e = 1;\n" }),
  refused("a module with a top-level await", ["import { x } from '../stages/tla';\nx;"], [{ file: "stages/tla.ts", line: 1, column: 18, message: "'await' expressions are only allowed" }], { "stages/tla.ts": "export const x = await Promise.resolve(1);\n" }),
  refused("an export of an unknown name", ["const a = 1;\nexport { a, nothing };"], [{ cell: 2, line: 2, column: 13, message: "Cannot find name 'nothing'." }]),
  refused("damaged JSON", ["import data from '../data/bad.json';\ndata;"], [
    { file: "data/bad.json", line: 2, column: 7, message: "Property value can only be" },
    { file: "data/bad.json", line: 2, column: 8, message: "Expression expected." },
  ], { "data/bad.json": '{\n  "a": ]\n}\n' }),
  refused("a literal that can't be equal", ["const source = 'files';", "if (source === 'api') console.log(1);"], [{ cell: 3, line: 1, column: 5, message: "no overlap" }]),
];
