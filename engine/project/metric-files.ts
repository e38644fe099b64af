import { fillDataset, hasDataset } from "./patterns.js";
import { compareCodeUnits } from "./compare-code-units.js";
import type { Project } from "./types.js";

/** A JSON file whose numbers are kept in the history. */
export type MetricFile = {
  /** Project path. */
  readonly path: string;
  /** Metrics that a rule watches: they count however many numbers the file has. */
  readonly watched: ReadonlySet<string>;
};

/** The files whose numbers are metrics: those of alert rules, and those under `metrics` of stages. By code unit of the path. */
export function listMetricFiles({ alerts, stages, datasets }: Pick<Project, "alerts" | "stages" | "datasets">): readonly MetricFile[] {
  const watched = new Map<string, Set<string>>();
  const fill = (path: string) => (hasDataset(path) ? datasets.map(({ name }) => fillDataset(path, name)) : [path]);
  const add = (path: string, metric: string | null): void => {
    for (const each of fill(path)) {
      const known = watched.get(each) ?? new Set();
      watched.set(each, metric === null ? known : known.add(metric));
    }
  };
  for (const { subject } of alerts?.rules ?? []) if (subject.kind === "metric") add(subject.path, subject.metric);
  for (const { metrics } of stages) for (const path of metrics) add(path, null);
  return [...watched].map(([path, names]) => ({ path, watched: names })).sort((a, b) => compareCodeUnits(a.path, b.path));
}
