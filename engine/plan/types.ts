import type { Reason } from "../observe/events.js";
import type { ArtifactDescription } from "../checkpoint/types.js";
import type { CellOutput } from "../notebook/types.js";
import type { FileState } from "../project/file-state.js";

export type { FileState };

/**
 * The named parts of a fingerprint: key -> hash or short text. Keys are `kind:subject`, for example
 * `code:cell 4`, `code:stages/units.ts`, `packages:arquero`, `params:seed`, `env:REGION`, `input:data/raw/a.csv`,
 * `engine:node`. Two fingerprints are equal when their parts are; the first differing keys give the reasons.
 */
export type FingerprintParts = Readonly<Record<string, string>>;

export type Fingerprint = { readonly hash: string; readonly parts: FingerprintParts };

/** The displayed outputs of one labelled cell, as a report embeds them. */
export type LabelledOutput = {
  readonly label: string;
  readonly cell: number;
  readonly caption: string | null;
  readonly alt: string | null;
  readonly outputs: readonly CellOutput[];
};

/** What is kept of a task's last good execution. One JSON file a task, written last. */
export type TaskRecord = {
  readonly version: number;
  readonly task: string;
  readonly fingerprint: Fingerprint;
  /** Hash of the declared contract (rows, columns, key, title): verified again without executing when it changes. */
  readonly contract: string;
  readonly artifacts: readonly (ArtifactDescription & { readonly state: FileState })[];
  readonly inputs: readonly { readonly path: string; readonly sha256: string; readonly state: FileState }[];
  readonly labels: readonly LabelledOutput[];
  /** Run id, RFC 3339 times. */
  readonly run: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  /** When every `state` was last known to go with its digest; absent in a fresh record, where `startedAt` stands for it. RFC 3339. */
  readonly statesAt?: string;
  /** The `--param` values of the run that made it; absent where there were none. Such a run never is the last good one. */
  readonly overrides?: readonly string[];
  /** Beside `overrides`: the schemas of the last record that was made without, which later ones are compared with. */
  readonly usual?: readonly Pick<ArtifactDescription, "path" | "schema">[];
  /** Artifacts of earlier executions that the task does not declare any more, as they were then. */
  readonly left?: readonly { readonly path: string; readonly sha256: string; readonly state: FileState }[];
};

/** What an earlier execution with a fingerprint left in the store, as far as other tasks see it. */
export type StoredOutcome = {
  /** RFC 3339: when that execution started. */
  readonly startedAt: string;
  readonly artifacts: readonly ArtifactDescription[];
  readonly labels: readonly LabelledOutput[];
};

export type Decision = {
  readonly task: string;
  readonly action: "run" | "restore" | "fresh";
  /** Empty where fresh. */
  readonly reasons: readonly Reason[];
  /** True where a task before this one may change its inputs, so that it is decided again. */
  readonly isProvisional?: true;
};
