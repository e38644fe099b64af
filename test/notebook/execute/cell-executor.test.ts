import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCellExecutor, type CellExecutor } from "../../../engine/notebook/execute/cell-executor.js";
import type { CellOutput, CompiledCell, CompiledModule } from "../../../engine/notebook/types.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

let projectRoot: string;
let outputs: CellOutput[];
let executor: CellExecutor;

beforeEach(async () => {
  projectRoot = await makeTemporaryFolder("stitchbook-executor-");
  outputs = [];
  executor = createCellExecutor({ notebook: "notebooks/a.ipynb", projectRoot, ownFile: fileURLToPath(import.meta.url), temporaryFolder: projectRoot, emit: (output) => outputs.push(output) });
});
afterEach(async () => {
  executor.close();
  await rm(projectRoot, { recursive: true });
});

function cell(code: string, more: Partial<CompiledCell> = {}): CompiledCell {
  return { position: 2, code, isAsync: false, lastExpression: null, map: null, isParameters: false, ...more };
}

function module(path: string, code: string, imports: Readonly<Record<string, string>> = {}): CompiledModule {
  return { path, code, map: null, imports };
}

describe("the cell executor", () => {
  it("leaves and takes variables, and takes the last expression away", async () => {
    expect(await executor.executeCell(cell("exports.a = 1; exports.last = 5;", { lastExpression: "last" }), 7)).toEqual({ status: "ok" });
    expect({ ...executor.variables }).toEqual({ a: 1 });
    expect(outputs).toEqual([{ output_type: "execute_result", execution_count: 7, data: { "text/plain": "5" }, metadata: {} }]);
  });

  it("lets a cell declare names of its surroundings again", async () => {
    expect(await executor.executeCell(cell("const __dirname = 'mine'; const require = 1; exports.d = __dirname;"), 1)).toEqual({ status: "ok" });
    expect(executor.variables["d"]).toBe("mine");
  });

  it("tells apart the executions of a cell that was edited", async () => {
    await executor.executeCell(cell("exports.old = () => {\n throw new Error('x') }"), 1);
    await executor.executeCell(cell("\n\n\nexports.fresh = 1"), 2);
    const result = await executor.executeCell(cell("exports.old()", { position: 3 }), 3);
    expect(result).toMatchObject({ status: "error", error: { place: { file: "notebooks/a.ipynb", cell: 2, line: 2, column: 8 }, cell: 2 } });
  });

  it("gives a failing cell an error output and goes on with the next", async () => {
    expect((await executor.executeCell(cell("throw new TypeError('no')"), 1)).status).toBe("error");
    expect(outputs).toMatchObject([{ output_type: "error", ename: "TypeError", evalue: "no" }]);
    expect(await executor.executeCell(cell("exports.ok = true"), 2)).toEqual({ status: "ok" });
  });

  it("counts an error in showing a result as the cell's", async () => {
    const code = "exports.last = { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('shy') } }";
    expect((await executor.executeCell(cell(code, { lastExpression: "last" }), 1)).status).toBe("error");
  });

  it("reloads a module that was edited, and every module that imports it", async () => {
    const imports = { "../stages/top": "stages/top.ts" };
    const top = module("stages/top.ts", "exports.value = require('./low').value * 10; exports.loads = globalThis.loads = (globalThis.loads ?? 0) + 1;", { "./low": "stages/low.ts" });
    executor.define({ modules: [top, module("stages/low.ts", "exports.value = 1;")], imports });
    const read = cell("const top = require('../stages/top'); exports.seen = [top.value, top.loads];");
    await executor.executeCell(read, 1);
    expect(executor.variables["seen"]).toEqual([10, 1]);
    executor.define({ modules: [top, module("stages/low.ts", "exports.value = 2;")], imports });
    await executor.executeCell(read, 2);
    expect(executor.variables["seen"]).toEqual([20, 2]);
    executor.define({ modules: [top], imports });
    await executor.executeCell(read, 3);
    expect(executor.variables["seen"]).toEqual([20, 2]);
    Reflect.deleteProperty(globalThis, "loads");
  });

  it("knows JSON modules", async () => {
    executor.define({ modules: [module("data/labels.json", 'module.exports = {"a": 1};')], imports: { "../data/labels.json": "data/labels.json" } });
    await executor.executeCell(cell("exports.a = require('../data/labels.json').a"), 1);
    expect(executor.variables["a"]).toBe(1);
  });

  it("gives stacks and display back when it is closed", async () => {
    const hook = Symbol.for("stitchbook.display");
    expect(Reflect.get(globalThis, hook)).toBeTypeOf("function");
    executor.close();
    expect(Reflect.get(globalThis, hook)).toBeNull();
  });
});
