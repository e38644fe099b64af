import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileNotebooks } from "../../../engine/notebook/compile/compile-notebooks.js";
import type { ExecutionResult } from "../../../engine/notebook/types.js";
import { startWorker } from "../../../engine/notebook/worker/worker-process.js";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRequest, createRig, notebook, textOf, type WorkerRig } from "./worker-rig.js";

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => {
  rig = await createRig(built.workerFile, {
    "stages/units.ts": 'import { show } from "stitchbook/notebook";\n\nexport type Unit = "m" | "ft";\n\nexport function toMetres(feet: number, unit: Unit): number {\n  if (unit === "m") throw new RangeError(`already ${unit}`);\n  show.markdown("**converted**");\n  return feet * 0.3048;\n}\n',
  });
});
afterEach(() => rig.remove());

/** Compiles cells as the engine does, then executes them in a worker. */
async function runNotebook(sources: readonly string[], parameters: Readonly<Record<string, number>> = {}): Promise<ExecutionResult> {
  const cells = sources.map((source, index) => ({ type: "code" as const, position: index + 2, id: `c${index}`, source, options: { tags: index === 0 && source.startsWith("const seed") ? ["parameters"] : [] } }));
  const { compiled, problems } = await compileNotebooks({ root: rig.projectRoot, notebooks: [{ file: notebook, cells, parameters: [] }], cacheFolder: null });
  expect(problems).toEqual([]);
  const found = compiled.get(notebook);
  if (found === undefined) throw new Error("not compiled");
  const worker = startWorker({ folder: rig.folder, projectRoot: rig.projectRoot, workerFile: built.workerFile, timezone: "UTC" });
  const request = await createRequest({ cells: [], options: { parameters }, projectRoot: rig.projectRoot, folder: rig.folder });
  try {
    return await worker.execute({ ...request, notebook: found }, () => undefined);
  } finally {
    await worker.end();
  }
}

describe("a compiled notebook", () => {
  it("takes parameters, carries variables on, imports local modules, and shows results", async () => {
    const result = await runNotebook(
      ["const seed: number = 1;", 'import { toMetres } from "../stages/units";\nlet total = toMetres(seed, "ft");\nconst read = () => total;', "total = await Promise.resolve(2);\nread()"],
      { seed: 10 },
    );
    expect(result.failure).toBeNull();
    expect(result.cells[1]?.outputs).toMatchObject([{ output_type: "display_data", data: { "text/markdown": "**converted**" } }]);
    expect(result.cells[2]?.outputs).toMatchObject([{ output_type: "execute_result", execution_count: 3, data: { "text/plain": "2" } }]);
  });

  it("tells errors by the author's own lines, in cells and modules", async () => {
    const result = await runNotebook(['//| label: x\nimport { toMetres } from "../stages/units";\n\ninterface Row { feet: number }\nconst rows: Row[] = [{ feet: 1 }];\nconsole.log(rows.length);\nrows.map((row) => toMetres(row.feet, "m"))']);
    expect(textOf(result, 2)).toBe("1\n");
    expect(result.failure).toMatchObject({ message: "RangeError: already m", place: { file: "stages/units.ts", line: 6 } });
    const places = result.failure?.traceback.map((line) => line.replace(/, column \d+/g, "").trim());
    expect(places).toEqual(["RangeError: already m", "at toMetres (stages/units.ts, line 6)", `at ${notebook}, cell 2, line 7`, `at ${notebook}, cell 2, line 7`]);
  });

  it("imports vega and arquero", async () => {
    const result = await runNotebook(['import * as vega from "vega";\nimport { table } from "arquero";\nconsole.log(typeof vega.View, table({ a: [1] }).numRows())']);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toBe("function 1\n");
  });
});
