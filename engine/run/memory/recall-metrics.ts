import { loadSeries } from "../../observe/history/history.js";
import { mostValues, previousValues, trendOf, type MetricSeries } from "../../observe/history/metric-series.js";
import { metricKey } from "../../observe/metrics.js";
import { asksHistory, reportMetricFiles, type ReportMetricFiles } from "../../project/metric-files.js";
import type { JsonValue, Project, Report } from "../../project/types.js";

export type RecallSources = {
  /** Absolute path of the history's folder. */
  readonly history: string;
  /** The present numbers of a JSON file; null where there are none. */
  readonly metricsOf: (path: string) => Readonly<Record<string, number>> | null;
};

/** What a report gets to know of earlier runs. */
export type Recalled = {
  /** By names of inputs, and by metrics; null where no run differed. */
  readonly previous: () => JsonValue;
  /** Name in the text -> values, the oldest first; absent where there is no such metric now. */
  readonly trends: Readonly<Record<string, readonly number[]>>;
  /** Every metric that a name in the text or a note can mean now, with its value. */
  readonly present: () => Readonly<Record<string, number>>;
  /** The same as far as the text quotes it; absent where it quotes nothing. */
  readonly quoted?: JsonValue;
};

const nothing: Recalled = { previous: () => null, trends: {}, present: () => ({}) };

/**
 * Finds what the text of a report quotes of earlier runs: the values of the last good run in which any value that it
 * quotes was another than now, and the values that metrics had. It is the same before and after this run is remembered,
 * so that a report is not rendered twice for it.
 */
export function recallMetrics(project: Project, report: Report, sources: RecallSources): Recalled {
  if (!asksHistory(report)) return nothing;
  const files = reportMetricFiles(project, report);
  const present = readPresent(files, sources);
  const needsSeries = report.references.previous.length > 0 || report.references.trends.length > 0;
  const series = needsSeries ? loadSeries(sources.history) : null;
  const context: Context = { files, present, known: new Set([...Object.keys(present), ...Object.keys(series?.series ?? {})]), series };
  const quotedKeys = quoteKeys(report, context);
  const before = series === null ? null : previousValues(series, quotedKeys, present);
  const trends = Object.fromEntries(report.references.trends.flatMap(({ metric }) => {
    const key = keyOf(metric, context);
    return series === null || key === null || present[key] === undefined ? [] : [[metric, trendOf(series, key, present[key]).slice(-mostValues)] as const];
  }));
  const values = before === null ? null : Object.fromEntries([...quotedKeys].map((key) => [key, before(key)]));
  const quoted = { ...(report.references.previous.length === 0 ? {} : { previous: values }), ...(report.references.trends.length === 0 ? {} : { trends }) };
  // Only who renders needs all of it.
  let named: Readonly<Record<string, number>> | null = null;
  return { previous: () => (before === null ? null : nestPrevious(context, before)), trends, present: () => (named ??= nameMetrics(context)), ...(Object.keys(quoted).length === 0 ? {} : { quoted }) };
}

type Context = { readonly files: ReportMetricFiles; readonly present: Readonly<Record<string, number>>; readonly known: ReadonlySet<string>; readonly series: MetricSeries | null };

function readPresent({ byName, searched }: ReportMetricFiles, { metricsOf }: RecallSources): Record<string, number> {
  const paths = new Set([...byName.values(), ...searched]);
  return Object.fromEntries([...paths].flatMap((path) => Object.entries(metricsOf(path) ?? {}).map(([metric, value]) => [metricKey(path, metric), value] as const)));
}

/** Every metric under the names that a text may use: `r2`, `metrics.r2`, `model/metrics.json:r2`. */
function nameMetrics({ files, present }: Context): Record<string, number> {
  const entries = Object.entries(present);
  const under = (path: string, prefix: string) => entries.flatMap(([key, value]) => (key.startsWith(`${path}:`) ? [[`${prefix}${key.slice(path.length + 1)}`, value] as const] : []));
  return Object.fromEntries([...[...files.searched].reverse().flatMap((path) => under(path, "")), ...[...files.byName].flatMap(([name, path]) => under(path, `${name}.`)), ...entries]);
}

/** The metric that a name means; null where there is none. */
function keyOf(name: string, { files, known }: Context): string | null {
  if (known.has(name)) return name;
  const dot = name.indexOf(".");
  const input = dot === -1 ? undefined : files.byName.get(name.slice(0, dot));
  const candidates = [...(input === undefined ? [] : [metricKey(input, name.slice(dot + 1))]), ...files.searched.map((path) => metricKey(path, name))];
  return candidates.find((key) => known.has(key)) ?? null;
}

/** The metrics that the text quotes; of an object all within it. */
function quoteKeys({ references }: Report, context: Context): Set<string> {
  const { files, known } = context;
  const keys = new Set<string>();
  const add = (path: string, metric: string): boolean => {
    const exact = metricKey(path, metric);
    if (known.has(exact)) keys.add(exact);
    if (known.has(exact)) return true;
    const found = [...known].filter((key) => key.startsWith(metric === "" ? exact : `${exact}.`));
    found.forEach((key) => keys.add(key));
    return found.length > 0;
  };
  for (const { path } of references.previous) {
    const [first = "", ...rest] = path;
    const input = files.byName.get(first);
    if (path.length === 0) for (const each of new Set([...files.byName.values(), ...files.searched])) add(each, "");
    else if (input !== undefined) add(input, rest.join("."));
    else files.searched.some((each) => add(each, path.join(".")));
  }
  return keys;
}

type Nested = { [key: string]: JsonValue };

function nestPrevious({ files, known }: Context, before: (key: string) => number | null): JsonValue {
  const of = (path: string) => nest([...known].flatMap((key) => {
    const value = key.startsWith(`${path}:`) ? before(key) : null;
    return value === null ? [] : [[key.slice(path.length + 1), value] as const];
  }));
  const bare = [...files.searched].reverse().map(of);
  return Object.assign({}, ...bare, Object.fromEntries([...files.byName].map(([name, path]) => [name, of(path)])));
}

/** `test.rmse` -> value as objects within objects. */
function nest(values: readonly (readonly [path: string, value: number])[]): Nested {
  const root: Nested = {};
  for (const [path, value] of values) {
    const parts = path.split(".");
    const last = parts.pop() ?? "";
    let object = root;
    for (const part of parts) object = step(object, part);
    set(object, last, value);
  }
  return root;
}

function step(object: Nested, key: string): Nested {
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) return inner as Nested;
  const made: Nested = {};
  set(object, key, made);
  return made;
}

/** Also for a key such as `__proto__`. */
function set(object: Nested, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
