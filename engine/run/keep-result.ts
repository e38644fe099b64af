import { contractHash } from "../plan/contract-hash.js";
import type { TaskRecord } from "../plan/types.js";
import type { Task } from "../project/types.js";
import { explainFileError } from "./publish/file-system.js";
import type { RunContext } from "./run-context.js";
import type { TaskResult } from "./publish/publish-task.js";
import { toStoredCells } from "./stored-cells.js";

/**
 * Keeps what an execution gave in the store, so that it is not computed twice. That it can't be kept is no failure of
 * the task; the first time in a run it is a warning.
 *
 * @param about - of the record that the task will have
 */
export async function keepResult(context: RunContext, task: Task, result: TaskResult, about: Pick<TaskRecord, "run" | "startedAt" | "finishedAt" | "durationMs">): Promise<void> {
  const { project, plan, store, storeUse } = context;
  try {
    const { node } = task;
    storeUse.addedBytes += await store.put({
      task: task.id,
      fingerprint: result.fingerprint.hash,
      contract: contractHash(task),
      artifacts: result.artifacts,
      inputs: [...result.digests].map(([path, { sha256 }]) => ({ path, sha256 })),
      folder: result.folder,
      cells: node.kind === "stage" ? toStoredCells(result.cells ?? [], (await plan.cache.code(project, node)).cells) : null,
      run: about.run,
      startedAt: about.startedAt,
      finishedAt: about.finishedAt,
      durationMs: about.durationMs,
    });
  } catch (error) {
    if (storeUse.hasWarned) return;
    storeUse.hasWarned = true;
    const { reason } = explainFileError(error);
    context.emit({ event: "run.warning", task: task.id, message: `its result could not be kept in .stitchbook/store: ${reason}. The artifacts are not affected, but an earlier state can't be restored later.` });
  }
}
