import { RECORD_VERSION } from "../../engine/checkpoint/records.js";
import type { TaskRecord } from "../../engine/plan/types.js";

/** A record with something in every part. */
export function sampleRecord(more: Partial<TaskRecord> = {}): TaskRecord {
  const state = { size: 12, inode: "4711", mtimeNs: "1700000000123456789", ctimeNs: "1700000000123456790" };
  return {
    version: RECORD_VERSION,
    task: "cleaning@new-york",
    fingerprint: { hash: "f".repeat(64), parts: { "code:cell 4": "aa", "params:seed": "7", "engine:node": "20" } },
    contract: "c0ffee",
    artifacts: [
      { path: "data/processed/cleaned.csv", bytes: 12, sha256: "a".repeat(64), rows: 3, schema: [{ name: "date", type: "date" }, { name: "t", type: "number" }], schemaHash: "b".repeat(64), state },
      { path: "model/model.json", bytes: 2, sha256: "c".repeat(64), rows: null, schema: null, schemaHash: null, state },
    ],
    inputs: [{ path: "data/raw/ü.csv", sha256: "d".repeat(64), state }],
    labels: [
      {
        label: "residuals", cell: 5, caption: "Residuals \u2028 \ud800", alt: null,
        outputs: [
          { output_type: "stream", name: "stdout", text: "hello\n" },
          { output_type: "display_data", data: { "text/plain": "x", "application/json": { a: [1, null] } }, metadata: {} },
          { output_type: "execute_result", execution_count: 3, data: {}, metadata: {} },
          { output_type: "error", ename: "TypeError", evalue: "no", traceback: ["at cell 5"] },
        ],
      },
    ],
    run: "20250101T000000Z-abc",
    startedAt: "2025-01-01T00:00:00.000Z",
    finishedAt: "2025-01-01T00:00:01.500Z",
    durationMs: 1500,
    ...more,
  };
}
