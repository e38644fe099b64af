import { readMetricFile } from "./metric-reader.js";
import { join } from "node:path";
import type { Project } from "../../project/types.js";
import type { TaskLineage } from "./lineage.js";

/** What a text names: where the way back begins. */
export type TracedPlace =
  | { readonly kind: "artifact"; readonly path: string; readonly tasks: readonly string[] }
  | { readonly kind: "source"; readonly path: string; readonly tasks: readonly [] }
  | { readonly kind: "task"; readonly tasks: readonly string[] }
  | { readonly kind: "label"; readonly label: string; readonly cell: number; readonly tasks: readonly string[] }
  | { readonly kind: "metric"; readonly path: string; readonly metric: string; readonly value: number; readonly tasks: readonly string[] };

/**
 * Finds what is named: a stage, a report or a task; an artifact or a source; a label (`label@dataset` for one dataset);
 * a metric, as `model/metrics.json:test.rmse` or alone.
 *
 * @returns null, with every name that would have been known
 */
export function findTraced(project: Project, lineage: readonly TaskLineage[], name: string): TracedPlace | { readonly kind: "unknown"; readonly known: readonly string[] } {
  const tasks = lineage.filter(({ task }) => task === name || task.startsWith(`${name}@`)).map(({ task }) => task);
  if (tasks.length > 0) return { kind: "task", tasks };
  const path = name.replace(/^\.\//, "");
  const maker = lineage.find(({ outputs }) => outputs.some((output) => output.path === path));
  if (maker !== undefined) return { kind: "artifact", path, tasks: [maker.task] };
  if (lineage.some(({ inputs }) => inputs.some((input) => input.path === path))) return { kind: "source", path, tasks: [] };
  const [label = "", dataset] = name.split("@");
  const place = project.labels.get(label);
  const showing = place === undefined ? [] : lineage.filter(({ task }) => (dataset === undefined ? task === place.stage || task.startsWith(`${place.stage}@`) : task === `${place.stage}@${dataset}`)).map(({ task }) => task);
  if (place !== undefined && showing.length > 0) return { kind: "label", label: name, cell: place.cell, tasks: showing };
  return findMetric(project, lineage, name) ?? { kind: "unknown", known: [...lineage.flatMap(({ task, outputs }) => [task, ...outputs.map((output) => output.path)]), ...project.labels.keys()] };
}

function findMetric(project: Project, lineage: readonly TaskLineage[], name: string): TracedPlace | null {
  for (const { task, outputs } of lineage) {
    for (const { path, sha256 } of outputs.filter((output) => /\.json$/i.test(output.path))) {
      const metric = name.startsWith(`${path}:`) ? name.slice(path.length + 1) : name;
      const found = readMetricFile(join(project.root, path), sha256, new Set([metric]));
      const value = found !== null && Object.hasOwn(found, metric) ? found[metric] : undefined;
      if (value !== undefined) return { kind: "metric", path, metric, value, tasks: [task] };
    }
  }
  return null;
}
