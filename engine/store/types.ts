import type { ArtifactDescription } from "../checkpoint/types.js";
import type { CellOutput } from "../notebook/types.js";

/** A file of the store, named by its bytes. */
export type ContentKey = {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
};

/** What one cell showed. The cell is told by its place in the list: that of the cells which count for the fingerprint. */
export type StoredCell = { readonly outputs: readonly CellOutput[]; readonly durationMs: number };

/** The last good execution with one fingerprint. All times are those of the execution. */
export type StoredResult = {
  readonly version: number;
  /** The task that executed. */
  readonly task: string;
  /** Hash of the fingerprint. */
  readonly fingerprint: string;
  /** As `contractHash` gives it: what the artifacts were held against. */
  readonly contract: string;
  readonly artifacts: readonly ArtifactDescription[];
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  /** The list of `StoredCell`, as JSON; null for a report. */
  readonly cells: ContentKey | null;
  /** Run id, RFC 3339 times. */
  readonly run: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
};
