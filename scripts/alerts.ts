import { deliver } from "../engine/observe/alerts/deliver.js";
import { composeMessage } from "../engine/observe/alerts/message.js";
import { createRunId } from "../engine/run/run-id.js";
import { type Command, type CommandInput, exitCodes, UsageError } from "./command.js";
import { findSite, openProject } from "./project-commands.js";
import { openForSite } from "./run-alerts.js";

type Tried = { readonly channel: string; readonly status: "sent" | "failed" | "off"; readonly message: string | null };

export const command: Command = {
  usage: "test [options]",
  summary: "Send a test message to each channel of `alerts` in stitchbook.yaml.",
  options: {},
  optionHelp: {},
  run,
};

async function run({ flags, positionals }: CommandInput): Promise<number> {
  if (positionals.length !== 1 || positionals[0] !== "test") throw new UsageError(`alerts: expected \`test\`, found ${positionals.length === 0 ? "nothing" : positionals.join(" ")}`);
  const site = findSite(flags);
  const project = await openProject(site, { isReadOnly: true });
  if (project.alerts === null) throw new UsageError("stitchbook.yaml has no `alerts`; see docs/reference.md");
  const { open, mask } = openForSite(site, project.alerts);
  if (open.channels.length + open.off.length === 0) throw new UsageError("`alerts` names no channel: `slack` or `email`");
  const now = Date.now();
  const run = createRunId(now, Math.random);
  const message = composeMessage([{ kind: "test", key: "test" }], { project: project.name, run, time: new Date(now).toISOString(), durationMs: 0, overrides: [], link: open.link ?? "logs/" }, null);
  const tried: Tried[] = open.off.map(({ name, unset }) => ({ channel: name, status: "off", message: `${unset.join(" and ")} ${unset.length === 1 ? "is" : "are"} not set, in the environment or in .env` }));
  for (const { channel, error } of await Promise.all(open.channels.map((each) => deliver(each, message, { signal: new AbortController().signal })))) {
    tried.push({ channel: channel.name, status: error === null ? "sent" : "failed", message: error === null ? null : mask(error) });
  }
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ channels: tried })}\n`);
  else for (const each of tried) (each.status === "sent" ? process.stdout : process.stderr).write(`${each.channel}: ${each.status}${each.message === null ? "" : `: ${each.message}`}\n`);
  return tried.every(({ status }) => status === "sent") ? exitCodes.ok : exitCodes.failed;
}
