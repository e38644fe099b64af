import { describeCompared } from "../engine/observe/compared.js";
import { formatReason } from "../engine/observe/format.js";
import { planRun, type PlanContext } from "../engine/plan/plan-run.js";
import type { Decision } from "../engine/plan/types.js";
import type { Task } from "../engine/project/types.js";
import { createPlanContext } from "../engine/run/plan-project.js";
import { type Command, type CommandInput, exitCodes } from "./command.js";
import { findSite, openWithRecords, readSelection, select, selectionOptionHelp, selectionOptions } from "./project-commands.js";

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "Say what run would do, and why. Runs and writes nothing.",
  options: { ...selectionOptions, force: { type: "boolean", short: "f" }, param: { type: "string", multiple: true }, rehash: { type: "boolean" } },
  optionHelp: {
    ...selectionOptionHelp,
    force: "as if every selected task had to execute",
    param: "NAME=VALUE  a parameter, or one stage's: stage.name=value",
    rehash: "trust no recorded state of a file: compute every digest",
  },
  run: plan,
};

async function plan({ flags, positionals }: CommandInput): Promise<number> {
  const site = findSite(flags);
  const request = readSelection(flags, positionals, site);
  const { project, records } = await openWithRecords(site, { isReadOnly: true });
  const selected = await select(project, request);
  const context = createPlanContext(project, {
    stateFolder: site.stateFolder,
    records,
    env: process.env,
    overrides: flags.list("param"),
    force: new Set(flags.has("force") ? selected.map((task) => task.id) : []),
    now: Date.now(),
    isReadOnly: true,
    selected,
    rehash: flags.has("rehash"),
  });
  const decisions = await planRun(context);
  const tasks = selected.map((task) => ({ task, decision: decisions.get(task.id) ?? { task: task.id, action: "run", reasons: [] } as const }));
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ tasks: tasks.map(toJson) })}\n`);
  else {
    const width = Math.max(...tasks.map(({ task }) => task.id.length), 4);
    const shown = flags.has("quiet") ? [] : tasks.filter(({ decision }) => decision.action !== "fresh" || flags.has("verbose"));
    for (const { task, decision } of shown) process.stdout.write(decision.action === "fresh" ? await describeFresh(context, task, width) : describeStale(decision, width));
    process.stdout.write(summarise(tasks.map(({ decision }) => decision)));
  }
  return exitCodes.ok;
}

function toJson({ task, decision }: { readonly task: Task; readonly decision: Decision }) {
  return { task: task.id, stage: task.node.id, dataset: task.dataset?.name ?? null, action: decision.action, reasons: decision.reasons };
}

function describeStale({ action, task, reasons }: Decision, width: number): string {
  const [first = "", ...others] = reasons.map(formatReason);
  const lines = [`${action.padEnd(7)} ${task.padEnd(width)}  ${first}`.trimEnd(), ...others.map((other) => `${" ".repeat(width + 10)}${other}`)];
  return `${lines.join("\n")}\n`;
}

/** With what was compared: why this task is not run. */
async function describeFresh({ project, cache, records }: PlanContext, task: Task, width: number): Promise<string> {
  const record = records.get(task.id);
  const head = `fresh   ${task.id.padEnd(width)}  same as in run ${record?.run ?? "?"}\n`;
  if (record === undefined) return head;
  const places = task.node.kind === "stage" ? await cache.places(project, task.node) : null;
  return head + describeCompared({ record, cells: places?.cells ?? [], names: places?.names.present ?? {} }).map(([kind, text]) => `          ${kind.padEnd(11)}${text}\n`).join("");
}

function summarise(decisions: readonly Decision[]): string {
  const count = (action: Decision["action"]) => decisions.filter((decision) => decision.action === action).length;
  const [run, restored] = [count("run"), count("restore")];
  if (run + restored === 0) return `Everything is up to date: ${counted(decisions.length)}.\n`;
  return `${run} of ${counted(decisions.length)} would run${restored === 0 ? "" : `, ${restored} would be restored`}.\n`;
}

function counted(tasks: number): string {
  return `${tasks} ${tasks === 1 ? "task" : "tasks"}`;
}
