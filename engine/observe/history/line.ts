import { isCount, isListOf, isObject, isString } from "../../checkpoint/record-shape.js";
import type { RunHead, RunState } from "./entry.js";
import { applyDelta, type StateDelta } from "./state-delta.js";
import { emptyState } from "./entry.js";

/** The version of the lines of the history. Lines of another version are left out. */
export const LINE_VERSION = 1;

/** A line of the history: a run, and its state as the difference from the line before it. */
export type HistoryLine = {
  readonly v: typeof LINE_VERSION;
  readonly head: RunHead;
  /** Names the state: the same name is the same state. */
  readonly key: string;
  /** Digest of the metrics of the state, and of those of the last good run, this one included. */
  readonly metrics: string;
  readonly good: string;
  /** `whole`: the difference is from nothing, and the line stands by itself. */
  readonly whole?: true;
  /** Absent where the state is that of the line before. */
  readonly delta?: StateDelta;
};

/** The state after a line; null where it can't be told, since the line before it is damaged. */
export function stateAfter(line: HistoryLine, before: RunState | null): RunState | null {
  if (line.whole === true) return applyDelta(emptyState, line.delta ?? {});
  if (before === null) return null;
  return line.delta === undefined ? before : applyDelta(before, line.delta);
}

/** Whether a value is a line as this version writes it. Its digest has shown that nothing else changed it. */
export function isHistoryLine(value: unknown): value is HistoryLine {
  return (
    isObject(value) && value["v"] === LINE_VERSION &&
    [value["key"], value["metrics"], value["good"]].every(isString) &&
    (value["delta"] === undefined || isObject(value["delta"])) &&
    isHead(value["head"])
  );
}

function isHead(value: unknown): value is RunHead {
  return (
    isObject(value) && isString(value["run"]) && isString(value["started"]) && isString(value["status"]) &&
    isCount(value["duration_ms"]) && isCount(value["fresh"]) && isObject(value["deeds"]) &&
    (value["params"] === undefined || isListOf(value["params"], isString)) &&
    (value["revision"] === null || isObject(value["revision"]))
  );
}
