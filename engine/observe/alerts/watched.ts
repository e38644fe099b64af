import { fillDataset, hasDataset } from "../../project/patterns.js";
import type { AlertRule, Dataset } from "../../project/types.js";
import type { Watched } from "./types.js";

/** Everything that rules watch, each rule once for every dataset that its path names. */
export function listWatched(rules: readonly AlertRule[], datasets: readonly Dataset[]): readonly Watched[] {
  const watched = rules.flatMap((rule) => (hasDataset(rule.subject.path) ? datasets.map(({ name }) => watch(rule, name)) : [watch(rule, null)]));
  return [...new Map(watched.map((each) => [each.key, each])).values()];
}

function watch({ subject, below, above, change }: AlertRule, dataset: string | null): Watched {
  const path = dataset === null ? subject.path : fillDataset(subject.path, dataset);
  const metric = subject.kind === "metric" ? subject.metric : null;
  return { key: JSON.stringify(["rule", path, metric, below, above, change]), name: metric ?? "rows", metric, path, dataset, below, above, change };
}

/**
 * The number at a path such as `test.rmse` or `folds.0.r2` of a JSON document; a key that holds dots itself is found as well.
 *
 * @returns null where there is none
 */
export function readMetric(document: unknown, metric: string): number | null {
  if (typeof document !== "object" || document === null) return null;
  if (Object.hasOwn(document, metric)) {
    const value: unknown = Reflect.get(document, metric);
    if (typeof value === "number" && Number.isFinite(value)) return value;
  }
  for (let dot = metric.indexOf("."); dot !== -1; dot = metric.indexOf(".", dot + 1)) {
    const [head, rest] = [metric.slice(0, dot), metric.slice(dot + 1)];
    const found = Object.hasOwn(document, head) ? readMetric(Reflect.get(document, head), rest) : null;
    if (found !== null) return found;
  }
  return null;
}
