import { readdir, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createDigester, statesTimeMs } from "../../checkpoint/artifact-check.js";
import { readFileState } from "../../checkpoint/file-state.js";
import { recordPath, recordText } from "../../checkpoint/records.js";
import type { TaskRecord } from "../../plan/types.js";
import type { Project } from "../../project/types.js";
import { findUndeclared } from "../../project/undeclared.js";
import { writeDurably } from "../publish/durable-file.js";
import { failedWith } from "../publish/file-system.js";
import { findOrphans, findVanished, isView } from "./orphans.js";
import { isProvenance, provenancePaths } from "../memory/provenance-file.js";
import { viewFolder } from "../view/view.js";
import { compareCodeUnits } from "../../project/compare-code-units.js";

/** A file that a run made. */
export type MadeFile = { readonly path: string; readonly task: string; readonly kind: "artifact" | "notebook" | "provenance" };

export type CleanPlan = {
  readonly remove: readonly MadeFile[];
  /** Files whose bytes are not known to be a run's. */
  readonly keep: readonly (MadeFile & { readonly reason: "changed" | "not on record" })[];
};

export type CleanRequest = {
  readonly project: Project;
  /** Every record, also those of tasks that are no more. */
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly onlyOrphans: boolean;
  /** Also what was changed since, and declared outputs that are not on record. */
  readonly isForced: boolean;
};

/** Finds what to remove: files that runs made, as far as their bytes are still those on record. */
export async function planClean(request: CleanRequest): Promise<CleanPlan> {
  const { project, records, onlyOrphans, isForced } = request;
  const orphans = (await findOrphans(project, records)).map(({ isChanged, ...file }): Judged => ({ ...file, reason: isChanged ? "changed" : null }));
  const found = onlyOrphans ? orphans : [...orphans, ...(await findPresent(project, records))];
  const files = found.sort((a, b) => compareCodeUnits(a.path, b.path));
  return {
    remove: files.filter(({ reason }) => isForced || reason === null).map(({ reason: _, ...file }) => file),
    keep: files.flatMap(({ reason, ...file }) => (isForced || reason === null ? [] : [{ ...file, reason }])),
  };
}

type Judged = MadeFile & { readonly reason: "changed" | "not on record" | null };

/** What present tasks made. */
async function findPresent(project: Project, records: ReadonlyMap<string, TaskRecord>): Promise<Judged[]> {
  const files: Judged[] = [];
  for (const task of project.tasks) {
    const record = records.get(task.id);
    const known = new Map(record?.artifacts.map((artifact) => [artifact.path, artifact]));
    const digest = createDigester(project.root, known.values(), record === undefined ? 0 : statesTimeMs(record));
    const images = task.node.kind === "report" ? `${task.node.outputs.images}/` : null;
    const drawn = [...known.keys()].filter((path) => images !== null && path.startsWith(images));
    for (const path of new Set([...task.outputs.map((output) => output.path), ...drawn])) {
      if (readFileState(join(project.root, path)) === null) continue;
      const recorded = known.get(path);
      const reason = recorded === undefined ? "not on record" : (await digest(path)) === recorded.sha256 ? null : "changed";
      files.push({ path, task: task.id, kind: "artifact", reason });
    }
    if (task.node.kind === "stage" && (await isView(project.root, task.id))) files.push(...(await viewFiles(project.root, task.id)));
  }
  const told = provenancePaths(project).filter((path) => isProvenance(join(project.root, path)));
  return [...files, ...told.map((path): Judged => ({ path, task: project.reports.find(({ outputs }) => dirname(outputs.markdown) === dirname(path))?.id ?? "", kind: "provenance", reason: null }))];
}

async function viewFiles(root: string, task: string): Promise<Judged[]> {
  const names: string[] = await readdir(join(root, viewFolder));
  return [`${task}.ipynb`, `${task}.html`].filter((name) => names.includes(name)).map((name) => ({ path: `${viewFolder}/${name}`, task, kind: "notebook", reason: null }));
}

/**
 * Removes files, folders that are empty then, and the records of tasks that are no more. Present tasks keep theirs: how
 * old a result is, and what it was made from, is not forgotten. Called while holding the lock.
 *
 * @param stateFolder Absolute path of `.stitchbook/`.
 */
export async function applyClean({ remove }: CleanPlan, { project, records }: CleanRequest, stateFolder: string): Promise<void> {
  for (const { path } of remove) await removeIfThere(join(project.root, path));
  for (const folder of foldersOf(remove.map(({ path }) => path))) await rmdir(join(project.root, folder)).catch(() => undefined);
  const stages = new Set(project.stages.map(({ id }) => id));
  for (const task of findVanished(project, records)) {
    await rm(recordPath(stateFolder, task), { force: true });
    const stage = task.split("@")[0] ?? task;
    if (!stages.has(stage)) for (const name of [`${stage}.json`, `${stage}.names.json`]) await rm(join(stateFolder, "code", name), { force: true });
  }
  const undeclared = new Set(findUndeclared(project, [...records.values()].flatMap(({ artifacts }) => artifacts.map(({ path }) => path))));
  for (const task of project.tasks) {
    const record = records.get(task.id);
    if (record === undefined) continue;
    const { left, ...kept } = record;
    const artifacts = record.artifacts.filter(({ path }) => !undeclared.has(path));
    // A file that was kept is the author's own from now on.
    if (left !== undefined || artifacts.length < record.artifacts.length) await writeDurably(recordPath(stateFolder, task.id), recordText({ ...kept, artifacts }));
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!failedWith(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** Every folder above some path, the deepest first. */
function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) for (let folder = dirname(path); folder !== "." && folder !== "/"; folder = dirname(folder)) folders.add(folder);
  return [...folders].sort((a, b) => b.split("/").length - a.split("/").length);
}
