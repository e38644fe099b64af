import { afterEach, describe, expect, it } from "vitest";
import { compileNotebooks, type Compilation } from "../../../engine/notebook/compile/compile-notebooks.js";
import { runCells } from "../corpus/run-cells.js";
import { createProject, makeCells, makeNotebook, type ProjectRig } from "./rig.js";

const projects: ProjectRig[] = [];
afterEach(async () => void (await Promise.all(projects.splice(0).map((project) => project.remove()))));

async function makeProject(files: Readonly<Record<string, string>> = {}): Promise<ProjectRig> {
  const project = await createProject(files);
  projects.push(project);
  return project;
}

async function compile(project: ProjectRig, sources: readonly string[], dataTypes?: string): Promise<Compilation> {
  const notebooks = [makeNotebook("notebooks/a.ipynb", sources)];
  return compileNotebooks({ root: project.root, notebooks, cacheFolder: null, ...(dataTypes === undefined ? {} : { dataTypes }) });
}

const messages = (compilation: Compilation): string[] => compilation.problems.map(({ message, place }) => `${place.file}:${place.cell ?? ""}:${place.line}:${place.column} ${message}`);

describe("compileNotebooks", () => {
  it("gives what the worker needs", async () => {
    const project = await makeProject({ "stages/a.ts": "import { b } from './b';\nimport type { T } from './types';\nexport const a: T = b;\n", "stages/b.ts": "export const b = 1;\n", "stages/types.ts": "export type T = number;\n" });
    const cells = [
      { type: "markdown", position: 1, id: "m", source: "# Text", options: { tags: [] } } as const,
      ...makeCells(["const n: number = 1;"], ["parameters"]),
      { type: "code", position: 5, id: "c", source: "import { a } from '../stages/a';\nimport type { T } from '../stages/types';\nconst t: T = await Promise.resolve(a);\nt + n", options: { tags: [] } } as const,
      { type: "code", position: 6, id: "e", source: "// nothing\n", options: { tags: [] } } as const,
    ];
    const { compiled, problems } = await compileNotebooks({ root: project.root, notebooks: [{ file: "notebooks/a.ipynb", cells, parameters: [] }], cacheFolder: null });
    expect(problems).toEqual([]);
    const notebook = compiled.get("notebooks/a.ipynb");
    expect(notebook?.cells).toMatchObject([
      { position: 2, isAsync: false, isParameters: true, lastExpression: null },
      { position: 5, isAsync: true, isParameters: false, lastExpression: "tsLastExpr" },
    ]);
    expect(notebook?.imports).toEqual({ "./stages/a.ts": "stages/a.ts" });
    expect(notebook?.modules.map(({ path, imports }) => ({ path, imports }))).toEqual([
      { path: "stages/a.ts", imports: { "./b": "stages/b.ts" } },
      { path: "stages/b.ts", imports: {} },
    ]);
    expect(JSON.parse(JSON.stringify(notebook))).toEqual(notebook);
  });

  it("reads parameters through exports, so that a value can be set after the cell", async () => {
    const project = await makeProject();
    const { compiled } = await compile(project, ["const n: number = 1;", "console.log(n);", "const twice = () => n * 2;\nconsole.log(twice());"]);
    const notebook = compiled.get("notebooks/a.ipynb");
    if (notebook === undefined) throw new Error("not compiled");
    const [first, ...others] = notebook.cells;
    if (first === undefined) throw new Error("no cell");
    const overridden = { ...notebook, cells: [{ ...first, code: `${first.code}\nexports.n = 20;` }, ...others] };
    expect((await runCells(project.root, overridden)).lines).toEqual(["20", "40"]);
  });

  it("keeps notebooks apart that share a converter", async () => {
    const project = await makeProject({ "stages/bad.ts": "export const bad: number = 'x';\n" });
    const notebooks = [
      makeNotebook("notebooks/one.ipynb", ["const onlyHere = 1;", "import { bad } from '../stages/bad';"]),
      makeNotebook("notebooks/two.ipynb", ["onlyHere;"]),
      makeNotebook("notebooks/three.ipynb", ["import { bad } from '../stages/bad';\nbad;"]),
      makeNotebook("notebooks/four.ipynb", ["const fine = 1;"]),
    ];
    const compilation = await compileNotebooks({ root: project.root, notebooks, cacheFolder: null });
    expect(messages(compilation)).toEqual([
      "stages/bad.ts::1:14 Type 'string' is not assignable to type 'number'. (TS2322)",
      "notebooks/two.ipynb:2:1:1 Cannot find name 'onlyHere'. (TS2304)",
    ]);
    expect([...compilation.compiled.keys()]).toEqual(["notebooks/four.ipynb"]);
  });

  it("takes strictness from tsconfig.json, also from one that it extends", async () => {
    const cells = ["const list = [1];\nconst first: number = list[0];\nfunction f(x) { return x; }\nlet n: string = null;"];
    expect(messages(await compile(await makeProject(), cells))).toEqual([]);
    const strict = await makeProject({ "tsconfig.json": '{ // comment\n  "extends": "./base.json", "compilerOptions": { "noUncheckedIndexedAccess": true, } }', "base.json": '{ "compilerOptions": { "strict": true, "target": "ESNext" } }' });
    expect(messages(await compile(strict, cells)).map((text) => text.replace(/ .*\(/s, " ("))).toEqual([
      "notebooks/a.ipynb:2:2:7 (TS2322)",
      "notebooks/a.ipynb:2:3:12 (TS7006)",
      "notebooks/a.ipynb:2:4:5 (TS2322)",
    ]);
    const broken = await makeProject({ "tsconfig.json": '{ "compilerOptions": ' });
    expect((await compile(broken, ["1"])).problems[0]).toMatchObject({ code: "tsconfig", place: { file: "tsconfig.json" } });
  });

  it("finds packages of the engine's installation in a project without any, and names their types", async () => {
    const project = await makeProject();
    const compilation = await compile(project, ["import { table } from 'arquero';\nimport { show } from 'stitchbook/notebook';", "const t = table({ a: [1] });\nconst display = show;", "t.numRows().toFixed();\ndisplay(t);\nt.numRow();\ndisplay.text('x');"]);
    expect(messages(compilation)).toEqual([
      "notebooks/a.ipynb:4:3:3 Property 'numRow' does not exist on type 'ColumnTable'. Did you mean 'numRows'? (TS2551)",
      "notebooks/a.ipynb:4:4:9 Property 'text' does not exist on type 'Show'. (TS2339)",
    ]);
  });

  it("prefers the project's own packages", async () => {
    const project = await makeProject({
      "node_modules/arquero/package.json": '{ "name": "arquero", "version": "0.0.1", "types": "index.d.ts" }',
      "node_modules/arquero/index.d.ts": "export declare const own: 'own';\n",
      "node_modules/only-exports/package.json": '{ "name": "only-exports", "version": "1.0.0", "exports": { ".": { "types": "./lib/types.d.ts", "default": "./lib/x.js" } } }',
      "node_modules/only-exports/lib/types.d.ts": "export interface Spec { mark: 'bar' | 'line' }\n",
    });
    const compilation = await compile(project, ["import { own, table } from 'arquero';\nimport type { Spec } from 'only-exports';\nconst spec: Spec = { mark: 'pie' };"]);
    expect(messages(compilation).map((text) => text.replace(/ .*\(/, " ("))).toEqual(["notebooks/a.ipynb:2:1:15 (TS2305)", "notebooks/a.ipynb:2:3:22 (TS2322)"]);
  });

  it("knows the row types that stages declare", async () => {
    const project = await makeProject();
    const types = "export interface Cleaned { date: string; value: number | null }\n";
    const cells = ["import type { Cleaned } from 'stitchbook/data';\nconst rows: Cleaned[] = [{ date: 'x', value: 1 }];\nconst first = rows[0];", "const again = rows.map((row) => row);", "again[0].value = 'x';"];
    expect(messages(await compile(project, cells, types))).toEqual(["notebooks/a.ipynb:4:1:1 Type 'string' is not assignable to type 'number'. (TS2322)"]);
  });

  it("says of a row type that is missing where they come from, and of a value that there are none", async () => {
    const project = await makeProject({
      "stages/bad.ts": "import { Cleaned } from 'stitchbook/data';\nexport * from 'stitchbook/data';\nexport const f = (row: Cleaned): string => row.date;\n",
      "stages/good.ts": "import { type Cleaned } from 'stitchbook/data';\nexport type { Cleaned } from 'stitchbook/data';\nexport const f = (row: Cleaned, other: import('stitchbook/data').Cleaned): string => row.date + other.date;\n",
    });
    const types = "export type Cleaned = { date: string };\n";
    const cells = [
      "import type { Raw } from 'stitchbook/data';\nimport { f } from '../stages/good';\nf;",
      "import { Cleaned } from 'stitchbook/data';\nimport * as data from 'stitchbook/data';\nimport 'stitchbook/data';",
      "const loaded = await import('stitchbook/data');\nrequire('stitchbook/data');",
      "import { f as g } from '../stages/bad';\ng;",
    ];
    const { problems } = await compile(project, cells, types);
    expect(problems[0]).toMatchObject({ place: { cell: 2, line: 1, column: 15 }, hint: expect.stringContaining("named after its file") });
    const values = problems.filter(({ code }) => code === "type-only-module");
    expect(values).toHaveLength(problems.length - 1);
    expect(values.map(({ place }) => `${place.file}:${place.cell ?? ""}:${place.line}:${place.column}`)).toEqual([
      "notebooks/a.ipynb:3:1:25", "notebooks/a.ipynb:3:2:23", "notebooks/a.ipynb:3:3:8", "notebooks/a.ipynb:4:1:29", "notebooks/a.ipynb:4:2:9", "stages/bad.ts::1:25", "stages/bad.ts::2:15",
    ]);
    expect(values[0]?.hint).toContain("import type");
    expect((await compile(project, [(cells[0] ?? "").replace("Raw", "Cleaned")], types)).problems).toEqual([]);
  });

  it("lets variables be `any` whose types can't be written, and the rest of the cell as it is", async () => {
    const project = await makeProject();
    const cells = ["const Secret = class { private x = 1; show() { return this.x; } };\nfunction make() { return new Secret(); }\nconst good = 1;\nlet { a } = { a: make() };\nconsole.log(make().show(), good, a.show());", "console.log(new Secret().show(), make().show());\ngood.nope;"];
    expect(messages(await compile(project, cells))).toEqual(["notebooks/a.ipynb:3:2:6 Property 'nope' does not exist on type '1'. (TS2339)"]);
    const { compiled } = await compile(project, [cells[0] ?? "", "console.log(new Secret().show());\nnull.x;".replace("null.x", "throw new Error('place')")]);
    const notebook = compiled.get("notebooks/a.ipynb");
    if (notebook === undefined) throw new Error("not compiled");
    expect(await runCells(project.root, notebook)).toMatchObject({ lines: ["1 1 1", "1"], place: { cell: 3, line: 2, column: 7 } });
  });

  it("names the types of types that are declared in a cell and lost in a later one", async () => {
    const project = await makeProject();
    const cells = ["namespace N { export interface I { a: number } export const make = (): I => ({ a: 1 }); }", "const one = N.make();", "let two: N.I = one;", "namespace N { export const other = 2; }", "N.other + two.a;"];
    expect(messages(await compile(project, cells))).toEqual([]);
  });

  it("leaves the working directory and TypeScript as they are, and nothing open", async () => {
    const project = await makeProject({ "stages/a.ts": "export const a = 1;\n" });
    const before = { cwd: process.cwd(), watchers: process.getActiveResourcesInfo().filter((name) => /FSEvent|StatWatcher|Timeout/.test(name)).length };
    await compile(project, ["import { a } from '../stages/a';\na;"]);
    expect(process.cwd()).toBe(before.cwd);
    expect(process.getActiveResourcesInfo().filter((name) => /FSEvent|StatWatcher/.test(name))).toEqual([]);
  });

  it("compiles nothing for a notebook without code", async () => {
    const project = await makeProject();
    const { compiled, problems } = await compile(project, []);
    expect(problems).toEqual([]);
    expect(compiled.get("notebooks/a.ipynb")).toEqual({ notebook: "notebooks/a.ipynb", cells: [], modules: [], imports: {} });
  });
});
