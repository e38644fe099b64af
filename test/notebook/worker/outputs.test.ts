import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import type { CellOutput } from "../../../engine/notebook/types.js";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRig, textOf, type WorkerRig } from "./worker-rig.js";

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile)));
afterEach(() => rig.remove());

describe("streams", () => {
  it("tells stdout from stderr and joins what follows each other", async () => {
    const result = await rig.run(["console.log('one', { a: [1, 2] }); process.stdout.write('two\\n'); console.warn('careful'); console.error('bad'); console.info('three')"]);
    expect(result.failure).toBeNull();
    expect(result.cells[0]?.outputs).toEqual([
      { output_type: "stream", name: "stdout", text: "one { a: [ 1, 2 ] }\ntwo\n" },
      { output_type: "stream", name: "stderr", text: "careful\nbad\n" },
      { output_type: "stream", name: "stdout", text: "three\n" },
    ]);
  });

  it("knows the whole console", async () => {
    const result = await rig.run([
      "console.table([{ a: 1 }]); console.dir({ b: { c: { d: { e: 1 } } } }, { depth: 0 }); console.group('g'); console.log('inside'); console.groupEnd(); console.count(); console.count(); console.assert(false, 'no'); console.time('t'); console.timeEnd('t')",
    ]);
    const text = textOf(result, 2);
    expect(text).toContain("│ 0       │ 1 │");
    expect(text).toContain("{ b: [Object] }");
    expect(text).toContain("g\n  inside\n");
    expect(text).toContain("default: 1\ndefault: 2\n");
    expect(text).toMatch(/t: [\d.]+ms/);
    expect(textOf(result, 2, "stderr")).toBe("Assertion failed: no\n");
  });

  it("takes strings, bytes and encodings, and calls back", async () => {
    const result = await rig.run([
      `await new Promise((done) => process.stdout.write("a", done));
      const euro = Buffer.from("€");
      process.stdout.write(euro.subarray(0, 1)); process.stdout.write(euro.subarray(1));
      process.stdout.write("YmM=", "base64"); process.stdout.write(new Uint8Array([100]));
      await new Promise((done) => process.stdout.write("e", "utf8", done));
      await require("node:stream/promises").pipeline([Buffer.from("piped")], process.stdout, { end: false });
      process.stdout.end("end"); console.log(" still open", process.stdout.isTTY)`,
    ]);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toBe("a€bcdepipedend still open undefined\n");
  });

  it("keeps 100,000 lines, in order, across both streams", async () => {
    const pieces: string[] = [];
    const started = performance.now();
    const result = await rig.run(["for (let i = 0; i < 100_000; i += 1) console.log('line', i)", "console.log('next cell')"], {
      onOutput: (position, output) => output.output_type === "stream" && position === 2 && pieces.push(output.text),
    });
    const expected = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join("");
    expect(result.cells[0]?.outputs).toHaveLength(1);
    expect(textOf(result, 2) === expected).toBe(true);
    expect(pieces.join("") === expected).toBe(true);
    expect(textOf(result, 3)).toBe("next cell\n");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("writes while a cell still runs", async () => {
    const seen: string[] = [];
    const waiting = rig.run(["console.log('first'); while (!require('node:fs').existsSync('go')) await new Promise((r) => setTimeout(r, 5)); console.log('last')"], {
      onOutput: (_position, output) => {
        if (output.output_type === "stream") seen.push(output.text);
        if (output.output_type === "stream" && output.text === "first\n") void import("node:fs").then((fs) => fs.writeFileSync(`${rig.folder}/go`, ""));
      },
    });
    expect(textOf(await waiting, 2)).toBe("first\nlast\n");
    expect(seen[0]).toBe("first\n");
  });

  it("gives a cell what child processes and native code write while it runs", async () => {
    const result = await rig.run(["require('node:child_process').execSync('echo from a child; echo bad >&2', { stdio: 'inherit' }); require('node:fs').writeSync(1, 'past the stream\\n')", "console.log('two')"]);
    expect(textOf(result, 2)).toBe("from a child\npast the stream\n");
    expect(textOf(result, 2, "stderr")).toBe("bad\n");
    expect(textOf(result, 3)).toBe("two\n");
  });

  it("passes warnings on without process ids, and none about itself", async () => {
    const result = await rig.run(["process.emitWarning('mind the gap'); await new Promise((r) => setImmediate(r))", "require('vega-lite')"]);
    expect(textOf(result, 2, "stderr")).toBe("Warning: mind the gap\n");
    expect(textOf(result, 3, "stderr")).toBe("");
  });
});

describe("results and displays", () => {
  const outputsOf = async (...cells: string[]): Promise<readonly CellOutput[]> => (await rig.run(cells)).cells.at(-1)?.outputs ?? [];

  it("shows a last expression with its execution count", async () => {
    expect(await outputsOf("exports.x = 20", "=> exports.x + 1")).toEqual([{ output_type: "execute_result", execution_count: 2, data: { "text/plain": "21" }, metadata: {} }]);
    expect(await outputsOf("=> 'text'")).toMatchObject([{ data: { "text/plain": "'text'" } }]);
    expect(await outputsOf("=> 0")).toMatchObject([{ data: { "text/plain": "0" } }]);
  });

  it("shows nothing for undefined and null", async () => {
    expect(await outputsOf("=> undefined")).toEqual([]);
    expect(await outputsOf("=> null")).toEqual([]);
  });

  it("keeps displays in order between streams", async () => {
    const outputs = await outputsOf(`const { show } = require("stitchbook/notebook");
      console.log("before"); show.markdown("**now**"); console.log("after"); show({ mark: "bar", data: { values: [{ a: NaN }] } })
=> 1`);
    expect(outputs.map((output) => output.output_type)).toEqual(["stream", "display_data", "stream", "display_data", "execute_result"]);
    expect(outputs[1]).toEqual({ output_type: "display_data", data: { "text/markdown": "**now**", "text/plain": "**now**" }, metadata: {} });
    expect(outputs[3]).toMatchObject({ data: { "application/vnd.vegalite.v5+json": { mark: "bar", data: { values: [{ a: null }] } } } });
  });

  it("stands in for tslab's display", async () => {
    const outputs = await outputsOf(`const { display, newDisplay } = require("tslab");
      display.html("<b>x</b>"); display.png(new Uint8Array([1, 2, 3])); display.raw("application/vnd.vegalite.v5+json", '{"mark":"bar"}'); newDisplay().text("t")`);
    expect(outputs.map((output) => ("data" in output ? output.data : null))).toEqual([
      { "text/html": "<b>x</b>" },
      { "image/png": "AQID" },
      { "application/vnd.vegalite.v5+json": { mark: "bar" } },
      { "text/plain": "t" },
    ]);
  });

  it("carries variables to later cells, reassigned imports too", async () => {
    expect(await outputsOf("Object.defineProperty(exports, 'sep', { enumerable: true, get: () => require('node:path').sep })", "exports.sep = 'mine'", "=> exports.sep")).toMatchObject([{ data: { "text/plain": "'mine'" } }]);
  });

  it("gives the parameters cell the run's values", async () => {
    const parameters = { position: 2, code: "exports.seed = 1; exports.place = 'x';", isAsync: false, lastExpression: null, map: null, isParameters: true };
    const result = await rig.run([parameters, "console.log(exports.seed, exports.place)"], { parameters: { seed: 42 } });
    expect(textOf(result, 3)).toBe("42 x\n");
  });
});
