import type { RunHead } from "../../../engine/observe/history/entry.js";

/** The id of the n-th run, a minute after the one before it. */
export function runId(number: number): string {
  return `${new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString().replaceAll(":", "")}-${number.toString(36).padStart(4, "0")}`;
}

export function sampleHead(number: number, given: Partial<RunHead> = {}): RunHead {
  const started = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
  return { run: runId(number), started, duration_ms: 1000 + number, status: "ok", revision: null, deeds: { train: { action: "run", duration_ms: 900 } }, fresh: 2, ...given };
}
