import { fillDataset, hasDataset } from "./patterns.js";
import { compareCodeUnits } from "./compare-code-units.js";
import type { Project, Report } from "./types.js";

/** A JSON file whose numbers are kept in the history. */
export type MetricFile = {
  /** Project path. */
  readonly path: string;
  /** Metrics that a rule watches: they count however many numbers the file has. */
  readonly watched: ReadonlySet<string>;
};

/** What metric files are found from. */
export type MetricSources = Pick<Project, "alerts" | "stages" | "datasets">;

/** The files whose numbers are metrics: those of alert rules, those under `metrics` of stages, and what reports quote of earlier runs. By code unit of the path. */
export function listMetricFiles(project: MetricSources & Pick<Project, "reports">): readonly MetricFile[] {
  const watched = new Map(listDeclared(project));
  for (const report of project.reports.filter(asksHistory)) {
    const { byName, searched } = reportMetricFiles(project, report);
    const named = report.references.previous.flatMap(({ path: [first] }) => (first === undefined ? [...byName.values()] : (byName.get(first) ?? [])));
    for (const path of [...searched, ...named]) if (!watched.has(path)) watched.set(path, new Set());
  }
  return [...watched].map(([path, names]) => ({ path, watched: names })).sort((a, b) => compareCodeUnits(a.path, b.path));
}

function listDeclared({ alerts, stages, datasets }: MetricSources): ReadonlyMap<string, ReadonlySet<string>> {
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
  return watched;
}

/** Where a report's text finds metrics. */
export type ReportMetricFiles = {
  /** Name of an input -> its JSON file. */
  readonly byName: ReadonlyMap<string, string>;
  /** Where a metric without the name of an input is looked for, in this order. */
  readonly searched: readonly string[];
};

/**
 * Finds where the metrics are that the text of a report names: in the metric files among its inputs; without such an
 * input, in all metric files of the project; where there is none at all, in the JSON files among its inputs.
 */
export function reportMetricFiles(sources: MetricSources, report: Pick<Report, "inputs">): ReportMetricFiles {
  const declared = listDeclared(sources);
  const byName = new Map(Object.entries(report.inputs).flatMap(([name, { pattern }]) => (/\.json$/i.test(pattern) ? [[name, pattern] as const] : [])));
  const own = [...byName.values()].filter((path) => declared.has(path));
  const searched = own.length > 0 ? own : declared.size > 0 ? [...declared.keys()].sort(compareCodeUnits) : [...new Set(byName.values())];
  return { byName, searched };
}

/** Whether a report's text asks for earlier values, or for present ones beside its inputs. */
export function asksHistory({ references }: Pick<Report, "references">): boolean {
  return references.previous.length > 0 || references.trends.length > 0 || references.notes.some(({ metrics }) => metrics.length > 0);
}
