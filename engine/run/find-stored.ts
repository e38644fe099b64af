import type { ExecutedCell } from "../notebook/types.js";
import type { PlanCache } from "../plan/plan-cache.js";
import type { StoredOutcome } from "../plan/types.js";
import type { Project, Task } from "../project/types.js";
import type { Store } from "../store/store.js";
import type { StoredResult } from "../store/types.js";
import { fromStoredCells, labelledOutputs } from "./stored-cells.js";

/** Absolute path of a project's store is this in its state folder. */
export const storeFolderName = "store";

/** What looking into the store rests on. */
export type StoreContext = { readonly project: Project; readonly cache: PlanCache; readonly store: Store };

/**
 * What a task would get from the store, as planning wants to know it. Bytes of artifacts are not looked at.
 *
 * @param fingerprint - hash of the task's present fingerprint
 * @returns null where nothing can be restored
 */
export async function foreseeStored(context: StoreContext, task: Task, fingerprint: string): Promise<StoredOutcome | null> {
  const result = await findStored(context.store, task, fingerprint);
  if (result === null) return null;
  const { startedAt, artifacts } = result;
  if (task.node.kind === "report" || !task.node.cells.some((cell) => cell.options.label !== undefined)) return { startedAt, artifacts, labels: [] };
  const cells = await readStoredCells(context, task, result);
  return cells === null ? null : { startedAt, artifacts, labels: labelledOutputs(task.node, cells) };
}

/** The last result with a fingerprint, if it is one of what the task declares and all of it seems to be there. */
export async function findStored(store: Store, task: Task, fingerprint: string): Promise<StoredResult | null> {
  const result = await store.find(fingerprint);
  if (result === null) return null;
  const made = new Set(result.artifacts.map(({ path }) => path));
  const declared = new Set(task.outputs.map(({ path }) => path));
  const images = task.node.kind === "report" ? `${task.node.outputs.images}/` : null;
  const isWhole = [...declared].every((path) => made.has(path));
  const isOwn = [...made].every((path) => declared.has(path) || (images !== null && path.startsWith(images) && !path.includes("..")));
  return isWhole && isOwn ? result : null;
}

/** What the cells of a stored result showed, in the notebook as it is now; null where that is missing or damaged. */
export async function readStoredCells({ project, cache, store }: StoreContext, task: Task, result: StoredResult): Promise<readonly ExecutedCell[] | null> {
  if (task.node.kind === "report") return [];
  const stored = await store.readCells(result);
  return stored === null ? null : fromStoredCells(task.node, stored, (await cache.code(project, task.node)).cells);
}
