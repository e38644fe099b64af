/** What a worker tells its parent: one JSON text a line, on file descriptor 3. */
import type { DescribedError } from "../execute/describe-error.js";
import type { CellOutput } from "../types.js";

/** The descriptor that carries messages. The request comes on standard input. */
export const messageDescriptor = 3;

export type FailureReport = {
  readonly kind: "cell-error" | "unhandled-rejection" | "uncaught-exception" | "exit" | "never-settles";
  /** The cell in whose code it arose where that is known, else the one that ran; null before the first. */
  readonly position: number | null;
  readonly error: DescribedError;
};

export type WorkerMessage =
  | { readonly type: "cell-start"; readonly position: number; readonly executionCount: number }
  | { readonly type: "output"; readonly position: number; readonly output: CellOutput }
  | { readonly type: "cell-done"; readonly position: number; readonly status: "ok" | "error"; readonly durationMs: number }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly report: FailureReport };

const types: ReadonlySet<unknown> = new Set<WorkerMessage["type"]>(["cell-start", "output", "cell-done", "done", "failed"]);

/** Reads one line; null where it is none of a worker's own, which only code that writes to the descriptor can cause. */
export function parseMessage(line: string): WorkerMessage | null {
  try {
    const value: unknown = JSON.parse(line);
    return isMessage(value) ? value : null;
  } catch {
    return null;
  }
}

function isMessage(value: unknown): value is WorkerMessage {
  return typeof value === "object" && value !== null && types.has(Reflect.get(value, "type"));
}
