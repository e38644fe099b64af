import { formatTrace } from "../engine/observe/format-trace.js";
import type { RunState } from "../engine/observe/history/entry.js";
import { historyFolder, readRuns } from "../engine/observe/history/history.js";
import { describeLineage } from "../engine/run/memory/lineage.js";
import { withAncestors } from "../engine/run/memory/provenance-file.js";
import { findTraced } from "../engine/run/memory/trace-place.js";
import { type Command, type CommandInput, exitCodes, nearest, UsageError } from "./command.js";
import { findSite, openWithRecords } from "./project-commands.js";

export const command: Command = {
  usage: "PLACE [options]",
  summary: "The way back to the raw data from an artifact, a label, a metric (model/metrics.json:test.rmse, or test.rmse), or a task, as the last good executions went it.",
  options: {},
  optionHelp: {},
  run: trace,
};

async function trace({ flags, positionals }: CommandInput): Promise<number> {
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError(`trace takes one place: an artifact, a label, a metric or a task; found ${positionals.length}`);
  const site = findSite(flags);
  const { project, records } = await openWithRecords(site, { isReadOnly: true });
  const lineage = describeLineage(project, records, lastState(historyFolder(site.stateFolder)));
  if (lineage.length === 0) throw new UsageError("there is no result yet: stitchbook run");
  const place = findTraced(project, lineage, name);
  if (place.kind === "unknown") throw new UsageError(`no task, artifact, label or metric is named ${name}${await nearest(name, place.known, (known) => known)}`);
  const needed = withAncestors(place.tasks, lineage);
  const way = lineage.filter(({ task }) => needed.has(task)).reverse();
  process.stdout.write(flags.has("json") ? `${JSON.stringify({ place, tasks: way })}\n` : formatTrace(place, lineage));
  return exitCodes.ok;
}

function lastState(folder: string): RunState | null {
  for (const { state } of readRuns(folder)) return state;
  return null;
}
