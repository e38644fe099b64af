import { formatCount, formatDuration } from "../format.js";
import type { RunDifference } from "./compare-runs.js";
import { isSameState } from "./compare-runs.js";
import type { RunEntry } from "./entry.js";
import { formatMetric, formatRevision } from "./history-table.js";

/** A part of a comparison: a heading, and lines of what, before, after and how much. */
type Section = { readonly title: string; readonly lines: readonly Line[]; readonly more: number };
type Line = readonly [what: string, before: string, after: string, change: string];

const mostLines = 40;
const none = "-";

/** Two runs side by side, as text. */
export function formatComparison(runs: readonly [RunEntry, RunEntry], difference: RunDifference): string {
  const heads = runs.map((run, index) => `${index === 0 ? "A" : "B"}  ${describeRun(run)}`);
  const sections = listSections(runs, difference);
  const blocks = sections.map(({ title, lines, more }) => [title, ...lines.map((line) => writeLine(line, Math.min(60, Math.max(...lines.map(([what]) => what.length))))), ...(more === 0 ? [] : [`  and ${more} more (--json)`])].join("\n"));
  return `${[heads.join("\n"), ...(isSameState(difference) ? ["Both left the same: metrics, rows, schemas, parameters, packages and code."] : []), ...blocks].join("\n\n")}\n`;
}

/** The same in Markdown, for a pull request. */
export function formatComparisonMarkdown(runs: readonly [RunEntry, RunEntry], difference: RunDifference): string {
  const heads = ["| | run | status | took | code |", "|---|---|---|--:|---|", ...runs.map((run, index) => `| ${index === 0 ? "A" : "B"} | ${code(run.run)} | ${escape(run.status)} | ${formatDuration(run.duration_ms)} | ${run.revision === null ? "" : code(formatRevision(run.revision))} |`)];
  const sections = listSections(runs, difference).map(({ title, lines, more }) => [
    `### ${title}`,
    "",
    `| | A | B | |`,
    "|---|--:|--:|--:|",
    ...lines.map(([what, before, after, change]) => `| ${code(what)} | ${escape(before)} | ${escape(after)} | ${escape(change)} |`),
    ...(more === 0 ? [] : ["", `and ${more} more`]),
  ].join("\n"));
  return `${[heads.join("\n"), ...(isSameState(difference) ? ["Both left the same: metrics, rows, schemas, parameters, packages and code."] : []), ...sections].join("\n\n")}\n`;
}

function listSections([a, b]: readonly [RunEntry, RunEntry], difference: RunDifference): Section[] {
  const files = new Set(difference.metrics.map(({ file }) => file));
  const found: [title: string, lines: Line[]][] = [
    ["How it ended", [a, b].every((run) => run.status === a.status && run.reason === a.reason) ? [] : [["status", describeEnd(a), describeEnd(b), ""]]],
    ["Metrics", difference.metrics.map(({ file, metric, before, after, change }) => [files.size > 1 ? `${file}: ${metric}` : metric, formatMetric(before), formatMetric(after), change === null ? "" : formatShare(change)])],
    ["Rows", difference.rows.map(({ path, before, after }) => [path, before === null ? "" : formatCount(before), after === null ? "" : formatCount(after), before === null || after === null ? "" : formatSigned(after - before)])],
    ["Schemas", difference.schemas.map(({ path, before, after }) => [path, shorten(before), shorten(after), ""])],
    ["Given with --param", sameList(a.params, b.params) ? [] : [["--param", (a.params ?? []).join(" "), (b.params ?? []).join(" "), ""]]],
    ["Parameters", difference.parameters.map(({ name, before, after }) => [name, cut(before ?? ""), cut(after ?? ""), ""])],
    ["Packages", difference.packages.map(({ name, before, after }) => [name, cut(before ?? ""), cut(after ?? ""), ""])],
    ["Code", difference.code.map(({ name, before, after }) => [name, shorten(before), shorten(after), ""])],
    ["Environment", difference.environment.map(({ name, before, after }) => [name, cut(before ?? ""), cut(after ?? ""), ""])],
    ["Artifacts with other bytes", difference.artifacts.map(({ path, before, after }) => [path, shorten(before), shorten(after), ""])],
    ["Durations", difference.durations.flatMap(({ task, before, after }): Line[] => (!isTelling(before, after) ? [] : [[task, formatDuration(before), formatDuration(after), formatShare((after - before) / before)]]))],
  ];
  return found.flatMap(([title, lines]) => (lines.length === 0 ? [] : [{ title, lines: lines.slice(0, mostLines), more: Math.max(0, lines.length - mostLines) }]));
}

function writeLine([what, before, after, change]: Line, width: number): string {
  return `  ${what.padEnd(width)}  ${before === "" ? none : before} -> ${after === "" ? none : after}${change === "" ? "" : `  (${change})`}`;
}

function describeRun({ run, status, duration_ms, revision, params }: RunEntry): string {
  const marks = [status, formatDuration(duration_ms), ...(revision === null ? [] : [`${formatRevision(revision)}${revision.branch === null ? "" : ` ${revision.branch}`}`]), ...(params ?? []).map((each) => `--param ${each}`)];
  return `${run}  ${marks.join("  ")}`;
}

function describeEnd({ status, reason }: RunEntry): string {
  return reason === undefined ? status : `${status} (${reason})`;
}

/** What only the machine's mood makes is not told. */
function isTelling(before: number, after: number): boolean {
  return Math.abs(after - before) >= 100 && Math.abs(after - before) >= 0.2 * before;
}

function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** `+12%`, `-0.34%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent > 0 ? "+" : ""}${Math.abs(percent) >= 10 ? percent.toFixed(0) : Number(percent.toPrecision(2))}%`;
}

function formatSigned(count: number): string {
  return `${count < 0 ? "-" : "+"}${formatCount(Math.abs(count))}`;
}

function shorten(digest: string | null): string {
  return digest === null ? "" : digest.slice(0, 12);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function code(text: string): string {
  return text === "" ? "" : `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function escape(text: string): string {
  return text.replace(/[\\`*_[\]<>|~]/g, "\\$&").replace(/\s+/g, " ");
}
