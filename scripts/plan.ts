import { readAllRecords } from "../engine/checkpoint/records.js";
import { formatReason } from "../engine/observe/format.js";
import { planRun } from "../engine/plan/plan-run.js";
import { createPlanContext } from "../engine/run/plan-project.js";
import { type Command, exitCodes, UsageError } from "./command.js";
import { findSite, openProject } from "./project-commands.js";

export const command: Command = {
  usage: "[options]",
  summary: "Say what run would do, and why. Runs and writes nothing.",
  options: { force: { type: "boolean", short: "f" }, param: { type: "string", multiple: true } },
  optionHelp: { force: "as if every task had to execute", param: "NAME=VALUE  a parameter, or one stage's: stage.name=value" },
  async run({ flags, positionals }) {
    if (positionals[0] !== undefined) throw new UsageError(`targets are not supported yet, found ${positionals[0]}`);
    const site = findSite(flags);
    const project = await openProject(site, { isReadOnly: true });
    const records = readAllRecords(site.stateFolder, project.tasks.map((task) => task.id));
    const force = new Set(flags.has("force") ? project.tasks.map((task) => task.id) : []);
    const context = createPlanContext(project, { stateFolder: site.stateFolder, records, env: process.env, overrides: flags.list("param"), force, now: Date.now(), isReadOnly: true });
    const decisions = await planRun(context);
    const tasks = project.tasks.map((task) => {
      const decision = decisions.get(task.id);
      return { task: task.id, stage: task.node.id, dataset: task.dataset?.name ?? null, action: decision?.action ?? "run", reasons: decision?.reasons ?? [] };
    });
    if (flags.has("json")) {
      process.stdout.write(`${JSON.stringify({ tasks })}\n`);
      return exitCodes.ok;
    }
    const width = Math.max(...tasks.map(({ task }) => task.length), 4);
    const shown = flags.has("quiet") ? [] : tasks.filter((task) => task.action !== "fresh" || flags.has("verbose"));
    for (const { task, action, reasons } of shown) {
      const [first = "", ...others] = reasons.map(formatReason);
      process.stdout.write(`${action.padEnd(7)} ${task.padEnd(width)}  ${first}`.trimEnd() + "\n");
      for (const other of others) process.stdout.write(`${" ".repeat(width + 10)}${other}\n`);
    }
    process.stdout.write(summarise(tasks));
    return exitCodes.ok;
  },
};

function summarise(tasks: readonly { readonly action: string }[]): string {
  const count = (action: string) => tasks.filter((task) => task.action === action).length;
  const [run, restored] = [count("run"), count("restore")];
  if (run + restored === 0) return `Everything is up to date: ${tasks.length} tasks.\n`;
  return `${run} of ${tasks.length} tasks would run${restored === 0 ? "" : `, ${restored} would be restored`}.\n`;
}
