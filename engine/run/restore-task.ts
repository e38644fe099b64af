import { dirname, join } from "node:path";
import { mkdir } from "node:fs/promises";
import { readFileState } from "../checkpoint/file-state.js";
import type { ArtifactDescription } from "../checkpoint/types.js";
import type { ExecutedCell } from "../notebook/types.js";
import { contractHash } from "../plan/contract-hash.js";
import { isExpired } from "../plan/decide.js";
import { fingerprintForRecord } from "../plan/plan-run.js";
import type { Decision, Fingerprint } from "../plan/types.js";
import type { Task } from "../project/types.js";
import type { StoredResult } from "../store/types.js";
import { errorCode, explainFileError } from "./publish/file-system.js";
import { findStored, readStoredCells } from "./find-stored.js";
import { publishTask, type GivenInputs } from "./publish/publish-task.js";
import type { RunContext } from "./run-context.js";
import { staleImages } from "./run-report.js";
import { emitCheckpoint } from "./run-stage.js";
import { labelledOutputs } from "./stored-cells.js";
import { TaskFailure } from "./task-failure.js";
import { createTaskFolder, removeTaskFolder } from "./task-folder/task-folder.js";
import { taskFolders } from "./task-folder/task-folder-names.js";
import { describeOutputs } from "./verify-task.js";
import { writeView } from "./view/view.js";

/**
 * Brings a task up to date with the result of an earlier execution of its fingerprint, on the way of any other result:
 * a folder of its own, every byte checked, the present contract held, and one publication together with the record.
 *
 * @returns null where it turned out that nothing can be restored: an input changed, or what is stored is damaged, which
 * then is dropped. Nothing has happened then, and the task is to be executed.
 * @throws TaskFailure of kind `contract` when the result does not hold the present contract
 */
export async function restoreTask(context: RunContext, task: Task, decision: Decision): Promise<{ readonly rows: number | null } | null> {
  const startedAt = context.now();
  const digests = await readInputs(context, task);
  if (digests === null) return null;
  const fingerprint = await fingerprintForRecord(context.plan, task, new Map([...digests].map(([path, { sha256 }]) => [path, sha256])));
  const result = await findStored(context.store, task, fingerprint.hash);
  if (result === null || isExpired(task, result.startedAt, context.plan.now)) return null;
  const cells = await readStoredCells({ project: context.project, cache: context.plan.cache, store: context.store }, task, result);
  if (cells === null) return giveUp(context, task, result);
  const folder = await createTaskFolder({ taskFolders: taskFolders(context.stateFolder), task: task.id });
  try {
    if (!(await takeArtifacts(context, task, { result, folder }))) return null;
    context.emit({ event: "task.start", task: task.id, attempt: 1, reasons: decision.reasons, action: "restore" });
    return await publishRestored(context, task, { result, cells, folder, digests, fingerprint, startedAt });
  } finally {
    await removeTaskFolder(folder);
  }
}

type Restoration = {
  readonly result: StoredResult;
  readonly cells: readonly ExecutedCell[];
  readonly folder: string;
  readonly digests: GivenInputs;
  readonly fingerprint: Fingerprint;
  readonly startedAt: number;
};

async function publishRestored(context: RunContext, task: Task, restoration: Restoration): Promise<{ readonly rows: number | null }> {
  const { result, cells, ...given } = restoration;
  const { node } = task;
  const artifacts = node.kind === "report" || result.contract === contractHash(task) ? result.artifacts : await describeOutputs(given.folder, task);
  emitCheckpoint(context, task, artifacts);
  if (node.kind === "stage") await writeView(context, node, { task: task.id, result: { cells, failure: null } });
  const remove = node.kind === "report" ? await staleImages(context, node, new Set(artifacts.map(({ path }) => path))) : [];
  const labels = node.kind === "stage" ? labelledOutputs(node, cells) : [];
  await publishTask(context, task, { ...given, artifacts, labels, remove, earlier: result });
  // Only the order in which garbage is collected hangs on it.
  await context.store.touch(result.fingerprint).catch(() => undefined);
  return { rows: artifacts.find((artifact: ArtifactDescription) => artifact.rows !== null)?.rows ?? null };
}

/** Digests of the inputs as they are, and states by which a record may trust these; null where an input is missing. */
async function readInputs({ place, plan }: RunContext, task: Task): Promise<GivenInputs | null> {
  const given = new Map<string, { readonly sha256: string; readonly source: NonNullable<ReturnType<typeof readFileState>> }>();
  for (const { path } of task.inputs) {
    // Read before the bytes: a later write then shows in the state.
    const source = readFileState(place.locate(path));
    const sha256 = await plan.digest(path);
    if (source === null || sha256 === null) return null;
    given.set(path, { sha256, source });
  }
  return given;
}

/** @returns false where one of them is missing or damaged */
async function takeArtifacts(context: RunContext, task: Task, { result, folder }: { readonly result: StoredResult; readonly folder: string }): Promise<boolean> {
  for (const artifact of result.artifacts) {
    if (context.signal.aborted) throw new TaskFailure("stopped", "The run was stopped.");
    const to = join(folder, artifact.path);
    const taken = await mkdir(dirname(to), { recursive: true })
      .then(() => context.store.take(artifact, to))
      .catch((error: unknown) => refuse(artifact.path, error));
    if (taken === "taken") continue;
    if (taken === "damaged") await giveUp(context, task, result);
    return false;
  }
  return true;
}

function refuse(path: string, error: unknown): never {
  if (errorCode(error) === null) throw error;
  const { reason, hint } = explainFileError(error);
  throw new TaskFailure("publication", `${path} could not be restored: ${reason}. The earlier artifacts are as they were.`, { hint, cause: error });
}

/** Drops what is damaged, so that the task's execution puts it anew. */
async function giveUp(context: RunContext, task: Task, result: StoredResult): Promise<null> {
  await context.store.dropDamaged(result);
  context.emit({ event: "run.warning", task: task.id, message: "its stored result was damaged and is dropped; the task is executed" });
  return null;
}
