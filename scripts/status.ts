import { readAllRecords } from "../engine/checkpoint/records.js";
import { formatBytes, formatDuration, formatReasons, formatRows } from "../engine/observe/format.js";
import { planRun } from "../engine/plan/plan-run.js";
import { createPlanContext } from "../engine/run/plan-project.js";
import { type Command, exitCodes, UsageError } from "./command.js";
import { findSite, openProject } from "./project-commands.js";

export const command: Command = {
  usage: "[options]",
  summary: "The last state of every task: checkpoint, age, duration, and what is stale.",
  options: {},
  optionHelp: {},
  async run({ flags, positionals }) {
    if (positionals[0] !== undefined) throw new UsageError(`targets are not supported yet, found ${positionals[0]}`);
    const site = findSite(flags);
    const project = await openProject(site, { isReadOnly: true });
    const now = Date.now();
    const records = readAllRecords(site.stateFolder, project.tasks.map((task) => task.id));
    const context = createPlanContext(project, { stateFolder: site.stateFolder, records, env: process.env, overrides: [], force: new Set(), now, isReadOnly: true });
    const decisions = await planRun(context);
    const tasks = project.tasks.map((task) => {
      const decision = decisions.get(task.id);
      const record = records.get(task.id);
      const reasons = decision?.reasons ?? [];
      return {
        task: task.id,
        stage: task.node.id,
        dataset: task.dataset?.name ?? null,
        state: decision?.action === "fresh" ? "fresh" : record === undefined ? "never-run" : "stale",
        reasons,
        finished: record?.finishedAt ?? null,
        age_ms: record === undefined ? null : now - Date.parse(record.finishedAt),
        duration_ms: record?.durationMs ?? null,
        artifacts: (record?.artifacts ?? []).map(({ path, bytes, sha256, rows, schemaHash }) => ({ path, bytes, sha256, rows, schema_hash: schemaHash })),
      };
    });
    if (flags.has("json")) {
      process.stdout.write(`${JSON.stringify({ tasks })}\n`);
      return exitCodes.ok;
    }
    const width = Math.max(...tasks.map(({ task }) => task.length), 4);
    for (const { task, state, reasons, age_ms, duration_ms, artifacts } of tasks) {
      const when = age_ms === null ? "" : `${formatDuration(age_ms)} ago, took ${formatDuration(duration_ms ?? 0)}`;
      process.stdout.write(`${state.padEnd(9)} ${task.padEnd(width)}  ${when}${state === "stale" ? `  (${formatReasons(reasons)})` : ""}`.trimEnd() + "\n");
      if (flags.has("quiet")) continue;
      for (const { path, bytes, rows, sha256 } of artifacts) {
        const size = rows === null ? formatBytes(bytes) : `${formatRows(rows)}, ${formatBytes(bytes)}`;
        process.stdout.write(`${" ".repeat(10)}${path}  ${size}  sha256 ${sha256.slice(0, 12)}\n`);
      }
    }
    return exitCodes.ok;
  },
};
