import { formatDuration } from "../format.js";
import { drawSparkline, dropRepeats } from "../sparkline.js";
import { splitMetricKey } from "../metrics.js";
import { countDeeds } from "./describe-run.js";
import { isGoodRun, type CodeRevision, type RunEntry } from "./entry.js";

export type TableOptions = {
  /** Keys of the metrics to show; as many as fit where they are not `isAsked`. */
  readonly metrics: readonly string[];
  readonly isAsked: boolean;
  /** Columns of the terminal. */
  readonly width: number;
};

/**
 * Past runs as a table, with the trend of each metric below its values.
 *
 * @param entries the newest first
 * @returns lines, each with its end
 */
export function drawHistory(entries: readonly RunEntry[], { metrics, isAsked, width }: TableOptions): string {
  const names = shortNames(metrics);
  const fixed = [
    column("run", entries, (entry) => entry.run),
    column("status", entries, (entry) => entry.status + (isGoodRun(entry) || entry.status !== "ok" ? "" : "*")),
    column("took", entries, (entry) => formatDuration(entry.duration_ms), "right"),
    column("tasks", entries, describeTasks),
    ...(entries.some(({ revision }) => revision !== null) ? [column("code", entries, ({ revision }) => formatRevision(revision))] : []),
  ];
  const shown = metrics.map((key) => metricColumn(names.get(key) ?? key, key, entries));
  const fitting = isAsked ? shown : fit(shown, width - fixed.reduce((sum, each) => sum + each.width + 2, 0));
  const columns = [...fixed, ...fitting];
  const rows = entries.map((_, index) => columns.map(({ cells }) => cells[index] ?? ""));
  const trends = columns.map(({ trend }) => trend);
  const hasTrends = trends.some((trend) => trend !== "");
  const lines = [columns.map(({ title }) => title), ...rows, ...(hasTrends ? [trends.map((trend, index) => (index === 0 ? "trend" : trend))] : [])];
  const more = shown.length - fitting.length;
  return `${lines.map((cells) => writeLine(cells, columns)).join("\n")}\n${more > 0 ? `${more} more ${more === 1 ? "metric" : "metrics"}: --metric NAME, --json, --csv\n` : ""}${describeMarks(entries)}`;
}

type Column = { readonly title: string; readonly cells: readonly string[]; readonly trend: string; readonly align: "left" | "right"; readonly width: number };

function column(title: string, entries: readonly RunEntry[], write: (entry: RunEntry) => string, align: Column["align"] = "left"): Column {
  const cells = entries.map(write);
  return { title, cells, trend: "", align, width: Math.max(title.length, ...cells.map((cell) => cell.length)) };
}

function metricColumn(title: string, key: string, entries: readonly RunEntry[]): Column {
  const valueOf = ({ state }: RunEntry) => (Object.hasOwn(state.metrics, key) ? state.metrics[key] : undefined);
  const plain = column(title, entries, (entry) => formatMetric(valueOf(entry)), "right");
  const trend = drawSparkline(dropRepeats(entries.filter(isGoodRun).map(valueOf).reverse().flatMap((value) => value ?? [])).slice(-16));
  return { ...plain, trend, width: Math.max(plain.width, trend.length) };
}

/** At least one, and no more than fit. */
function fit(columns: readonly Column[], width: number): Column[] {
  let room = width;
  return columns.filter((each, index) => (room -= each.width + 2) >= 0 || index === 0).slice(0, 8);
}

function writeLine(cells: readonly string[], columns: readonly Column[]): string {
  return columns.map(({ align, width }, index) => (align === "left" ? (cells[index] ?? "").padEnd(width) : (cells[index] ?? "").padStart(width))).join("  ").trimEnd();
}

function describeTasks(entry: RunEntry): string {
  const { executed, restored, failed } = countDeeds(entry);
  const counts = [[failed, "failed"], [executed, "run"], [restored, "restored"], [entry.fresh, "fresh"]] as const;
  return counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ");
}

/** `a1b2c3d`, with a plus where sources differed from it. */
export function formatRevision(revision: CodeRevision | null): string {
  return revision === null ? "" : `${revision.commit.slice(0, 7)}${revision.dirty === true ? "+" : ""}`;
}

/** A number with up to four significant digits, whole ones in full. */
export function formatMetric(value: number | undefined | null): string {
  if (value === undefined || value === null) return "";
  return Number.isInteger(value) ? String(value) : String(Math.abs(value) >= 10_000 ? Math.round(value) : Number(value.toPrecision(4)));
}

function describeMarks(entries: readonly RunEntry[]): string {
  const marked = entries.filter((entry) => entry.status === "ok" && !isGoodRun(entry));
  const lines = marked.map(({ run, params, output_dir }) => `* ${run}: ${[...(params ?? []).map((each) => `--param ${each}`), ...(output_dir === undefined ? [] : [`--output-dir ${output_dir}`])].join(" ")}`);
  const failed = entries.flatMap(({ run, reason }) => (reason === undefined ? [] : [`  ${run}: ${reason}`]));
  return [...lines, ...failed].map((line) => `${line}\n`).join("");
}

/** The metrics that some runs have: those near the root of their files first. */
export function listMetrics(entries: readonly RunEntry[]): string[] {
  const keys = [...new Set(entries.flatMap(({ state }) => Object.keys(state.metrics)))];
  const depth = (key: string) => splitMetricKey(key).metric.split(".").length;
  return keys.map((key, index) => ({ key, index })).sort((a, b) => depth(a.key) - depth(b.key) || a.index - b.index).map(({ key }) => key);
}

/** The keys that a name means: a key, or a metric in any file. */
export function findMetrics(keys: readonly string[], name: string): string[] {
  return keys.filter((key) => key === name || splitMetricKey(key).metric === name);
}

/** Metric -> its name without the file, where no other file has it too. */
function shortNames(keys: readonly string[]): Map<string, string> {
  const count = new Map<string, number>();
  for (const key of keys) count.set(splitMetricKey(key).metric, (count.get(splitMetricKey(key).metric) ?? 0) + 1);
  return new Map(keys.map((key) => [key, count.get(splitMetricKey(key).metric) === 1 ? splitMetricKey(key).metric : key]));
}
