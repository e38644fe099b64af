import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isCount, isListOf, isObject, isString } from "../../checkpoint/record-shape.js";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import { writeCacheFile } from "../../project/cache-file.js";
import { digestOf } from "./sealed-line.js";

/** How many values of a metric are kept. */
export const mostValues = 24;

/** One value of a metric, from the run with this number on until the next value; null where it had none. Only runs that changed a metric are numbered. */
export type SeriesPoint = readonly [since: number, value: number | null];

/** The values that metrics had in good runs, each as far as it changed. */
export type MetricSeries = {
  readonly version: 1;
  /** Of the metrics of the last good run; empty where there is none. */
  readonly digest: string;
  /** The number of the last run that changed a metric. */
  readonly count: number;
  readonly series: Readonly<Record<string, readonly SeriesPoint[]>>;
};

export const emptySeries: MetricSeries = { version: 1, digest: "", count: 0, series: {} };

/** Names the metrics of a state: the same name is the same values. */
export function digestMetrics(metrics: Readonly<Record<string, number>>): string {
  return digestOf(JSON.stringify(Object.entries(metrics)));
}

/** The series after one more good run. */
export function addRun(before: MetricSeries, metrics: Readonly<Record<string, number>>): MetricSeries {
  const digest = digestMetrics(metrics);
  if (digest === before.digest) return before;
  const count = before.count + 1;
  const keys = new Set([...Object.keys(before.series), ...Object.keys(metrics)]);
  const series = [...keys].flatMap((key) => {
    const points = Object.hasOwn(before.series, key) ? (before.series[key] ?? []) : [];
    const value = Object.hasOwn(metrics, key) ? (metrics[key] ?? null) : null;
    const last = points.at(-1)?.[1] ?? null;
    const next = last === value ? points : [...points, [count, value] as const].slice(-mostValues);
    // A metric that nobody has had for long is forgotten.
    return next.length === 0 || (value === null && count - (next.at(-1)?.[0] ?? 0) > mostValues) ? [] : [[key, next] as const];
  });
  return { version: 1, digest, count, series: Object.fromEntries(series) };
}

/** The values of a metric, the oldest first, with the present one at the end; none where it has none now. */
export function trendOf({ series }: MetricSeries, key: string, present: number | undefined): readonly number[] {
  const past = (Object.hasOwn(series, key) ? (series[key] ?? []) : []).flatMap(([, value]) => value ?? []);
  const distinct = past.filter((value, index) => value !== past[index - 1]);
  if (present === undefined) return [];
  return (distinct.at(-1) === present ? distinct : [...distinct, present]).slice(-mostValues);
}

/**
 * The values that metrics had in the last good run in which any of some metrics was not what it is now.
 *
 * @param keys the metrics that decide which run differed
 * @param present the present values
 * @returns a function from a metric to its value then; null where no run differed
 */
export function previousValues(known: MetricSeries, keys: Iterable<string>, present: Readonly<Record<string, number>>): ((key: string) => number | null) | null {
  let number = 0;
  for (const key of keys) number = Math.max(number, lastDiffering(known, key, Object.hasOwn(present, key) ? (present[key] ?? null) : null));
  return number === 0 ? null : (key) => valueAt(known, key, number);
}

/** The number of the last run in which a metric had another value than now, among those of which its value is known; 0 where there is none. */
function lastDiffering({ series, count }: MetricSeries, key: string, now: number | null): number {
  const points = Object.hasOwn(series, key) ? (series[key] ?? []) : [];
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const value = points[index]?.[1];
    // A run in which it had no value yet is none to be held against.
    if (value === undefined || value === null || value === now) continue;
    const next = points[index + 1]?.[0];
    return next === undefined ? count : next - 1;
  }
  return 0;
}

function valueAt({ series }: MetricSeries, key: string, number: number): number | null {
  const points = Object.hasOwn(series, key) ? (series[key] ?? []) : [];
  return points.findLast(([since]) => since <= number)?.[1] ?? null;
}

/** Reads the kept series; null where there is none that can be trusted. */
export function readSeries(folder: string): MetricSeries | null {
  try {
    const value = unsealText(readFileSync(seriesPath(folder)));
    return isSeries(value) ? value : null;
  } catch {
    return null;
  }
}

/** Keeps the series. What a crash leaves half done is made anew from the runs. */
export function writeSeries(folder: string, series: MetricSeries): void {
  writeCacheFile(seriesPath(folder), sealText(series));
}

function seriesPath(folder: string): string {
  return join(folder, "series");
}

function isSeries(value: unknown): value is MetricSeries {
  return isObject(value) && value["version"] === 1 && isString(value["digest"]) && isCount(value["count"]) && isObject(value["series"]) && Object.values(value["series"]).every((points) => isListOf(points, isPoint));
}

function isPoint(value: unknown): value is SeriesPoint {
  return Array.isArray(value) && value.length === 2 && isCount(value[0]) && (value[1] === null || typeof value[1] === "number");
}
