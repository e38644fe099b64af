import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { formatLog } from "../engine/observe/format-log.js";
import { gatherLog, parseLogLine, readLogLines, textOf } from "../engine/observe/log-reader.js";
import { type Command, type CommandInput, exitCodes, nearest, UsageError } from "./command.js";
import { findSite } from "./project-commands.js";
import { explainReference } from "./run-references.js";

export const command: Command = {
  usage: "[TASK] [options]",
  summary: "The log of a run as a person reads it: what failed first, then the tasks in the order in which they ran. Of one task, or all tasks of a stage, everything that it wrote.",
  options: { run: { type: "string" } },
  optionHelp: { run: "ID  the run: an id, a unique part of one, last (default), last~1 ..." },
  run: logs,
};

/** Of what each task wrote, where no task is named and `--verbose` is not given. */
const mostLines = 20;

async function logs({ flags, positionals }: CommandInput): Promise<number> {
  const [task, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`logs takes one task, found ${positionals.length}`);
  const folder = join(findSite(flags).root, "logs");
  const run = await findLog(folder, flags.text("run") ?? "last");
  const file = join(folder, `${run}.jsonl`);
  if (flags.has("json")) {
    await passLines(file, task);
    return exitCodes.ok;
  }
  const log = await gatherLog(readLogLines(file), task === undefined && !flags.has("verbose") ? mostLines : Infinity);
  const only = task === undefined ? undefined : new Set([...log.tasks.keys()].filter((id) => isMeant(id, task)));
  if (task !== undefined && only?.size === 0) throw new UsageError(await explainTask(task, run, [...log.tasks.keys()]));
  process.stdout.write(formatLog(log, { run, ...(only === undefined ? {} : { only }) }));
  return exitCodes.ok;
}

function isMeant(id: string, task: string): boolean {
  return id === task || id.startsWith(`${task}@`);
}

async function passLines(file: string, task: string | undefined): Promise<void> {
  let damaged = 0;
  for await (const text of readLogLines(file)) {
    const line = parseLogLine(text);
    if (line === null) damaged += 1;
    else if (task === undefined || isMeant(textOf(line, "task") ?? "", task)) process.stdout.write(`${text}\n`);
  }
  if (damaged > 0) process.stderr.write(`${damaged} damaged ${damaged === 1 ? "line was" : "lines were"} left out.\n`);
}

/** The id of the run whose log is meant. Logs are there for runs that history has not, such as one that goes on now. */
async function findLog(folder: string, reference: string): Promise<string> {
  const ids = existsSync(folder) ? readdirSync(folder).flatMap((name) => /^(\d{4}-\d{2}-\d{2}T.*)\.jsonl$/.exec(name)?.[1] ?? []).sort().reverse() : [];
  if (ids.length === 0) throw new UsageError("there is no log yet: stitchbook run");
  const back = /^last(?:~(\d+))?$/.exec(reference);
  const found = back !== null ? ids.slice(Number(back[1] ?? 0)).slice(0, 1) : ids.includes(reference) ? [reference] : matchPart(ids, reference);
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  throw new UsageError(await explainReference(reference, found.length > 1 ? { kind: "ambiguous", ids: found } : { kind: "unknown", ids }));
}

function matchPart(ids: readonly string[], part: string): string[] {
  const begun = part === "" ? [] : ids.filter((id) => id.startsWith(part));
  return begun.length > 0 || part === "" ? begun : ids.filter((id) => id.endsWith(part));
}

async function explainTask(task: string, run: string, known: readonly string[]): Promise<string> {
  return `the log of ${run} tells nothing of ${task}${(await nearest(task, known, (name) => name)) || (known.length > 0 && known.length <= 12 ? `; it tells of ${known.join(", ")}` : "")}`;
}
