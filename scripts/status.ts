import { formatBytes, formatDuration, formatReasons, formatRows } from "../engine/observe/format.js";
import { planRun } from "../engine/plan/plan-run.js";
import type { Decision, TaskRecord } from "../engine/plan/types.js";
import type { Task } from "../engine/project/types.js";
import { findOrphans, type Orphan } from "../engine/run/upkeep/orphans.js";
import { createPlanContext } from "../engine/run/plan-project.js";
import { type Command, type CommandInput, exitCodes } from "./command.js";
import { findSite, openWithRecords, readSelection, select, selectionOptionHelp, selectionOptions } from "./project-commands.js";

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "The last state of every task: checkpoint, age, duration, and what is stale; files that nobody declares any more.",
  options: { ...selectionOptions, rehash: { type: "boolean" } },
  optionHelp: { ...selectionOptionHelp, rehash: "trust no recorded state of a file: compute every digest" },
  run: status,
};

async function status({ flags, positionals }: CommandInput): Promise<number> {
  const site = findSite(flags);
  const request = readSelection(flags, positionals, site);
  const { project, records } = await openWithRecords(site, { isReadOnly: true });
  const selected = await select(project, request);
  const now = Date.now();
  // A state is a fact about a task: it is found for all, whatever is shown.
  const context = createPlanContext(project, { stateFolder: site.stateFolder, records, env: process.env, overrides: [], force: new Set(), now, isReadOnly: true, rehash: flags.has("rehash") });
  const decisions = await planRun(context);
  const tasks = selected.map((task) => describeTask(task, { decision: decisions.get(task.id), record: records.get(task.id), now }));
  const orphans = await findOrphans(project, records);
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ tasks, orphans: orphans.map(({ isChanged, ...orphan }) => ({ ...orphan, changed: isChanged })) })}\n`);
  else {
    const width = Math.max(...tasks.map(({ task }) => task.length), 4);
    for (const task of tasks) process.stdout.write(formatTask(task, { width, isQuiet: flags.has("quiet") }));
    process.stdout.write(formatOrphans(orphans));
  }
  return exitCodes.ok;
}

type Known = { readonly decision: Decision | undefined; readonly record: TaskRecord | undefined; readonly now: number };

function describeTask(task: Task, { decision, record, now }: Known) {
  const state = decision?.action === "fresh" ? "fresh" : record === undefined ? "never-run" : "stale";
  return {
    task: task.id,
    stage: task.node.id,
    dataset: task.dataset?.name ?? null,
    state,
    reasons: decision?.reasons ?? [],
    finished: record?.finishedAt ?? null,
    age_ms: record === undefined ? null : now - Date.parse(record.finishedAt),
    duration_ms: record?.durationMs ?? null,
    params: record?.overrides ?? [],
    artifacts: (record?.artifacts ?? []).map(({ path, bytes, sha256, rows, schemaHash }) => ({ path, bytes, sha256, rows, schema_hash: schemaHash })),
  };
}

function formatTask(described: ReturnType<typeof describeTask>, { width, isQuiet }: { readonly width: number; readonly isQuiet: boolean }): string {
  const { task, state, reasons, age_ms, duration_ms, params, artifacts } = described;
  const when = age_ms === null ? "" : `${formatDuration(Math.max(0, age_ms))} ago, took ${formatDuration(duration_ms ?? 0)}`;
  const why = state === "stale" ? `  (${formatReasons(reasons)})` : "";
  const marked = params.length === 0 ? "" : `  with --param ${params.join(" --param ")}`;
  const head = `${state.padEnd(9)} ${task.padEnd(width)}  ${when}${marked}${why}`.trimEnd();
  const lines = artifacts.map(({ path, bytes, rows, sha256 }) => `${" ".repeat(10)}${path}  ${rows === null ? "" : `${formatRows(rows)}, `}${formatBytes(bytes)}  sha256 ${sha256.slice(0, 12)}`);
  return `${[head, ...(isQuiet ? [] : lines)].join("\n")}\n`;
}

function formatOrphans(orphans: readonly Orphan[]): string {
  if (orphans.length === 0) return "";
  const lines = orphans.map(({ path, task, isChanged }) => `orphan    ${path}  (left by ${task}${isChanged ? ", changed since" : ""})`);
  return `\n${lines.join("\n")}\nNobody declares ${orphans.length === 1 ? "this file" : "these files"} any more: stitchbook clean --orphans\n`;
}
