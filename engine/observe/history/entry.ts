import type { RunSelection, RunStatus } from "../events.js";

/** The code that a run was made with: git's commit, and whether sources of the project differed from it; null where that is not known. */
export type CodeRevision = { readonly commit: string; readonly branch: string | null; readonly dirty: boolean | null };

/** One artifact as a run left it. */
export type ArtifactState = { readonly path: string; readonly sha256: string; readonly bytes: number; readonly rows: number | null; readonly schema_hash: string | null };

/** What a task's last good execution left, as of a run. */
export type TaskState = {
  readonly fingerprint: string;
  /** The run whose execution made the result. */
  readonly run: string;
  /** The code of that run; null where it is not known. */
  readonly revision: CodeRevision | null;
  readonly artifacts: readonly ArtifactState[];
};

/**
 * The state of a project after a run, in maps of which a later run changes a few keys.
 *
 * `metrics`: `file.json:path.to.number` -> value. `params`: `stage.name`, or `task.name` where datasets differ, -> JSON.
 * `packages`: name -> version. `code`: `stage: cell 4` or `stage: stages/units.ts` -> a digest. `env`: time zone, Node and
 * the like -> text, `stage: NAME` -> a digest.
 */
export type RunState = {
  readonly tasks: Readonly<Record<string, TaskState>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly packages: Readonly<Record<string, string>>;
  readonly code: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
};

export const stateSections = ["tasks", "metrics", "params", "packages", "code", "env"] as const satisfies readonly (keyof RunState)[];

export const emptyState: RunState = { tasks: {}, metrics: {}, params: {}, packages: {}, code: {}, env: {} };

/** What a run did with a task: fresh ones are left out. */
export type TaskDeed = { readonly action: "run" | "restore" | "failed"; readonly duration_ms: number };

/** What is known of a run besides the state that it left. */
export type RunHead = {
  readonly run: string;
  /** RFC 3339. */
  readonly started: string;
  readonly duration_ms: number;
  readonly status: RunStatus;
  /** Why it did not end well: `train: cell-error: no rows`; absent where it did. */
  readonly reason?: string;
  /** Null outside of a git repository. */
  readonly revision: CodeRevision | null;
  /** `--param`: such a run never is the last good one. */
  readonly params?: readonly string[];
  readonly targets?: readonly string[];
  readonly selection?: RunSelection;
  /** `--output-dir`: the project's artifacts stayed as they were. */
  readonly output_dir?: string;
  readonly deeds: Readonly<Record<string, TaskDeed>>;
  readonly fresh: number;
  readonly not_run?: readonly string[];
};

/** One run, as history tells of it. */
export type RunEntry = RunHead & { readonly state: RunState };

/** Whether a later run may be held against this one: all went well, with the project's own parameters, in its own place. */
export function isGoodRun({ status, params, output_dir }: RunHead): boolean {
  return (status === "ok" || status === "alerted") && params === undefined && output_dir === undefined;
}
