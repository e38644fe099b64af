import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { emptyState, type RunHead, type RunState } from "../../../engine/observe/history/entry.js";
import { appendRun, type NewRun } from "../../../engine/observe/history/history.js";
import { sampleHead } from "./sample-head.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder that goes after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "stitchbook-history-"));
  folders.push(folder);
  return folder;
}

export function makeState(metrics: Readonly<Record<string, number>>, given: Partial<RunState> = {}): RunState {
  return { ...emptyState, metrics, ...given };
}

/** Appends a run with these metrics. */
export function addRun(folder: string, number: number, metrics: Readonly<Record<string, number>>, given: Partial<RunHead> & { readonly state?: Partial<RunState> } = {}): void {
  const { state, ...head } = given;
  const made = makeState(metrics, state);
  const run: NewRun = { head: sampleHead(number, head), stateKey: JSON.stringify(made), makeState: () => made, isDurable: false };
  appendRun(folder, run);
}
