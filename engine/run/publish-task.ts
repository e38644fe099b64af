import { relative } from "node:path";
import { recordPath, RECORD_VERSION } from "../checkpoint/records.js";
import type { ArtifactDescription } from "../checkpoint/types.js";
import { contractHash } from "../plan/contract-hash.js";
import type { FileState, Fingerprint, LabelledOutput } from "../plan/types.js";
import type { Task } from "../project/types.js";
import { publish } from "./publish.js";
import type { RunContext } from "./run-context.js";
import type { InputDigests } from "./task-folder.js";

/** What a task made, verified and ready to appear. */
export type TaskResult = {
  /** Absolute path of the task's folder. */
  readonly folder: string;
  readonly artifacts: readonly ArtifactDescription[];
  readonly digests: InputDigests;
  readonly fingerprint: Fingerprint;
  readonly labels: readonly LabelledOutput[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Project paths of files that go. */
  readonly remove?: readonly string[];
};

/**
 * Publishes a task's artifacts together with the record of how they came about.
 *
 * @throws PublicationError when a file can't be put in place
 */
export async function publishTask(context: RunContext, task: Task, result: TaskResult): Promise<void> {
  const { project, stateFolder, runId } = context;
  const finishedAt = context.now();
  const value = {
    version: RECORD_VERSION,
    task: task.id,
    fingerprint: result.fingerprint,
    contract: contractHash(task),
    artifacts: result.artifacts,
    inputs: [...result.digests].map(([path, { sha256, source }]) => ({ path, sha256, state: source })),
    labels: result.labels,
    run: runId,
    startedAt: new Date(result.startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    durationMs: finishedAt - result.startedAt,
  };
  const { states } = await publish({
    projectRoot: project.root,
    stateFolder,
    task: task.id,
    folder: result.folder,
    artifacts: result.artifacts,
    remove: result.remove ?? [],
    record: { path: relative(stateFolder, recordPath(stateFolder, task.id)), value },
  });
  context.records.set(task.id, { ...value, artifacts: result.artifacts.map((artifact) => ({ ...artifact, state: stateOf(artifact.path, states) })) });
}

function stateOf(path: string, states: ReadonlyMap<string, FileState>): FileState {
  const state = states.get(path);
  if (state === undefined) throw new Error(`Internal error: ${path} was not published`);
  return state;
}
