import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format, inspect } from "node:util";
import { Script } from "node:vm";
import { createMapper } from "../../../engine/notebook/source-map.js";
import type { CompiledCell, CompiledNotebook } from "../../../engine/notebook/types.js";

export type CellsRun = {
  readonly lines: readonly string[];
  /** Last expressions but null and undefined. */
  readonly displayed: readonly string[];
  readonly error: Error | null;
  /** The author's place of the error's first frame that has one. */
  readonly place: { readonly cell?: number; readonly file?: string; readonly line: number; readonly column: number } | null;
};

const own = createRequire(import.meta.url);

/** Runs compiled cells as tslab's executor does: in this context, with variables on a proxy. */
export async function runCells(root: string, notebook: CompiledNotebook): Promise<CellsRun> {
  const lines: string[] = [];
  const displayed: string[] = [];
  const before = console.log;
  console.log = (...values: unknown[]) => void lines.push(format(...values));
  try {
    const packages = await loadPackages(notebook);
    const exports = createExports();
    const requireLocal = createLoader(root, notebook, packages);
    for (const cell of notebook.cells) {
      const value = await runCell(cell, exports, requireLocal);
      if (value !== undefined && value !== null) displayed.push(inspect(value));
    }
    return { lines, displayed, error: null, place: null };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { lines, displayed, error, place: findPlace(error, notebook) };
  } finally {
    console.log = before;
  }
}

type Load = (specifier: string) => unknown;

async function runCell(cell: CompiledCell, exports: Record<string, unknown>, require: Load): Promise<unknown> {
  const text = `(${cell.isAsync ? "async " : ""}function (exports, require) {\n${cell.code}\n})`;
  const body: unknown = new Script(text, { filename: `/corpus/cell-${cell.position}.js`, lineOffset: -1 }).runInThisContext();
  if (typeof body !== "function") throw new Error("no function");
  await Reflect.apply(body, undefined, [exports, require]);
  if (cell.lastExpression === null) return undefined;
  const value = exports[cell.lastExpression];
  delete exports[cell.lastExpression];
  return value;
}

function createExports(): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  return new Proxy(values, {
    defineProperty: (_, name, attributes) => {
      if (name !== "__esModule") Reflect.set(values, name, attributes.get === undefined ? attributes.value : attributes.get());
      return true;
    },
  });
}

function createLoader(root: string, notebook: CompiledNotebook, packages: ReadonlyMap<string, unknown>): Load {
  const modules = new Map(notebook.modules.map((module) => [module.path, module]));
  const instances = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const known = instances.get(path);
    if (known !== undefined) return known.exports;
    const compiled = modules.get(path);
    if (compiled === undefined) throw new Error(`${path} is not compiled`);
    const module = { exports: {} };
    instances.set(path, module);
    const text = `(function (exports, require, module, __filename) {\n${compiled.code}\n})`;
    const body: unknown = new Script(text, { filename: `/corpus/module/${path}`, lineOffset: -1 }).runInThisContext();
    if (typeof body !== "function") throw new Error("no function");
    Reflect.apply(body, undefined, [module.exports, link(compiled.imports), module, join(root, path)]);
    return module.exports;
  };
  const link = (imports: Readonly<Record<string, string>>): Load => (specifier) => {
    const local = imports[specifier];
    return local === undefined ? packages.get(specifier) : load(local);
  };
  return link(notebook.imports);
}

/** Packages that code mentions; those with a top-level await can only be imported. */
async function loadPackages({ cells, modules }: CompiledNotebook): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const { code } of [...cells, ...modules]) {
    for (const [, name = ""] of code.matchAll(/require\("([^".][^"]*)"\)/g)) {
      if (name === "stitchbook/notebook") found.set(name, { show: { markdown: () => undefined } });
      else if (!found.has(name)) found.set(name, await loadPackage(name));
    }
  }
  return found;
}

async function loadPackage(name: string): Promise<unknown> {
  try {
    return own(name);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return await import(pathToFileURL(own.resolve(name)).href);
  }
}

function findPlace(error: Error, notebook: CompiledNotebook): CellsRun["place"] {
  for (const [, isModule, name = "", line, column] of (error.stack ?? "").matchAll(/\/corpus\/(?:(module)\/)?(?:cell-)?([^\s()]*?)(?:\.js)?:(\d+):(\d+)/g)) {
    const source = isModule === undefined ? notebook.cells.find((cell) => String(cell.position) === name) : notebook.modules.find((module) => module.path === name || module.path === `${name}.js`);
    const position = source?.map == null ? null : createMapper(source.map)(Number(line), Number(column));
    if (source === undefined || position === null) continue;
    return "position" in source ? { cell: source.position, ...position } : { file: source.path, ...position };
  }
  return null;
}
