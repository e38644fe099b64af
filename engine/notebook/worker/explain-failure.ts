import { constants } from "node:os";
import type { DescribedError } from "../execute/describe-error.js";
import type { ExecutionFailure, ExecutionRequest } from "../types.js";
import type { Place } from "../../project/types.js";
import type { FailureReport } from "./messages.js";
import { findUndeclaredAccess } from "./undeclared-access.js";

/** How a worker's process ended without a last word of its own. */
export type ProcessEnd = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to standard error past JavaScript. */
  readonly lastWords: string;
};

/** Why the parent ended the process. */
export type StopReason = "timeout" | "stopped" | "too-much-output";

/** The failure that a worker reported. */
export function explainReport(report: FailureReport, request: ExecutionRequest): ExecutionFailure {
  const { error, position } = report;
  const place = error.place ?? placeOf(request, position);
  const undeclared = findUndeclaredAccess(error.accesses, request);
  if (undeclared !== null) return { kind: "undeclared-access", place, traceback: error.traceback, ...undeclared };
  const { kind, message, hint } = describeReport(report.kind, error);
  const { retryable, retryAfterMs, traceback } = error;
  return { kind, message, place, hint, traceback, ...(retryable === undefined ? {} : { retryable }), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** The failure of a process that the parent ended. */
export function explainStop(reason: StopReason, request: ExecutionRequest, position: number | null): ExecutionFailure {
  const place = placeOf(request, position);
  const { notebook } = request.notebook;
  switch (reason) {
    case "timeout":
      return failure("timeout", place, `not done within the time limit of ${formatLimit(request.timeoutMs)}`, `Make the cell quicker, or raise \`timeout\` in the front matter of ${notebook}.`);
    case "too-much-output":
      return failure("crash", place, "more than 256 MB of text were written to the output", "Write data to a declared output file, and print less.");
    case "stopped":
      return failure("stopped", place, "the run was stopped", null);
  }
}

/** The failure of a process that ended by itself. */
export function explainEnd(end: ProcessEnd, request: ExecutionRequest, position: number | null): ExecutionFailure {
  const place = placeOf(request, position);
  const signal = end.signal ?? signalOf(end.code);
  if (position === null) return failure("crash", place, `the worker ended before the first cell: ${end.lastWords.trim() || `exit code ${end.code ?? signal ?? "unknown"}`}`, null);
  if (/out of memory/i.test(end.lastWords)) {
    return failure("out-of-memory", place, "the process ran out of memory", "Hold less at once: read in parts, drop rows and columns early, or let a database reduce the data.");
  }
  if (signal === "SIGKILL") {
    return failure("crash", place, "the process was killed (SIGKILL)", "Somebody ended it, or the system had no memory left: look at its log, and hold less data at once.");
  }
  if (signal !== null) return failure("crash", place, `the process died of ${signal}`, "A native addon is the likely cause; its last words are in the cell's output.");
  return failure("exit", place, `the process ended by itself with exit code ${end.code ?? "unknown"}`, "Let the cell come to its end; throw an error to fail.");
}

function describeReport(kind: FailureReport["kind"], error: DescribedError): Pick<ExecutionFailure, "kind" | "message" | "hint"> {
  const text = error.evalue === "" ? error.ename : `${error.ename}: ${error.evalue}`;
  switch (kind) {
    case "cell-error":
      return { kind, message: text, hint: null };
    case "unhandled-rejection":
      return { kind, message: `a promise was rejected and nobody handled it: ${text}`, hint: "Await the promise, or catch its error." };
    case "uncaught-exception":
      return { kind, message: `an exception in a callback: ${text}`, hint: "Catch it in the callback, or wrap the callback in a promise and await it." };
    case "exit":
      return { kind, message: error.evalue, hint: "Let the cell come to its end; throw an error to fail." };
    case "never-settles":
      return { kind: "cell-error", message: error.evalue, hint: "Resolve or reject the promise, or do not await it." };
  }
}

function failure(kind: ExecutionFailure["kind"], place: Place | null, message: string, hint: string | null): ExecutionFailure {
  return { kind, message, place, hint, traceback: [] };
}

function placeOf({ notebook }: ExecutionRequest, position: number | null): Place {
  return position === null ? { file: notebook.notebook } : { file: notebook.notebook, cell: position };
}

/** A shell between the engine and the worker tells of a signal by an exit code over 128. */
function signalOf(code: number | null): string | null {
  if (code === null || code <= 128) return null;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] ?? null;
}

function formatLimit(ms: number): string {
  const units = [["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;
  const [unit, size] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
