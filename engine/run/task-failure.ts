import type { Masker } from "../notebook/secrets/masker.js";
import type { ExecutionFailure } from "../notebook/types.js";
import { ProjectError } from "../project/problems.js";
import type { Place } from "../project/types.js";
import { FileWriteError } from "./publish/durable-file.js";
import { PublicationError } from "./publish/publication-error.js";
import { TaskFolderError } from "./task-folder/task-folder.js";

/** Why a task has no new result. Execution failures, and what can go wrong around an execution. */
export type TaskFailureKind =
  | ExecutionFailure["kind"]
  | "missing-output"
  | "undeclared-file" // left behind in the task's folder
  | "changed-input" // the stage wrote to its copy of an input
  | "contract"
  | "secret" // an output holds the value of a secret
  | "input" // a declared input can't be given to the task
  | "render" // a report's text names something that is not there
  | "publication" // disk full, no permission ...
  | "engine";

/** A task failed: what, where, and what to do. `retryable` says whether another attempt may succeed. */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";
  readonly kind: TaskFailureKind;
  readonly place: Place | null;
  readonly hint: string | null;
  readonly traceback: readonly string[];
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;
  /** Number of the attempt that failed, from 1. */
  attempt = 1;

  constructor(kind: TaskFailureKind, message: string, details: TaskFailureDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.place = details.place ?? null;
    this.hint = details.hint ?? null;
    this.traceback = details.traceback ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.retryable = isRetryableKind(kind) && details.retryable !== false;
  }
}

export type TaskFailureDetails = {
  readonly place?: Place | null;
  readonly hint?: string | null;
  readonly traceback?: readonly string[];
  /** False where the thrown error itself said that trying again is pointless. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
};

/** Crashes, time limits and thrown errors may pass; a missed contract or an undeclared access will not. */
function isRetryableKind(kind: TaskFailureKind): boolean {
  switch (kind) {
    case "cell-error":
    case "unhandled-rejection":
    case "uncaught-exception":
    case "exit":
    case "crash":
    case "out-of-memory":
    case "timeout":
      return true;
    case "undeclared-access":
    case "stopped":
    case "missing-output":
    case "undeclared-file":
    case "changed-input":
    case "contract":
    case "secret":
    case "input":
    case "render":
    case "publication":
    case "engine":
      return false;
  }
}

/** A source that was changed into an error while the run went on. */
function fromProjectError(error: ProjectError): TaskFailure {
  const [first] = error.problems;
  return new TaskFailure("engine", error.message, { place: first?.place ?? null, hint: first?.hint ?? null, cause: error });
}

/** Gives any thrown value the shape of a task failure, in which no secret shows. */
export function toTaskFailure(error: unknown, masker?: Masker): TaskFailure {
  const failure = describeFailure(error);
  if (masker?.isActive !== true) return failure;
  const { kind, message, place, hint, traceback, retryable, retryAfterMs, attempt } = failure;
  const masked = new TaskFailure(kind, masker.text(message), {
    place,
    hint: hint === null ? null : masker.text(hint),
    traceback: traceback.map((line) => masker.text(line)),
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
  masked.attempt = attempt;
  return masked;
}

function describeFailure(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error;
  if (error instanceof TaskFolderError) return new TaskFailure("input", error.message, { hint: error.hint, cause: error });
  if (error instanceof PublicationError || error instanceof FileWriteError) return new TaskFailure("publication", error.message, { hint: error.hint, cause: error });
  if (error instanceof ProjectError) return fromProjectError(error);
  const message = error instanceof Error ? error.message : String(error);
  const traceback = error instanceof Error && error.stack !== undefined ? error.stack.split("\n").slice(1) : [];
  return new TaskFailure("engine", `Internal error: ${message}`, { cause: error, traceback });
}
