import { contractHash } from "../../engine/plan/contract-hash.js";
import type { Fingerprint, TaskRecord } from "../../engine/plan/types.js";
import type { Task } from "../../engine/project/types.js";

/** The record of a good run of a task at the beginning of 2024. */
export function makeRecord(task: Task, fingerprint: Fingerprint, given: Partial<TaskRecord> = {}): TaskRecord {
  const labels = task.node.kind === "report" ? [] : task.node.cells.flatMap((cell) => (cell.options.label === undefined ? [] : [{ label: cell.options.label, cell: cell.position, caption: null, alt: null, outputs: [] }]));
  return {
    version: 1,
    task: task.id,
    fingerprint,
    contract: contractHash(task),
    artifacts: [],
    inputs: [],
    labels,
    run: "2024-01-01T000000Z-aaaa",
    startedAt: "2024-01-01T00:00:00.000Z",
    finishedAt: "2024-01-01T00:00:10.000Z",
    durationMs: 10_000,
    ...given,
  };
}
