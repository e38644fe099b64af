import { existsSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { readEveryRecord } from "../engine/checkpoint/records.js";
import { SelectionError, selectTasks, type SelectionRequest } from "../engine/plan/select-tasks.js";
import type { TaskRecord } from "../engine/plan/types.js";
import { madePaths } from "../engine/run/upkeep/made-paths.js";
import { findRoot } from "../engine/project/find-root.js";
import { openProject as openFolder } from "../engine/project/project-cache.js";
import { findPackageFile } from "../engine/report/package-file.js";
import type { Project, Task } from "../engine/project/types.js";
import { type Flags, nearest, UsageError } from "./command.js";

/** Where a command works. All paths are absolute. */
export type Site = { readonly root: string; readonly stateFolder: string };

/**
 * Finds the project that a command is about.
 *
 * @throws UsageError where there is none
 */
export function findSite(flags: Flags): Site {
  const named = flags.text("root");
  const root = named === undefined ? findRoot(process.cwd()) : resolve(named);
  if (root === null) throw new UsageError("no stitchbook.yaml here or in any folder above; go to a project, or name one with --root DIR");
  // A lock is taken before anything is read: not in a folder that is no project.
  if (!existsSync(join(root, "stitchbook.yaml"))) {
    const hint = existsSync(join(root, "stitchbook.yml")) ? "rename stitchbook.yml" : "name a project";
    throw new UsageError(`there is no stitchbook.yaml in ${root}; ${hint}`);
  }
  return { root, stateFolder: join(root, ".stitchbook") };
}

/**
 * Opens the project of a site.
 *
 * @throws ProjectError with everything that is wrong with it
 */
export async function openProject(site: Site, options: { readonly isReadOnly: boolean }): Promise<Project> {
  return (await openWithRecords(site, options)).project;
}

/**
 * Opens the project of a site together with what its runs left.
 *
 * @returns `records`: every one, also those of tasks that are no more
 * @throws ProjectError with everything that is wrong with it
 */
export async function openWithRecords({ root, stateFolder }: Site, { isReadOnly }: { readonly isReadOnly: boolean }): Promise<{ readonly project: Project; readonly records: ReadonlyMap<string, TaskRecord> }> {
  const records = readEveryRecord(stateFolder);
  return { project: await openFolder(root, { stateFolder, isReadOnly, now: Date.now(), orphans: madePaths(records) }), records };
}

/** The options that narrow what a command is about. */
export const selectionOptions = {
  only: { type: "string", multiple: true },
  from: { type: "string", multiple: true },
  until: { type: "string", multiple: true },
  dataset: { type: "string", multiple: true },
} as const;

export const selectionOptionHelp = {
  only: "NAME  this alone, with what is there",
  from: "NAME  this and all after it",
  until: "NAME  this and all that it needs, as a target",
  dataset: "NAME  of fan-outs only the tasks for this dataset",
} as const;

/** Reads targets and selection options. */
export function readSelection(flags: Flags, targets: readonly string[], { root }: Site): SelectionRequest {
  const way = relative(realpathSync(root), realpathSync(process.cwd()));
  const folder = way === ".." || way.startsWith(`..${sep}`) ? null : way.split(sep).join("/");
  return { targets, only: flags.list("only"), from: flags.list("from"), until: flags.list("until"), datasets: flags.list("dataset"), folder };
}

/**
 * Selects tasks.
 *
 * @throws UsageError naming the nearest name that is known
 */
export async function select(project: Project, request: SelectionRequest): Promise<readonly Task[]> {
  try {
    return selectTasks(project, request);
  } catch (error) {
    if (!(error instanceof SelectionError)) throw error;
    const { found, known, message } = error;
    const near = await nearest(found, known, (name) => name);
    throw new UsageError(message + (near === "" && known.length > 0 && known.length <= 12 ? `; known: ${known.join(", ")}` : near));
  }
}

/** How many tasks at once. @throws UsageError */
export function readJobs(flags: Flags): number {
  const text = flags.text("jobs");
  if (text === undefined) return availableParallelism();
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError(`--jobs: expected a whole number of at least 1, found ${text}`);
  return jobs;
}

/**
 * The bundled worker, beside the bundled command.
 *
 * @throws Error where the package was not built
 */
export function findWorkerFile(): string {
  const file = findPackageFile("worker.cjs", "dist/worker.cjs");
  if (file === null) throw new Error("Internal error: worker.cjs is missing; build the package");
  return file;
}

/**
 * The bundled command itself.
 *
 * @throws Error where the package was not built
 */
export function findProgram(): string {
  const file = findPackageFile("stitchbook.js", "dist/stitchbook.js");
  if (file === null) throw new Error("Internal error: stitchbook.js is missing; build the package");
  return file;
}

/** Refuses positional arguments where a command takes none. */
export function refuseArguments(name: string, positionals: readonly string[]): void {
  if (positionals[0] !== undefined) throw new UsageError(`${name} takes no argument, found ${positionals[0]}`);
}
