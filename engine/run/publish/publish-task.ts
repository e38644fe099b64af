import { relative } from "node:path";
import { recordPath, RECORD_VERSION } from "../../checkpoint/records.js";
import type { ArtifactDescription } from "../../checkpoint/types.js";
import type { ExecutedCell } from "../../notebook/types.js";
import { contractHash } from "../../plan/contract-hash.js";
import type { FileState, Fingerprint, LabelledOutput, TaskRecord } from "../../plan/types.js";
import type { Task } from "../../project/types.js";
import { keepResult } from "../keep-result.js";
import { findLeft } from "../upkeep/left-artifacts.js";
import { publish } from "./publish.js";
import type { RunContext } from "../run-context.js";
import type { InputDigest } from "../task-folder/task-folder.js";
import { usualSchemas } from "../usual-schemas.js";

/** Project path -> what of an input goes on record. */
export type GivenInputs = ReadonlyMap<string, Pick<InputDigest, "sha256" | "source">>;

/** When and where a result was computed. */
type Execution = Pick<TaskRecord, "run" | "startedAt" | "finishedAt" | "durationMs">;

/** What a task made, verified and ready to appear. */
export type TaskResult = {
  /** Absolute path of the task's folder. */
  readonly folder: string;
  readonly artifacts: readonly ArtifactDescription[];
  readonly digests: GivenInputs;
  readonly fingerprint: Fingerprint;
  readonly labels: readonly LabelledOutput[];
  /** What a stage's cells showed, for the store. */
  readonly cells?: readonly ExecutedCell[];
  /** The execution that a restored result is of; absent where the task has just been executed. */
  readonly earlier?: Execution;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Project paths of files that go. */
  readonly remove?: readonly string[];
};

/**
 * Publishes a task's artifacts together with the record of how they came about. A new result is put in the store first.
 *
 * @throws PublicationError when a file can't be put in place
 */
export async function publishTask(context: RunContext, task: Task, result: TaskResult): Promise<void> {
  const { place, stateFolder } = context;
  const startedAt = new Date(result.startedAt).toISOString();
  const execution = pickExecution(result.earlier ?? endNow(context, result.startedAt));
  if (result.earlier === undefined) await keepResult(context, task, result, execution);
  const remove = result.remove ?? [];
  const left = place.isElsewhere ? [] : findLeft(place.root, context.records.get(task.id), new Set([...result.artifacts.map(({ path }) => path), ...remove]));
  const value = {
    version: RECORD_VERSION,
    task: task.id,
    fingerprint: result.fingerprint,
    contract: contractHash(task),
    artifacts: result.artifacts,
    inputs: [...result.digests].map(([path, { sha256, source }]) => ({ path, sha256, state: source })),
    labels: result.labels,
    ...execution,
    // Age counts from the execution, but the files are looked at now.
    ...(result.earlier === undefined ? {} : { statesAt: startedAt }),
    ...(context.overrides.length === 0 ? {} : { overrides: context.overrides, usual: usualSchemas(context.records.get(task.id)) }),
    ...(left.length === 0 ? {} : { left }),
  };
  const { states } = await publish({
    projectRoot: place.root,
    stateFolder: place.stateFolder,
    task: task.id,
    folder: result.folder,
    artifacts: result.artifacts,
    remove,
    record: place.isElsewhere ? null : { path: relative(stateFolder, recordPath(stateFolder, task.id)), value },
  });
  place.add(result.artifacts.map(({ path }) => path));
  context.records.set(task.id, { ...value, artifacts: result.artifacts.map((artifact) => ({ ...artifact, state: stateOf(artifact.path, states) })) });
}

function endNow({ runId, now }: RunContext, startedAtMs: number): Execution {
  const finishedAtMs = now();
  return { run: runId, startedAt: new Date(startedAtMs).toISOString(), finishedAt: new Date(finishedAtMs).toISOString(), durationMs: finishedAtMs - startedAtMs };
}

function pickExecution({ run, startedAt, finishedAt, durationMs }: Execution): Execution {
  return { run, startedAt, finishedAt, durationMs };
}

function stateOf(path: string, states: ReadonlyMap<string, FileState>): FileState {
  const state = states.get(path);
  if (state === undefined) throw new Error(`Internal error: ${path} was not published`);
  return state;
}
