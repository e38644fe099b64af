import { csvFormatRows } from "d3-dsv";
import { countDeeds } from "./describe-run.js";
import type { RunEntry } from "./entry.js";

const fixed = ["run", "started", "status", "duration_ms", "commit", "dirty", "params", "executed", "restored", "failed", "fresh", "reason"];

/**
 * Past runs as CSV, one row a run.
 *
 * @param metrics keys of the metrics, each a column
 */
export function writeHistory(entries: readonly RunEntry[], metrics: readonly string[]): string {
  const rows = entries.map((entry) => {
    const { run, started, status, duration_ms, revision, params, fresh, reason, state } = entry;
    const { executed, restored, failed } = countDeeds(entry);
    const values = [run, started, status, duration_ms, revision?.commit, revision?.dirty, (params ?? []).join(" "), executed, restored, failed, fresh, reason];
    return [...values, ...metrics.map((key) => (Object.hasOwn(state.metrics, key) ? state.metrics[key] : undefined))].map((value) => (value === undefined || value === null ? "" : String(value)));
  });
  return `${csvFormatRows([[...fixed, ...metrics], ...rows])}\n`;
}
