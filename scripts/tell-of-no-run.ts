import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readAlertState, writeAlertState } from "../engine/observe/alerts/alert-state.js";
import { failureKey, findNews } from "../engine/observe/alerts/find-news.js";
import { tellPeople } from "../engine/observe/alerts/tell-people.js";
import type { Failure } from "../engine/observe/alerts/types.js";
import { configFile, readConfig } from "../engine/project/config.js";
import { ProjectError } from "../engine/project/problems.js";
import { UsageError } from "./command.js";
import { openForSite } from "./run-alerts.js";
import type { Site } from "./project-commands.js";

/**
 * Tells people of a run that could not begin, or not go on: a pipeline that is started at night by a clock and finds its
 * project broken must not be silent about it.
 *
 * Whatever goes wrong here stays beside the error itself.
 */
export async function tellOfNoRun(error: unknown, { site, runId, startedAt, signal }: { readonly site: Site; readonly runId: string; readonly startedAt: number; readonly signal: AbortSignal }): Promise<void> {
  if (error instanceof UsageError || signal.aborted) return;
  const config = await readFile(join(site.root, configFile), "utf8").then((text) => readConfig(text.replace(/\r\n?/g, "\n")), () => null);
  const alerts = config?.alerts ?? null;
  if (config === null || alerts === null || !alerts.on.includes("failed")) return;
  const { open, mask } = openForSite(site, alerts);
  const state = readAlertState(site.stateFolder);
  const now = Date.now();
  const { news, state: next } = findNews(
    { run: runId, time: new Date(now).toISOString(), findings: [], failures: [describe(error)], done: new Set(), isWhole: false, schemaChanges: [] },
    { state, on: alerts.on, past: { lastGood: () => null, recent: () => [] }, known: new Set([...Object.keys(state), failureKey(null)]), channels: open.channels.map(({ name }) => name) },
  );
  const run = { project: config.name === "" ? "stitchbook" : config.name, run: runId, time: new Date(startedAt).toISOString(), durationMs: now - startedAt, overrides: [], link: open.link ?? "stitchbook check" };
  const told = await tellPeople(news, next, { channels: open.channels, run, picture: null, mask, signal, emit: (event) => {
    if (event.event === "alert.failed") process.stderr.write(`stitchbook: alert not sent by ${event.channel}: ${event.message}\n`);
  } });
  writeAlertState(site.stateFolder, told);
}

function describe(error: unknown): Failure {
  if (!(error instanceof ProjectError)) return { task: null, kind: "engine", message: error instanceof Error ? error.message : String(error), place: null, hint: null };
  const problems = error.problems.filter(({ severity }) => severity === "error");
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return { task: null, kind: "nothing ran", message: `${first?.message ?? error.message}${more}`, place: first?.place ?? null, hint: first?.hint ?? null };
}
