import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { isObject } from "../checkpoint/record-shape.js";

/** A line of a log: fields are asked for by kind, since another version may have written it. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** What a log tells of one task. */
export type TaskLog = {
  readonly task: string;
  start: LogLine | null;
  end: LogLine | null;
  readonly retries: LogLine[];
  readonly warnings: LogLine[];
  /** What it wrote; the last lines where there is a limit. */
  readonly written: { readonly cell: number | null; readonly stream: string; readonly message: string }[];
  /** How many lines before those were left out. */
  dropped: number;
};

/** What a log tells of a run. */
export type RunLog = {
  start: LogLine | null;
  end: LogLine | null;
  /** In the order in which they started. */
  readonly tasks: Map<string, TaskLog>;
  /** Warnings and alerts of no task. */
  readonly notes: LogLine[];
  /** Lines that are no events. */
  damaged: number;
};

/** The lines of a log file, one by one. */
export async function* readLogLines(file: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) if (line !== "") yield line;
}

/** A line as an event; null where it is none, such as one that a crash cut short. */
export function parseLogLine(text: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return isLogLine(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Gathers what a log tells, by tasks.
 *
 * @param mostLines how many of the lines that a task wrote are kept; the last ones count
 */
export async function gatherLog(lines: AsyncIterable<string>, mostLines: number): Promise<RunLog> {
  const log: RunLog = { start: null, end: null, tasks: new Map(), notes: [], damaged: 0 };
  for await (const text of lines) {
    const line = parseLogLine(text);
    if (line === null) log.damaged += 1;
    else addLine(log, line, mostLines);
  }
  return log;
}

function addLine(log: RunLog, line: LogLine, mostLines: number): void {
  const task = textOf(line, "task");
  if (line.event === "run.start") log.start = line;
  else if (line.event === "run.done") log.end = line;
  else if (task === null) log.notes.push(line);
  else addTaskLine(openTask(log, task), line, mostLines);
}

function openTask(log: RunLog, task: string): TaskLog {
  const known = log.tasks.get(task) ?? { task, start: null, end: null, retries: [], warnings: [], written: [], dropped: 0 };
  log.tasks.set(task, known);
  return known;
}

function addTaskLine(task: TaskLog, line: LogLine, mostLines: number): void {
  switch (line.event) {
    case "task.start":
      task.start ??= line;
      return;
    case "task.log":
      task.written.push({ cell: numberOf(line, "cell"), stream: textOf(line, "stream") ?? "stdout", message: textOf(line, "message") ?? "" });
      if (task.written.length <= mostLines) return;
      task.written.shift();
      task.dropped += 1;
      return;
    case "task.retry":
      task.retries.push(line);
      return;
    case "task.done":
    case "task.failed":
      task.end = line;
      return;
    case "task.checkpoint":
      return;
    default:
      task.warnings.push(line);
  }
}

function isLogLine(value: unknown): value is LogLine {
  return isObject(value) && typeof value["event"] === "string";
}

/** A text of a line; null where it has none. */
export function textOf(line: LogLine, key: string): string | null {
  const value = line[key];
  return typeof value === "string" ? value : null;
}

/** A number of a line; null where it has none. */
export function numberOf(line: LogLine, key: string): number | null {
  const value = line[key];
  return typeof value === "number" ? value : null;
}

/** The texts of a list of a line. */
export function textsOf(line: LogLine, key: string): string[] {
  const value = line[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
