import { FileWriteError } from "./durable-file.js";
import { explainFileError } from "./file-system.js";

/** An artifact could not be put in its place. */
export class PublicationError extends Error {
  override readonly name = "PublicationError";
  readonly isInterrupted: boolean;
  constructor(
    /** Project path of the file in question; absolute where it lies in the state folder. */
    readonly path: string,
    readonly reason: string,
    readonly hint: string,
    details: {
      /** True once some artifacts have appeared: the journal stays, and the next run finishes. */
      readonly isInterrupted?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    const state = details.isInterrupted === true ? "Part of the task's artifacts are in place; the next run finishes" : "The earlier artifacts are as they were";
    super(`${path} could not be published: ${reason}. ${state}.`, { cause: details.cause });
    this.isInterrupted = details.isInterrupted === true;
  }
}

/** Gives whatever was thrown while `path` was handled the shape of a publication error. */
export function toPublicationError(path: string, error: unknown, details: { readonly isInterrupted?: boolean } = {}): PublicationError {
  if (error instanceof PublicationError && error.isInterrupted === (details.isInterrupted === true)) return error;
  const isWrite = error instanceof FileWriteError;
  const { reason, hint } = explainFileError(isWrite ? error.cause : error);
  return new PublicationError(isWrite ? error.path : path, reason, hint, { ...details, cause: error });
}
