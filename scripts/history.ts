import { describeRun } from "../engine/observe/history/describe-run.js";
import type { RunEntry } from "../engine/observe/history/entry.js";
import { historyFolder, readRuns } from "../engine/observe/history/history.js";
import { drawHistory, findMetrics, listMetrics } from "../engine/observe/history/history-table.js";
import { type Command, type CommandInput, exitCodes, type Flags, nearest, UsageError } from "./command.js";
import { findSite, refuseArguments } from "./project-commands.js";

export const command: Command = {
  usage: "[options]",
  summary: "Past runs with their metrics, the newest first, and the trend of each metric.",
  options: { number: { type: "string", short: "n" }, metric: { type: "string", multiple: true }, csv: { type: "boolean" } },
  optionHelp: {
    number: "N  how many runs (default 20)",
    metric: "NAME  show this metric: test.rmse, or model/metrics.json:test.rmse; may be repeated",
    csv: "as CSV, with every metric",
  },
  run: history,
};

async function history({ flags, positionals }: CommandInput): Promise<number> {
  refuseArguments("history", positionals);
  if (flags.has("csv") && flags.has("json")) throw new UsageError("--csv and --json can't be given together");
  const site = findSite(flags);
  const entries = take(readRuns(historyFolder(site.stateFolder)), readNumber(flags));
  const metrics = await chooseMetrics(entries, flags.list("metric"));
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ runs: entries.map(describeRun) })}\n`);
  else if (flags.has("csv")) process.stdout.write(await (await import("../engine/observe/history/history-csv.js")).writeHistory(entries, metrics));
  else if (entries.length === 0) process.stdout.write("No run is on record yet: stitchbook run\n");
  else process.stdout.write(drawHistory(entries, { metrics, isAsked: flags.list("metric").length > 0, width: process.stdout.columns ?? 120 }));
  return exitCodes.ok;
}

function readNumber(flags: Flags): number {
  const text = flags.text("number") ?? "20";
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`--number: expected a whole number of at least 1, found ${text}`);
  return number;
}

function take(runs: Iterable<RunEntry>, count: number): RunEntry[] {
  const taken: RunEntry[] = [];
  for (const run of runs) {
    taken.push(run);
    if (taken.length === count) break;
  }
  return taken;
}

async function chooseMetrics(entries: readonly RunEntry[], names: readonly string[]): Promise<string[]> {
  const known = listMetrics(entries);
  if (names.length === 0) return known;
  const chosen = names.map((name) => ({ name, keys: findMetrics(known, name) }));
  const unknown = chosen.find(({ keys }) => keys.length === 0);
  if (unknown !== undefined && entries.length > 0) throw new UsageError(`no run has a metric ${unknown.name}${await nearest(unknown.name, known.flatMap((key) => [key, key.slice(key.indexOf(":") + 1)]), (name) => name)}`);
  return [...new Set(chosen.flatMap(({ keys }) => keys))];
}
