import { compareCodeUnits } from "../../project/compare-code-units.js";
import { splitMetricKey } from "../metrics.js";
import type { ArtifactState, RunEntry } from "./entry.js";

/** A value in two runs; null where a run had none. */
export type Changed<T> = { readonly before: T | null; readonly after: T | null };

export type MetricChange = Changed<number> & { readonly file: string; readonly metric: string; /** (after - before) / |before|; null where that is no number. */ readonly change: number | null };
export type ArtifactChange<T> = Changed<T> & { readonly path: string };
export type NamedChange = Changed<string> & { readonly name: string };

/** In what two runs differ: in each list the most telling first. */
export type RunDifference = {
  readonly metrics: readonly MetricChange[];
  readonly rows: readonly ArtifactChange<number>[];
  readonly schemas: readonly ArtifactChange<string>[];
  readonly parameters: readonly NamedChange[];
  readonly packages: readonly NamedChange[];
  /** By cells and modules; digests. */
  readonly code: readonly NamedChange[];
  readonly environment: readonly NamedChange[];
  /** Whose bytes differ; digests. */
  readonly artifacts: readonly ArtifactChange<string>[];
  /** Of tasks that executed in both; milliseconds. */
  readonly durations: readonly { readonly task: string; readonly before: number; readonly after: number }[];
};

/** Compares the states that two runs left, and what they took. */
export function compareRuns(a: RunEntry, b: RunEntry): RunDifference {
  const [before, after] = [artifactsOf(a), artifactsOf(b)];
  const ofArtifacts = <T extends string | number>(pick: (artifact: ArtifactState) => T | null) =>
    changes<ArtifactState, T>(before, after, (artifact) => (artifact === null ? null : pick(artifact))).map(({ key, ...change }): ArtifactChange<T> => ({ path: key, ...change }));
  return {
    metrics: changes(a.state.metrics, b.state.metrics, (value) => value).map(describeMetric).sort(byWeight),
    rows: ofArtifacts(({ rows }) => rows).sort((x, y) => shareOf(y) - shareOf(x)),
    schemas: ofArtifacts((artifact) => artifact.schema_hash),
    parameters: named(a.state.params, b.state.params),
    packages: named(a.state.packages, b.state.packages),
    code: named(a.state.code, b.state.code),
    environment: named(a.state.env, b.state.env),
    artifacts: ofArtifacts(({ sha256 }) => sha256),
    durations: taskDurations(a, b),
  };
}

/** Whether two runs left the same, whatever they took. */
export function isSameState({ durations: _, ...rest }: RunDifference): boolean {
  return Object.values(rest).every((list) => list.length === 0);
}

type Values<T> = Readonly<Record<string, T>>;

function changes<V, T extends string | number>(before: Values<V>, after: Values<V>, pick: (value: V | null) => T | null): (Changed<T> & { readonly key: string })[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const [old, now] = [before, after].map((values) => pick(Object.hasOwn(values, key) ? (values[key] ?? null) : null));
    return old === now ? [] : [{ key, before: old ?? null, after: now ?? null }];
  });
}

function named(before: Values<string>, after: Values<string>): NamedChange[] {
  return changes(before, after, (value) => value).map(({ key, ...change }) => ({ name: key, ...change })).sort((a, b) => compareCodeUnits(a.name, b.name));
}

function artifactsOf({ state }: RunEntry): Values<ArtifactState> {
  return Object.fromEntries(Object.values(state.tasks).flatMap(({ artifacts }) => artifacts.map((artifact) => [artifact.path, artifact])));
}

function describeMetric({ key, before, after }: Changed<number> & { readonly key: string }): MetricChange {
  const change = before === null || after === null || before === 0 ? null : (after - before) / Math.abs(before);
  return { ...splitMetricKey(key), before, after, change };
}

/** What is nearer to the root of its file is more telling; then what moved by more. */
function byWeight(a: MetricChange, b: MetricChange): number {
  return depthOf(a) - depthOf(b) || Math.abs(b.change ?? Infinity) - Math.abs(a.change ?? Infinity) || compareCodeUnits(a.metric, b.metric);
}

function depthOf({ metric }: MetricChange): number {
  return metric.split(".").length;
}

function shareOf({ before, after }: Changed<number>): number {
  return before === null || after === null || before === 0 ? Infinity : Math.abs(after - before) / before;
}

function taskDurations(a: RunEntry, b: RunEntry): { task: string; before: number; after: number }[] {
  const both = Object.entries(a.deeds).flatMap(([task, { action, duration_ms }]) => {
    const other = Object.hasOwn(b.deeds, task) ? b.deeds[task] : undefined;
    return action === "run" && other?.action === "run" ? [{ task, before: duration_ms, after: other.duration_ms }] : [];
  });
  return both.sort((x, y) => Math.abs(y.after - y.before) - Math.abs(x.after - x.before));
}
