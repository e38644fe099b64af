import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { RunState } from "../../observe/history/entry.js";
import type { TaskRecord } from "../../plan/types.js";
import type { Project, Report } from "../../project/types.js";
import { writeDurably } from "../publish/durable-file.js";
import { describeLineage, type TaskLineage } from "./lineage.js";

/** Where the provenance of reports is told: beside their Markdown, unless a task makes that file. */
export function provenancePaths(project: Pick<Project, "reports" | "tasks">): readonly string[] {
  const owned = new Set(project.tasks.flatMap(({ outputs }) => outputs.map(({ path }) => path)));
  return [...new Set(project.reports.map(provenancePath))].filter((path) => !owned.has(path));
}

function provenancePath({ outputs }: Pick<Report, "outputs">): string {
  return posix.join(posix.dirname(outputs.markdown), provenanceName);
}

/** The file's name, beside a report. */
export const provenanceName = "provenance.json";

const mark = '{\n  "stitchbook": "provenance"';

/** Whether a file is one that a run wrote. @param absolute its path */
export function isProvenance(absolute: string): boolean {
  try {
    return readFileSync(absolute, "utf8").startsWith(mark);
  } catch {
    return false;
  }
}

/**
 * Writes beside each report how it came about: a view, never an input. It holds neither times nor ids of runs, so that
 * the same results tell the same. A file of the author's own stays.
 *
 * @param root absolute path of where artifacts appear
 */
export async function writeProvenance(project: Project, { root, records, state }: { readonly root: string; readonly records: ReadonlyMap<string, TaskRecord>; readonly state: RunState | null }): Promise<void> {
  const lineage = describeLineage(project, records, state);
  for (const path of provenancePaths(project)) {
    const reports = project.reports.filter((report) => provenancePath(report) === path && records.has(report.id));
    const file = join(root, path);
    if (reports.length === 0 || (existsSync(file) && !isProvenance(file))) continue;
    const text = `${JSON.stringify(describeProvenance(project, reports, lineage), null, 2)}\n`;
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(file, text);
  }
}

function describeProvenance(project: Project, reports: readonly Report[], lineage: readonly TaskLineage[]) {
  const needed = withAncestors(reports.map(({ id }) => id), lineage);
  const tasks = lineage.filter(({ task }) => needed.has(task));
  const figures = reports.flatMap((report) => report.references.embeds.flatMap(({ label, dataset }) => {
    const stage = project.labels.get(label)?.stage;
    const task = stage === undefined ? undefined : tasks.find((each) => each.task === (dataset === null ? stage : `${stage}@${dataset}`));
    return task === undefined ? [] : [[dataset === null ? label : `${label}@${dataset}`, { task: task.task, fingerprint: task.fingerprint, notebook: task.file, cell: project.labels.get(label)?.cell ?? null }] as const];
  }));
  return {
    stitchbook: "provenance",
    version: 1,
    project: project.name,
    artifacts: Object.fromEntries(tasks.flatMap(({ task, fingerprint, outputs }) => outputs.map(({ path, ...about }) => [path, { task, fingerprint, ...about }]))),
    figures: Object.fromEntries(figures),
    tasks: Object.fromEntries(tasks.map(({ task, outputs, ...about }) => [task, { ...about, outputs: outputs.map(({ path }) => path) }])),
  };
}

/** Tasks and all that they rest on. */
export function withAncestors(tasks: readonly string[], lineage: readonly TaskLineage[]): ReadonlySet<string> {
  const byId = new Map(lineage.map((each) => [each.task, each]));
  const found = new Set<string>();
  const open = [...tasks];
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    const about = byId.get(task);
    if (about === undefined || found.has(task)) continue;
    found.add(task);
    open.push(...about.shows, ...about.inputs.flatMap(({ from }) => from ?? []));
  }
  return found;
}
