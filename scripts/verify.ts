import { tmpdir } from "node:os";
import { formatReasons } from "../engine/observe/format.js";
import { formatVerdict, summariseVerdicts } from "../engine/observe/format-verdict.js";
import type { TaskRecord } from "../engine/plan/types.js";
import type { Project, Task } from "../engine/project/types.js";
import { findPackageFile } from "../engine/report/package-file.js";
import type { Lock } from "../engine/run/lock/lock.js";
import { createRunId } from "../engine/run/run-id.js";
import { isProved, type Verdict } from "../engine/run/verify/verdict.js";
import { NotUpToDateError, verifyTasks } from "../engine/run/verify/verify-run.js";
import { type Command, type CommandInput, exitCodes, type Flags } from "./command.js";
import { findSite, findWorkerFile, openWithRecords, readJobs, readSelection, select, selectionOptionHelp, selectionOptions, type Site } from "./project-commands.js";
import { type Stop, stopOnSignals } from "./stop-on-signals.js";
import { readWait, takeLock, waitHelp, waitValue } from "./wait.js";

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "Prove that artifacts are reproducible: execute each task again in another folder, with another HOME, order of files and clock, and compare bytes.",
  options: { ...selectionOptions, jobs: { type: "string", short: "j" }, external: { type: "boolean" }, wait: { type: "string" } },
  optionHelp: {
    ...selectionOptionHelp,
    jobs: "N  how many tasks at once (default: the cores)",
    external: "execute stages with max_age too, which else are taken as they are",
    wait: waitHelp,
  },
  optionalValues: { wait: waitValue },
  run,
};

async function run({ flags, positionals }: CommandInput): Promise<number> {
  const jobs = readJobs(flags);
  const site = findSite(flags);
  const request = readSelection(flags, positionals, site);
  const stop = stopOnSignals();
  const lock = await takeLock(site, { runId: createRunId(Date.now(), Math.random), waitMs: readWait(flags), signal: stop.signal });
  if (lock === null) {
    stop.forget();
    return stop.signal.aborted ? stop.exitCode() : exitCodes.locked;
  }
  try {
    // What another run was just doing is done.
    const { project, records } = await openWithRecords(site, { isReadOnly: true });
    return await verify({ flags, site, project, records, tasks: await select(project, request), jobs, lock, stop });
  } catch (error) {
    if (!(error instanceof NotUpToDateError)) throw error;
    for (const { task, reasons } of error.stale) process.stderr.write(`${task}  ${formatReasons(reasons)}\n`);
    process.stderr.write(`stitchbook: ${error.message}, so there is nothing to prove; run first.\n`);
    return exitCodes.unusable;
  } finally {
    await lock.release();
    stop.forget();
  }
}

type Verification = {
  readonly flags: Flags;
  readonly site: Site;
  readonly project: Project;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly tasks: readonly Task[];
  readonly jobs: number;
  readonly lock: Lock;
  readonly stop: Stop;
};

async function verify({ flags, site, project, records, tasks, jobs, lock, stop }: Verification): Promise<number> {
  const startedAt = Date.now();
  const width = Math.max(...tasks.map(({ id }) => id.length), 8);
  const isJson = flags.has("json");
  const verdicts = await verifyTasks({
    project,
    records,
    tasks,
    jobs,
    lock,
    stateFolder: site.stateFolder,
    workerFile: findWorkerFile(),
    artistFile: findPackageFile("artist-thread.cjs", "dist/artist-thread.cjs"),
    temporary: tmpdir(),
    isExternal: flags.has("external"),
    env: process.env,
    signal: stop.signal,
    now: Date.now,
    random: Math.random,
    onVerdict: (verdict) => {
      if (!isJson) tell(verdict, formatVerdict(verdict, width), flags);
    },
    onWarning: (task, message) => process.stderr.write(`warning ${task === undefined ? "" : `${task}: `}${message}\n`),
  });
  if (stop.signal.aborted) {
    process.stderr.write("Stopped. Nothing was changed.\n");
    return stop.exitCode();
  }
  const isGood = verdicts.every(isProved);
  if (isJson) process.stdout.write(`${JSON.stringify({ reproducible: isGood, tasks: verdicts.map(toAnswer) })}\n`);
  else if (isGood && !flags.has("quiet")) process.stdout.write(`${summariseVerdicts(verdicts, Date.now() - startedAt)}\n`);
  else if (!isGood) process.stderr.write(`${summariseVerdicts(verdicts, Date.now() - startedAt)} Nothing was changed.\n`);
  return isGood ? exitCodes.ok : exitCodes.failed;
}

/** What is wrong goes to standard error, as a run's failures do. */
function tell(verdict: Verdict, text: string, flags: Flags): void {
  if (!isProved(verdict)) process.stderr.write(`${text}\n`);
  else if (verdict.verdict === "differs") process.stderr.write(`warning ${text}\n`);
  else if (!flags.has("quiet")) process.stdout.write(`${text}\n`);
}

function toAnswer({ isTolerated, durationMs, failure, differences, verdict, task, artifacts, outputs }: Verdict) {
  return { task, verdict, tolerated: isTolerated, artifacts, outputs, duration_ms: durationMs, differences, failure };
}
