import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { createDigester, statesTimeMs } from "../../checkpoint/artifact-check.js";
import { readFileState } from "../../checkpoint/file-state.js";
import type { TaskRecord } from "../../plan/types.js";
import type { Project } from "../../project/types.js";
import { findUndeclared } from "../../project/undeclared.js";
import { isProvenance, provenanceName, provenancePaths } from "../memory/provenance-file.js";
import { viewFolder } from "../view/view.js";
import { compareCodeUnits } from "../../project/compare-code-units.js";

/** A file that an earlier run left and no present task makes. */
export type Orphan = {
  /** Project path. */
  readonly path: string;
  /** The task that made it. */
  readonly task: string;
  readonly kind: "artifact" | "notebook" | "provenance";
  /** True where its bytes are no longer those that the task made. */
  readonly isChanged: boolean;
};

type Made = TaskRecord["artifacts"][number] | NonNullable<TaskRecord["left"]>[number];

/**
 * Finds what stages and datasets that were renamed or removed have left behind, and outputs that are declared no longer.
 *
 * @param records Every record, also those of tasks that are no more.
 * @returns only files that are there, by code unit of the path
 */
export async function findOrphans(project: Project, records: ReadonlyMap<string, TaskRecord>): Promise<readonly Orphan[]> {
  const made = new Map<string, { readonly file: Made; readonly record: TaskRecord }>();
  for (const record of records.values()) for (const file of [...(record.left ?? []), ...record.artifacts]) made.set(file.path, { file, record });
  const artifacts = await Promise.all(
    findUndeclared(project, made.keys()).map(async (path): Promise<Orphan[]> => {
      const found = made.get(path);
      if (found === undefined || !isInside(path) || readFileState(join(project.root, path)) === null) return [];
      const digest = await createDigester(project.root, [found.file], statesTimeMs(found.record))(path);
      return [{ path, task: found.record.task, kind: "artifact", isChanged: digest !== found.file.sha256 }];
    }),
  );
  return [...artifacts.flat(), ...(await findViews(project)), ...findLeftProvenance(project, records)].sort((a, b) => compareCodeUnits(a.path, b.path));
}

/** Ids of tasks that are on record and are no more. */
export function findVanished(project: Project, records: ReadonlyMap<string, TaskRecord>): readonly string[] {
  const present = new Set(project.tasks.map(({ id }) => id));
  return [...records.keys()].filter((id) => !present.has(id)).sort(compareCodeUnits);
}

/** What tells of reports that are no more, or that appear elsewhere now. */
function findLeftProvenance(project: Project, records: ReadonlyMap<string, TaskRecord>): Orphan[] {
  const present = new Set(provenancePaths(project));
  const beside = [...records.values()].flatMap(({ task, artifacts, left }) =>
    [...artifacts, ...(left ?? [])].flatMap(({ path }): Orphan[] => (path.endsWith(".md") ? [{ path: posix.join(posix.dirname(path), provenanceName), task, kind: "provenance", isChanged: false }] : [])),
  );
  const found = new Map(beside.filter(({ path }) => !present.has(path) && isInside(path) && isProvenance(join(project.root, path))).map((orphan) => [orphan.path, orphan]));
  return [...found.values()];
}

/** Executed notebooks of tasks that are no more. Only files that say of themselves that they are such. */
async function findViews(project: Project): Promise<Orphan[]> {
  const present = new Set(project.tasks.flatMap(({ id, node }) => (node.kind === "stage" ? [id] : [])));
  const names: string[] = await readdir(join(project.root, viewFolder)).catch(() => []);
  const tasks = names.filter((name) => name.endsWith(".ipynb")).map((name) => name.slice(0, -".ipynb".length)).filter((task) => !present.has(task));
  const found = await Promise.all(tasks.map(async (task) => ((await isView(project.root, task)) ? [task] : [])));
  return found.flat().flatMap((task) =>
    [`${task}.ipynb`, `${task}.html`].filter((name) => names.includes(name)).map((name): Orphan => ({ path: `${viewFolder}/${name}`, task, kind: "notebook", isChanged: false })),
  );
}

/** Whether `reports/notebooks/<task>.ipynb` is the view of that task, as a run writes it. */
export async function isView(root: string, task: string): Promise<boolean> {
  try {
    const document: unknown = JSON.parse(await readFile(join(root, viewFolder, `${task}.ipynb`), "utf8"));
    const metadata = field(document, "metadata");
    return field(field(metadata, "stitchbook"), "task") === task;
  } catch {
    return false;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;
}

/** Records are the engine's own, but what is removed by them is not: nothing outside of the project ever is. */
function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}
