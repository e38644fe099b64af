import { resolve } from "node:path";
import type { RunStatus } from "../engine/observe/events.js";
import type { SelectionRequest } from "../engine/plan/select-tasks.js";
import { writeRowTypes } from "../engine/project/row-types/row-types-file.js";
import type { Project } from "../engine/project/types.js";
import { findPackageFile } from "../engine/report/package-file.js";
import { executeRun } from "../engine/run/execute-run.js";
import type { Lock } from "../engine/run/lock/lock.js";
import { findOutputFolderProblem } from "../engine/run/output-place.js";
import { createRunId } from "../engine/run/run-id.js";
import { type Command, type CommandInput, exitCodes, type Flags, UsageError } from "./command.js";
import { command as plan } from "./plan.js";
import { findSite, findWorkerFile, openWithRecords, readJobs, readSelection, select, selectionOptionHelp, selectionOptions, type Site } from "./project-commands.js";
import type { RunAlerts, RunAlertsOptions } from "./run-alerts.js";
import { observe, type Observers } from "./run-observers.js";
import { type Stop, stopOnSignals } from "./stop-on-signals.js";
import { readWait, takeLock, waitHelp, waitValue } from "./wait.js";

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "Bring targets (stages, reports, tasks, artifacts; default all) and what they need up to date, in dependency order.",
  options: {
    jobs: { type: "string", short: "j" },
    "keep-going": { type: "boolean", short: "k" },
    ...selectionOptions,
    force: { type: "boolean", short: "f" },
    "dry-run": { type: "boolean", short: "n" },
    param: { type: "string", multiple: true },
    "output-dir": { type: "string" },
    rehash: { type: "boolean" },
    wait: { type: "string" },
    "fail-on-alert": { type: "boolean" },
  },
  optionHelp: {
    jobs: "N  how many tasks at once (default: the cores)",
    "keep-going": "run what does not depend on a failed task",
    ...selectionOptionHelp,
    force: "execute every selected task, up to date or not",
    "dry-run": "plan only: run and write nothing",
    param: "NAME=VALUE  a parameter, or one stage's: stage.name=value",
    "output-dir": "DIR  publish there; the project's artifacts and records stay as they are",
    rehash: "trust no recorded state of a file: compute every digest",
    wait: waitHelp,
    "fail-on-alert": "exit 3 where all ran and an alert rule holds",
  },
  optionalValues: { wait: waitValue },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const { flags, positionals } = input;
  if (flags.has("dry-run")) return plan.run(input);
  const jobs = readJobs(flags);
  const waitMs = readWait(flags);
  const site = findSite(flags);
  const request = readSelection(flags, positionals, site);
  const startedAt = Date.now();
  const runId = createRunId(startedAt, Math.random);
  const stop = stopOnSignals();
  // What is read under the lock stays true: no other run publishes meanwhile.
  const lock = await takeLock(site, { runId, waitMs, signal: stop.signal });
  if (lock === null) {
    stop.forget();
    return stop.signal.aborted ? stop.exitCode() : exitCodes.locked;
  }
  try {
    const status = await runLocked({ flags, site, request, runId, lock, jobs, stop });
    return exitCodeOf(status, stop.exitCode());
  } catch (error) {
    const { tellOfNoRun } = await import("./tell-of-no-run.js");
    await tellOfNoRun(error, { site, runId, startedAt, signal: stop.signal });
    throw error;
  } finally {
    await lock.release();
    stop.forget();
  }
}

type Locked = { readonly flags: Flags; readonly site: Site; readonly request: SelectionRequest; readonly runId: string; readonly lock: Lock; readonly jobs: number; readonly stop: Stop };

async function runLocked({ flags, site, request, runId, lock, jobs, stop }: Locked): Promise<RunStatus> {
  const { project, records } = await openWithRecords(site, { isReadOnly: false });
  writeRowTypes(project, site.stateFolder);
  const selected = await select(project, request);
  const outputDir = flags.text("output-dir");
  const alerts = await watchForAlerts(project, { site, runId, overrides: flags.list("param"), isTrial: outputDir !== undefined, emit: (event) => observers.emit(event), signal: stop.signal });
  const observers: Observers = observe({ flags, site, project, runId, outputDir, taskIds: selected.map((task) => task.id), also: alerts === null ? [] : [alerts.listener] });
  stop.sayLast(observers.sayStopped);
  try {
    return await executeRun({
      project,
      runId,
      stateFolder: site.stateFolder,
      workerFile: findWorkerFile(),
      artistFile: findPackageFile("artist-thread.cjs", "dist/artist-thread.cjs"),
      overrides: flags.list("param"),
      force: new Set(flags.has("force") ? selected.map((task) => task.id) : []),
      selected,
      records,
      rehash: flags.has("rehash"),
      ...(outputDir === undefined ? {} : { outputFolder: readOutputFolder(project, outputDir) }),
      request: { targets: request.targets, ...describeSelection(request) },
      jobs,
      keepGoing: flags.has("keep-going"),
      ...(alerts === null ? {} : { conclude: async (ended) => (await alerts.conclude(ended)) && flags.has("fail-on-alert") }),
      lock,
      emit: observers.emit,
      env: process.env,
      signal: stop.signal,
      now: Date.now,
      random: Math.random,
    });
  } finally {
    observers.close();
  }
}

/** Loaded only where alerts are configured. */
async function watchForAlerts(project: Project, options: Omit<RunAlertsOptions, "project" | "alerts">): Promise<RunAlerts | null> {
  const { alerts } = project;
  if (alerts === null) return null;
  const { watchForAlerts: watch } = await import("./run-alerts.js");
  return watch({ ...options, project, alerts });
}

function readOutputFolder(project: Project, written: string): string {
  if (written === "") throw new UsageError("--output-dir: expected a folder, found nothing");
  const folder = resolve(written);
  const problem = findOutputFolderProblem(project, folder);
  if (problem !== null) throw new UsageError(`--output-dir ${written}: ${problem}; name another folder`);
  return folder;
}

/** What was asked for besides targets; nothing where nothing was. */
function describeSelection({ only, from, until, datasets }: SelectionRequest) {
  const given = Object.entries({ only, from, until, dataset: datasets }).filter(([, values]) => values.length > 0);
  return given.length === 0 ? {} : { selection: Object.fromEntries(given) };
}

function exitCodeOf(status: RunStatus, stopped: number): number {
  switch (status) {
    case "ok":
      return exitCodes.ok;
    case "failed":
      return exitCodes.failed;
    case "alerted":
      return exitCodes.alerted;
    case "stopped":
      return stopped;
  }
}
