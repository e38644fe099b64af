import { describe, expect, it } from "vitest";
import type { ExecutedCell } from "../../engine/notebook/types.js";
import { fromStoredCells, labelledOutputs, toStoredCells } from "../../engine/run/stored-cells.js";
import { makeStage } from "../plan/project-builder.js";
import type { Cell } from "../../engine/project/types.js";

const code = (position: number, label?: string): Cell => ({ type: "code", position, id: `c${position}`, source: "x", options: { tags: [], ...(label === undefined ? {} : { label }) } });
const prose = (position: number): Cell => ({ type: "markdown", position, id: `m${position}`, source: "x", options: { tags: [] } });

const executed = (position: number, executionCount: number, text: string): ExecutedCell => ({
  position,
  executionCount,
  outputs: [{ output_type: "execute_result", execution_count: executionCount, data: { "text/plain": text }, metadata: {} }],
  durationMs: executionCount,
  status: "ok",
});

describe("stored cells", () => {
  it("find their cells again when prose and empty cells were put in between", () => {
    const stored = toStoredCells([executed(2, 1, "a"), executed(3, 2, "b")], [2, 3]);
    const stage = makeStage({ id: "s", cells: [prose(1), prose(2), code(3), code(4), code(5, "late")] });
    // Cell 3 is empty: it does not count.
    const cells = fromStoredCells(stage, stored, [4, 5]);
    expect(cells).toEqual([{ position: 3, executionCount: 1, outputs: [], durationMs: null, status: "ok" }, { ...executed(4, 2, "a"), durationMs: 1 }, { ...executed(5, 3, "b"), durationMs: 2 }]);
    expect(labelledOutputs(stage, cells ?? [])).toMatchObject([{ label: "late", cell: 5, outputs: [{ data: { "text/plain": "b" } }] }]);
  });

  it("are nothing for a notebook of more or fewer cells", () => {
    const stage = makeStage({ id: "s", cells: [code(1), code(2)] });
    expect(fromStoredCells(stage, toStoredCells([executed(1, 1, "a")], [1]), [1, 2])).toBeNull();
  });
});
