import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createEmitter } from "../engine/observe/bus.js";
import { RunConsole } from "../engine/observe/console.js";
import type { RunStatus } from "../engine/observe/events.js";
import { createJsonLines } from "../engine/observe/json-lines.js";
import { LogFile, trimLogs } from "../engine/observe/log-file.js";
import { executeRun } from "../engine/run/execute-run.js";
import { acquireLock, explainHeldLock, type HeldLock } from "../engine/run/lock.js";
import { createRunId } from "../engine/run/run-id.js";
import { findPackageFile } from "../engine/report/package-file.js";
import { viewPath } from "../engine/run/view.js";
import type { Project } from "../engine/project/types.js";
import { type Command, type CommandInput, exitCodes, type Flags, UsageError } from "./command.js";
import { command as plan } from "./plan.js";
import { findSite, openProject, findWorkerFile, type Site } from "./project-commands.js";

export const command: Command = {
  usage: "[options]",
  summary: "Bring every task up to date, in dependency order.",
  options: {
    jobs: { type: "string", short: "j" },
    "keep-going": { type: "boolean", short: "k" },
    force: { type: "boolean", short: "f" },
    "dry-run": { type: "boolean", short: "n" },
    param: { type: "string", multiple: true },
  },
  optionHelp: {
    jobs: "N  how many tasks at once (default: the cores)",
    "keep-going": "run what does not depend on a failed task",
    force: "execute every task, up to date or not",
    "dry-run": "plan only: run and write nothing",
    param: "NAME=VALUE  a parameter, or one stage's: stage.name=value",
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const { flags, positionals } = input;
  if (flags.has("dry-run")) return plan.run(input);
  if (positionals[0] !== undefined) throw new UsageError(`targets are not supported yet, found ${positionals[0]}; run without one to bring everything up to date`);
  const jobs = readJobs(flags);
  const site = findSite(flags);
  const project = await openProject(site, { isReadOnly: false });
  const runId = createRunId(Date.now(), Math.random);
  const lock = await acquireLock({ stateFolder: site.stateFolder, run: runId });
  if ("heldBy" in lock) return tellHeld(lock);
  const stop = stopOnSignals();
  const observers = observe({ flags, site, project, runId });
  try {
    const status = await executeRun({
      project,
      runId,
      stateFolder: site.stateFolder,
      workerFile: findWorkerFile(),
      artistFile: findPackageFile("artist-thread.js", "dist/artist-thread.js"),
      overrides: flags.list("param"),
      force: new Set(flags.has("force") ? project.tasks.map((task) => task.id) : []),
      jobs,
      keepGoing: flags.has("keep-going"),
      lock,
      emit: observers.emit,
      env: process.env,
      signal: stop.signal,
      now: Date.now,
      random: Math.random,
    });
    return exitCodeOf(status, stop.exitCode());
  } finally {
    observers.close();
    await lock.release();
    stop.forget();
  }
}

function readJobs(flags: Flags): number {
  const text = flags.text("jobs");
  if (text === undefined) return availableParallelism();
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError(`--jobs: expected a whole number of at least 1, found ${text}`);
  return jobs;
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

type Observed = { readonly flags: Flags; readonly site: Site; readonly project: Project; readonly runId: string };

/** Console, or JSON lines instead of it, and the log file, which is made with the first event. */
function observe({ flags, site, project, runId }: Observed) {
  const folder = join(site.root, "logs");
  let log: LogFile | null = null;
  const screen = new RunConsole({
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: flags.has("quiet") ? "quiet" : flags.has("verbose") ? "verbose" : "normal",
    color: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
    logPath: `logs/${runId}.jsonl`,
    viewPath: (task) => (project.tasks.some((each) => each.id === task && each.node.kind === "stage") ? viewPath(task) : null),
  });
  screen.alignTo(project.tasks.map((task) => task.id));
  const shown = flags.has("json") ? createJsonLines(process.stdout) : screen.listener;
  const emit = createEmitter(
    runId,
    [
      (event) => {
        log ??= new LogFile(folder, runId);
        log.listener(event);
      },
      shown,
    ],
    Date.now,
  );
  const close = () => {
    log?.close();
    if (log !== null) trimLogs(folder, project.logsKeep);
  };
  return { emit, close };
}

function tellHeld(held: HeldLock): number {
  const { message, hint } = explainHeldLock(held);
  process.stderr.write(`stitchbook: ${message}\n  ${hint}\n`);
  return exitCodes.locked;
}

/** SIGINT and SIGTERM end the run in order; a second one of them ends it at once. */
function stopOnSignals() {
  const controller = new AbortController();
  let code = 130;
  const stopWith = (next: number) => () => {
    if (controller.signal.aborted) process.exit(next);
    code = next;
    controller.abort();
  };
  const [onInterrupt, onTerminate] = [stopWith(130), stopWith(143)];
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  const forget = () => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onTerminate);
  };
  return { signal: controller.signal, exitCode: () => code, forget };
}
