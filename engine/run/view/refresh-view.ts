import { statSync } from "node:fs";
import { join } from "node:path";
import type { Project, Stage, Task } from "../../project/types.js";
import { findStored, readStoredCells } from "../find-stored.js";
import type { RunContext } from "../run-context.js";
import { hasFigures, viewPagePath, viewPath, writeView } from "./view.js";

/**
 * Writes the view of a task that is up to date anew where it is gone, or older than its notebook (an edit of prose or of a
 * comment executes nothing), or lacks the page that a report has begun to link to. What its cells showed comes from the
 * store; without that the view stays as it is.
 */
export async function refreshView(context: RunContext, task: Task & { readonly node: Stage }): Promise<void> {
  if (context.place.isElsewhere || isPresent(context, task)) return;
  const record = context.records.get(task.id);
  const result = record === undefined ? null : await findStored(context.store, task, record.fingerprint.hash);
  const cells = result === null ? null : await readStoredCells({ project: context.project, cache: context.plan.cache, store: context.store }, task, result);
  if (cells !== null) writeView(context, task.node, { task: task.id, result: { cells, failure: null } });
}

function isPresent({ project }: RunContext, { id, node }: Task & { readonly node: Stage }): boolean {
  const view = timeOf(join(project.root, viewPath(id)));
  if (view === null || view < notebookTime(project, node)) return false;
  return !hasFigures(project, node) || timeOf(join(project.root, viewPagePath(id))) !== null;
}

/** All tasks of a stage have one notebook, which is looked at once for each reading of the project. */
const notebookTimes = new WeakMap<Project, Map<string, number>>();

function notebookTime(project: Project, { file }: Stage): number {
  const times = notebookTimes.get(project) ?? new Map<string, number>();
  notebookTimes.set(project, times);
  const time = times.get(file) ?? timeOf(join(project.root, file)) ?? 0;
  times.set(file, time);
  return time;
}

/** When a file was last written, in milliseconds since 1970; null where there is none. */
function timeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
