import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CellOutput, ExecutionResult } from "../../../engine/notebook/types.js";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRig, notebook, textOf, type WorkerRig } from "./worker-rig.js";

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile)));
afterEach(() => rig.remove());

function errorOf(result: ExecutionResult, position = 2): Extract<CellOutput, { output_type: "error" }> {
  const found = result.cells.find((cell) => cell.position === position)?.outputs.find((output) => output.output_type === "error");
  if (found?.output_type !== "error") throw new Error(`no error output in cell ${position}: ${JSON.stringify(result)}`);
  return found;
}

describe("a cell that throws", () => {
  it("tells name, message and the author's own places, and stops the notebook", async () => {
    const result = await rig.run(["exports.a = 1", "type Row = number;\n\nconst rows: Row[] = [];\nfunction first(): string { return rows[0]!.toFixed(); }\nfirst()", "console.log('never')"]);
    expect(result.cells.map((cell) => cell.status)).toEqual(["ok", "error"]);
    expect(errorOf(result, 3)).toEqual({
      output_type: "error",
      ename: "TypeError",
      evalue: "Cannot read properties of undefined (reading 'toFixed')",
      traceback: [
        "TypeError: Cannot read properties of undefined (reading 'toFixed')",
        `    at first (${notebook}, cell 3, line 4, column 44)`,
        `    at ${notebook}, cell 3, line 5, column 1`,
      ],
    });
    expect(result.failure).toMatchObject({ kind: "cell-error", place: { file: notebook, cell: 3, line: 4, column: 44 }, hint: null });
  });

  it("follows calls through local modules, packages and Node", async () => {
    const modules = { "stages/units.ts": 'type Unit = string;\n\nexport function toMetres(feet: number): number {\n  return JSON.parse("{" + feet);\n}\n' };
    const viaModule = await rig.run(["const { toMetres } = require('../stages/units');\n[1].map((feet) => toMetres(feet))"], { modules });
    expect(viaModule.failure?.place).toEqual({ file: "stages/units.ts", line: 4, column: 15 });
    const { traceback } = errorOf(viaModule);
    expect(traceback.slice(1).map((line) => line.trim())).toEqual([
      "at toMetres (stages/units.ts, line 4, column 15)",
      `at ${notebook}, cell 2, line 2, column 19`,
      `at ${notebook}, cell 2, line 2, column 5`,
    ]);

    const viaPackage = await rig.run(["const aq = require('arquero');\naq.table({ a: [1] }).derive({ b: 'd => nope(' })"]);
    expect(errorOf(viaPackage).traceback.join("\n")).toMatch(/at .*\(?arquero\/src\/.*:\d+/);
    expect(errorOf(viaPackage).traceback.join("\n")).not.toMatch(/worker\.cjs|node:internal|node_modules/);
    expect(viaPackage.failure?.place).toMatchObject({ file: notebook, cell: 2, line: 2 });
  });

  it("gives async stacks and what code prints of them the same places", async () => {
    const result = await rig.run(["async function inner() { await null; throw new Error('late') }\nasync function outer() {\n  await inner() }\nconsole.log(new Error('printed').stack);\nawait outer()"]);
    expect(textOf(result, 2)).toBe(`Error: printed\n    at ${notebook}, cell 2, line 4, column 13\n`);
    expect(errorOf(result).traceback).toEqual([
      "Error: late",
      `    at inner (${notebook}, cell 2, line 1, column 44)`,
      `    at async outer (${notebook}, cell 2, line 3, column 3)`,
      `    at async ${notebook}, cell 2, line 5, column 1`,
    ]);
  });

  it("keeps the names of error classes, causes and gathered errors", async () => {
    const result = await rig.run([
      "class BadRow extends Error {}\nconst low = new BadRow('row 3');\nconst gathered = new AggregateError([new RangeError('a'), 'b'], 'many', { cause: low });\nthrow new Error('outer', { cause: gathered })",
    ]);
    const text = errorOf(result).traceback.filter((line) => !line.startsWith("    at")).join("\n");
    expect(text).toBe("Error: outer\nCaused by: AggregateError: many\nCaused by: BadRow: row 3\nError 1 of 2: RangeError: a\nError 2 of 2: Thrown value: b");
    expect(errorOf(await rig.run(["class BadRow extends Error {}\nthrow new BadRow('x')"]))).toMatchObject({ ename: "BadRow", evalue: "x" });
  });

  it.each([
    ["throw 'x'", "x"],
    ["throw undefined", "undefined"],
    ["throw { a: 1 }", "{ a: 1 }"],
    ["const e = new Error('loop'); e.cause = e; throw e", "loop"],
    ["throw Object.defineProperty(new Error('m'), 'message', { get() { throw 1 } })", ""],
  ])("copes with %s", async (code, evalue) => {
    expect(errorOf(await rig.run([code])).evalue).toBe(evalue);
  });

  it("survives a stack that overflowed", async () => {
    const result = await rig.run(["function deep() { return deep() + 1 }\ndeep()"]);
    expect(result.failure).toMatchObject({ kind: "cell-error", message: "RangeError: Maximum call stack size exceeded", place: { cell: 2, line: 1 } });
  });
});

describe("code that leaves its cell", () => {
  it("fails for a rejection that nobody handles, before the next cell", async () => {
    const result = await rig.run(["void (async () => { throw new TypeError('lost') })()", "console.log('never')"]);
    expect(result.failure).toMatchObject({ kind: "unhandled-rejection", place: { file: notebook, cell: 2, line: 1 } });
    expect(result.failure?.message).toContain("TypeError: lost");
    expect(result.cells.map((cell) => cell.position)).toEqual([2]);
    expect(errorOf(result).ename).toBe("TypeError");
  });

  it("names the cell in whose code a later rejection arose", async () => {
    const result = await rig.run(["void new Promise((resolve) => (globalThis.go = resolve)).then(() => Promise.reject(new Error('late')))", "globalThis.go();\nawait new Promise((r) => setTimeout(r, 5000))"]);
    expect(result.failure).toMatchObject({ kind: "unhandled-rejection", place: { cell: 2 } });
    expect(result.cells.map((cell) => cell.status)).toEqual(["error", "error"]);
    expect(errorOf(result, 2).evalue).toBe("late");
  });

  it("fails for an immediate rejection of the last cell, and for one without an error", async () => {
    expect((await rig.run(["void Promise.reject('plain')"])).failure).toMatchObject({ kind: "unhandled-rejection", place: { file: notebook, cell: 2 } });
  });

  it("fails for an exception in a timer, also after the last cell", async () => {
    const result = await rig.run(["setTimeout(() => {\n  throw new RangeError('tick') }, 20)"]);
    expect(result.failure).toMatchObject({ kind: "uncaught-exception", place: { cell: 2, line: 2 } });
  });

  it("fails for process.exit and keeps what was written before", async () => {
    const result = await rig.run(["console.log('written');\nprocess.exit(3)", "1"]);
    expect(result.failure).toMatchObject({ kind: "exit", message: "process.exit(3) was called", place: { file: notebook, cell: 2, line: 2 } });
    expect(textOf(result, 2)).toBe("written\n");
  });

  it("fails for a wait that nothing can end", async () => {
    const result = await rig.run(["await new Promise(() => {})", "1"]);
    expect(result.failure).toMatchObject({ kind: "cell-error", place: { file: notebook, cell: 2 } });
    expect(result.failure?.message).toContain("nothing is left to settle");
  });

  it.each([
    ["process.abort()", "SIGABRT"],
    ["process.kill(process.pid, 'SIGSEGV'); await new Promise((r) => setTimeout(r, 5000))", "SIGSEGV"],
  ])("fails for a crash by %s", async (code, signal) => {
    const result = await rig.run(["1", `for (let i = 0; i < 500; i += 1) console.log(i); ${code}`, "2"]);
    expect(result.failure).toMatchObject({ kind: "crash", place: { file: notebook, cell: 3 } });
    expect(result.failure?.message).toContain(signal);
    expect(result.cells.map((cell) => cell.position)).toEqual([2, 3]);
    if (signal === "SIGABRT") expect(textOf(result, 3)).toContain("499\n");
    expect(errorOf(result, 3).ename).toBe("crash");
  });

  it("fails when memory runs out", async () => {
    const result = await rig.run(["const hoard = []; for (;;) hoard.push(new Array(10_000).fill(hoard.length))"], { worker: { maxOldSpaceMb: 40 } });
    expect(result.failure).toMatchObject({ kind: "out-of-memory", place: { file: notebook, cell: 2 } });
  });

  it("ends an endless loop at the time limit", async () => {
    const started = performance.now();
    const result = await rig.run(["console.log('before'); for (;;);"], { timeoutMs: 700 });
    expect(result.failure).toMatchObject({ kind: "timeout", message: "not done within the time limit of 700ms", place: { file: notebook, cell: 2 } });
    expect(result.failure?.hint).toContain("timeout");
    expect(textOf(result, 2)).toBe("before\n");
    expect(performance.now() - started).toBeLessThan(8000);
  });
});

describe("work that goes on after the last cell", () => {
  it("is waited for shortly", async () => {
    const result = await rig.run(["setTimeout(() => console.log('late'), 20)"]);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toBe("late\n");
    expect(textOf(result, 2, "stderr")).toBe("");
  });

  it("is dropped with a warning where it does not end", async () => {
    const started = performance.now();
    const result = await rig.run(["setInterval(() => {}, 10); require('node:net').createServer().listen(0)"]);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2, "stderr")).toMatch(/^Still pending after the last cell, and dropped: a server, a timer\./);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
