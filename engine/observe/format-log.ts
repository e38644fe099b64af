import { isObject } from "../checkpoint/record-shape.js";
import { formatPlace } from "../project/problems.js";
import type { Place } from "../project/types.js";
import { formatDuration, formatRows } from "./format.js";
import { numberOf, textOf, textsOf, type LogLine, type RunLog, type TaskLog } from "./log-reader.js";

/**
 * A log as a person reads it: how the run ended, then what failed, then the other tasks in the order in which they ran.
 *
 * @param run id of the run
 * @param only ids of the tasks to tell of; all where absent
 */
export function formatLog(log: RunLog, { run, only }: { readonly run: string; readonly only?: ReadonlySet<string> }): string {
  const tasks = [...log.tasks.values()].filter(({ task }) => only === undefined || only.has(task));
  const failed = tasks.filter((task) => task.end?.event === "task.failed");
  const others = tasks.filter((task) => !failed.includes(task));
  const told = others.filter((task) => only !== undefined || !isFresh(task));
  const fresh = others.filter((task) => !told.includes(task)).map(({ task }) => task);
  const blocks = [
    describeRun(log, run),
    ...failed.map(describeTask),
    ...told.map(describeTask),
    ...(fresh.length === 0 ? [] : [`fresh     ${fresh.join(", ")}`]),
    ...(only === undefined ? describeNotes(log) : []),
    ...(log.damaged === 0 ? [] : [`${log.damaged} damaged ${log.damaged === 1 ? "line was" : "lines were"} left out.`]),
  ];
  return `${blocks.join("\n")}\n`;
}

function describeRun({ start, end }: RunLog, run: string): string {
  const name = start === null ? "" : `${textOf(start, "project") ?? ""}  `;
  const given = start === null ? [] : textsOf(start, "params").map((each) => `  --param ${each}`);
  if (end === null) return `${name}${run}${given.join("")}\nThe log has no end: the run goes on, or was killed.\n`;
  const counts = (["failed", "executed", "restored", "fresh"] as const).flatMap((key) => ((numberOf(end, key) ?? 0) === 0 ? [] : [`${numberOf(end, key)} ${key}`]));
  const notRun = textsOf(end, "not_run");
  const took = formatDuration(numberOf(end, "duration_ms") ?? 0);
  return `${name}${run}${given.join("")}\n${textOf(end, "status")} after ${took}${counts.length === 0 ? "" : `: ${counts.join(", ")}`}${notRun.length === 0 ? "" : `, not run: ${notRun.join(", ")}`}\n`;
}

function isFresh({ end, written, warnings }: TaskLog): boolean {
  return end !== null && end["action"] === "fresh" && written.length === 0 && warnings.length === 0;
}

function describeTask(task: TaskLog): string {
  const { start, end, retries, warnings } = task;
  const took = end === null ? null : numberOf(end, "duration_ms");
  const rows = end === null ? null : numberOf(end, "rows");
  const facts = [...(took === null ? [] : [formatDuration(took)]), ...(rows === null ? [] : [formatRows(rows)]), ...reasonsOf(start)];
  return [
    `${stateOf(end).padEnd(9)} ${task.task}${facts.length === 0 ? "" : `  ${facts.join(", ")}`}`,
    ...(end?.event === "task.failed" ? describeFailure(end) : []),
    ...retries.map((line) => `    attempt ${numberOf(line, "attempt") ?? "?"} of ${numberOf(line, "attempts") ?? "?"} failed: ${firstLine(textOf(line, "message") ?? "")}`),
    ...warnings.map((line) => `    ${textOf(line, "level") === "error" ? "error" : "warning"}: ${textOf(line, "message") ?? line.event}`),
    ...(task.dropped === 0 ? [] : [`    ... ${task.dropped} earlier ${task.dropped === 1 ? "line" : "lines"}: stitchbook logs ${task.task}`]),
    ...task.written.map(({ cell, stream, message }) => `    ${cell === null ? "" : `cell ${cell} `}${stream === "stderr" ? "! " : "| "}${message}`),
  ].join("\n");
}

function stateOf(end: LogLine | null): string {
  if (end === null) return "no end";
  if (end.event === "task.failed") return "FAILED";
  const action = textOf(end, "action");
  return action === "restore" ? "restored" : action === "fresh" ? "fresh" : "done";
}

function describeFailure(end: LogLine): string[] {
  const place = end["place"];
  const hint = textOf(end, "hint");
  return [
    ...(isPlace(place) ? [`    ${formatPlace(place)}`] : []),
    ...(textOf(end, "message") ?? "").split("\n").map((line) => `    ${line}`),
    ...textsOf(end, "traceback").map((line) => `      ${line.trim()}`),
    ...(hint === null ? [] : hint.split("\n").map((line) => `    -> ${line}`)),
  ];
}

function reasonsOf(start: LogLine | null): string[] {
  const reasons = start?.["reasons"];
  if (!Array.isArray(reasons)) return [];
  const told = reasons.flatMap((reason) => (isObject(reason) ? [[reason["kind"], reason["subject"], reason["detail"]].filter((each) => typeof each === "string").join(" ")] : []));
  return told.length === 0 ? [] : [`because: ${told.slice(0, 3).join("; ")}${told.length > 3 ? ` and ${told.length - 3} more` : ""}`];
}

function describeNotes({ notes }: RunLog): string[] {
  return notes.map((line) => `${(textOf(line, "level") === "error" ? "error" : line.event.startsWith("alert.") ? "alert" : "warning").padEnd(9)} ${textOf(line, "message") ?? line.event}`);
}

function isPlace(value: unknown): value is Place {
  return isObject(value) && typeof value["file"] === "string";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
