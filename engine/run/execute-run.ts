import { settleStates } from "../checkpoint/artifact-check.js";
import type { compileNotebooks } from "../notebook/compile/compile-notebooks.js";
import type { Emit } from "../observe/bus.js";
import type { RunEvent, RunStatus } from "../observe/events.js";
import { editedArtifacts, isOnlyVerified } from "../plan/decide.js";
import { shortSecrets } from "../plan/environment.js";
import { decideOne } from "../plan/plan-run.js";
import type { Decision, TaskRecord } from "../plan/types.js";
import type { Project, Task } from "../project/types.js";
import { copyArtifacts } from "./copy-artifacts.js";
import type { Lock } from "./lock/lock.js";
import { closeOutputFolder } from "./output-place.js";
import type { Artist } from "../report/artist.js";
import { isStageTask, isStale, type PlannedRun, prepareRun } from "./prepare-run.js";
import { remember } from "./memory/keep-history.js";
import { readNeeds } from "./upkeep/present-needs.js";
import { refreshView } from "./view/refresh-view.js";
import { restoreTask } from "./restore-task.js";
import type { RunContext } from "./run-context.js";
import { gatherDeeds } from "./memory/run-deeds.js";
import { runReport, type ReportTask } from "./run-report.js";
import { runStage } from "./run-stage.js";
import { schedule } from "./schedule.js";
import type { Standby } from "./workers/standby.js";
import { toTaskFailure } from "./task-failure.js";
import { keepRecord, verifyAgain } from "./verify-task.js";

export type RunOptions = {
  readonly project: Project;
  readonly runId: string;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  /** Absolute path of the bundled worker. */
  readonly workerFile: string;
  /** Limit of a worker's JavaScript heap, in MiB; default Node's. */
  readonly maxOldSpaceMb?: number;
  /** Absolute path of the bundled thread that draws; null to draw in this one. */
  readonly artistFile: string | null;
  /** `name=value` or `stage.name=value`. */
  readonly overrides: readonly string[];
  readonly force: ReadonlySet<string>;
  /** The tasks to bring up to date, in dependency order; all where absent. */
  readonly selected?: readonly Task[];
  /** Records as they are on the disk, where they were read under this run's lock. */
  readonly records?: ReadonlyMap<string, TaskRecord>;
  /** True where no recorded state of a file is to be trusted. */
  readonly rehash?: boolean;
  /** Absolute path of the folder to publish to; then the project's artifacts and records stay as they are. */
  readonly outputFolder?: string;
  /** What was asked for, for the log. */
  readonly request?: Partial<Pick<Extract<RunEvent, { event: "run.start" }>, "targets" | "selection">>;
  /** How many tasks at once. */
  readonly jobs: number;
  readonly keepGoing: boolean;
  /** True where the run is not added to the history: `watch` runs at every change. */
  readonly isForgotten?: boolean;
  readonly lock: Lock;
  readonly emit: Emit;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted to stop the run. */
  readonly signal: AbortSignal;
  /** Aborted to start nothing more: what runs goes on to its end, and the run then ends as stopped. */
  readonly drain?: AbortSignal;
  /** A task's own signal, aborted to stop what it runs. */
  readonly signalOf?: (task: string) => AbortSignal;
  /** Draws for several runs; by default each has one of its own. Whoever made it closes it. */
  readonly artist?: Artist;
  /** Where a task may find its worker ready, and told already what it will execute. */
  readonly standby?: Standby;
  /** Told what was decided, before the first task starts. */
  readonly onPlanned?: (decisions: ReadonlyMap<string, Decision>) => void;
  /** Compiles notebooks; default `compileNotebooks`. */
  readonly compile?: typeof compileNotebooks;
  /** Asked before the last word of a run that nobody stopped: whether an alert makes it end as `alerted`. */
  readonly conclude?: (ended: EndedRun) => Promise<boolean>;
  readonly now: () => number;
  readonly random: () => number;
};

/** A run whose tasks are over. */
export type EndedRun = {
  readonly status: "ok" | "failed";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Absolute path of the folder that holds the artifacts. */
  readonly artifactRoot: string;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly artist: Pick<RunContext["artist"], "plot" | "picture">;
};

/**
 * Brings the selected tasks up to date, in dependency order.
 *
 * Publications that an earlier run did not finish are finished first. All notebooks that may execute are compiled and
 * type-checked before the first of them starts.
 *
 * @returns how the run ended
 * @throws ProjectError where something is wrong that is known before anything runs; nothing was changed then
 */
export async function executeRun(options: RunOptions): Promise<RunStatus> {
  const { project, now, selected = project.tasks, outputFolder, overrides } = options;
  const startedAt = now();
  const deeds = gatherDeeds(now);
  const emit: Emit = (event) => {
    deeds.note(event);
    options.emit(event);
  };
  const starting = options.drain === undefined ? options.signal : AbortSignal.any([options.signal, options.drain]);
  const context = await prepareRun({ ...options, emit, starting }).catch((error: unknown) => {
    if (!starting.aborted) throw error;
    return null;
  });
  emit({
    event: "run.start",
    project: project.name,
    tasks: selected.length,
    targets: [],
    ...options.request,
    ...(overrides.length === 0 ? {} : { params: overrides }),
    ...(outputFolder === undefined ? {} : { output_dir: outputFolder }),
  });
  for (const { message } of shortSecrets(project, options.env)) emit({ event: "run.warning", message });
  const counts = { executed: 0, restored: 0, fresh: 0, failed: 0 };
  if (context === null) {
    emit({ event: "run.done", status: "stopped", duration_ms: now() - startedAt, ...counts, not_run: selected.map((task) => task.id) });
    return "stopped";
  }
  options.onPlanned?.(context.decisions);
  const memory = options.isForgotten === true ? null : remember(context, { ...options, deeds, startedAt });
  const outcomes = await schedule(selected, {
    jobs: options.jobs,
    keepGoing: options.keepGoing,
    signal: starting,
    soon: (task) => {
      if (isStageTask(task) && isStale(context.decisions.get(task.id))) context.ahead.open(task);
    },
    run: async (task) => {
      const outcome = await bringUpToDate(context, task);
      counts[outcome] += 1;
      return outcome !== "failed";
    },
  }).finally(() => context.ahead.close());
  await Promise.all(context.views.values());
  const isCutShort = starting.aborted && [...outcomes.values()].some((outcome) => outcome !== "done");
  const status = isCutShort ? "stopped" : await conclude(options, { context, startedAt, hasFailed: counts.failed > 0 });
  if (options.artist === undefined) await context.artist.close();
  await closeOutputFolder(context.place);
  await tidyStore(context);
  const notRun = [...outcomes].flatMap(([id, outcome]) => (outcome === "not-run" ? [id] : []));
  const durationMs = now() - startedAt;
  await memory?.keep({ status, durationMs, notRun });
  emit({ event: "run.done", status, duration_ms: durationMs, ...counts, not_run: notRun });
  return status;
}

async function conclude(options: RunOptions, { context, startedAt, hasFailed }: { readonly context: PlannedRun; readonly startedAt: number; readonly hasFailed: boolean }): Promise<RunStatus> {
  if (options.signal.aborted) return "stopped";
  const status = hasFailed ? "failed" : "ok";
  const { place, records, artist } = context;
  const isAlerted = (await options.conclude?.({ status, startedAt, artifactRoot: place.root, records, artist })) ?? false;
  if (options.signal.aborted) return "stopped";
  return isAlerted && status === "ok" ? "alerted" : status;
}

async function bringUpToDate(context: PlannedRun, task: Task): Promise<"executed" | "restored" | "fresh" | "failed"> {
  const startedAt = context.now();
  try {
    // Where nothing was stale, nothing takes long enough for anything to change meanwhile.
    const decision = (context.isUpToDate ? context.decisions.get(task.id) : undefined) ?? (await decideOne(context.plan, task));
    if (decision.action === "fresh") {
      await Promise.all([context.ahead.drop(task), context.place.isElsewhere ? copyArtifacts(context, task) : settle(context, task)]);
      if (isStageTask(task)) await refreshView(context, task);
      context.emit({ event: "task.done", task: task.id, action: "fresh", duration_ms: context.now() - startedAt, rows: null });
      return "fresh";
    }
    const restored = decision.action === "restore" ? await restoreTask(context, task, decision) : null;
    if (restored !== null) await context.ahead.drop(task);
    const { rows } = restored ?? (await execute(context, task, decision));
    warnOfEdits(context, task, { decision, isRestored: restored !== null });
    context.emit({ event: "task.done", task: task.id, action: restored === null ? "run" : "restore", duration_ms: context.now() - startedAt, rows });
    return restored === null ? "executed" : "restored";
  } catch (error) {
    const { attempt, kind, message, place, hint, traceback } = toTaskFailure(error, context.masker);
    context.emit({ event: "task.failed", task: task.id, attempt, kind, message, place, hint, traceback });
    return "failed";
  }
}

async function execute(context: RunContext, task: Task, decision: Decision): Promise<{ readonly rows: number | null }> {
  if (isOnlyVerified(decision)) {
    const verified = await verifyAgain(context, task, decision.reasons);
    if (isStageTask(task)) await refreshView(context, task);
    if (context.place.isElsewhere) await copyArtifacts(context, task);
    return verified;
  }
  if (isStageTask(task)) return runStage(context, task, decision.reasons);
  if (isReportTask(task)) return runReport(context, task, decision.reasons);
  throw new Error(`Internal error: ${task.id} is neither a stage nor a report`);
}

/** Whoever edited an artifact must learn that the edit is gone, and where to make it instead. */
function warnOfEdits(context: RunContext, task: Task, { decision, isRestored }: { readonly decision: Decision; readonly isRestored: boolean }): void {
  const edited = editedArtifacts(decision);
  if (edited.length === 0 || context.place.isElsewhere) return;
  const [was, has] = edited.length === 1 ? ["was", "has"] : ["were", "have"];
  const how = isRestored ? "put back from the store" : "made again";
  context.emit({ event: "run.warning", task: task.id, message: `${edited.join(", ")} ${was} edited by hand and ${has} been ${how}. To change the result, edit ${task.node.file}.` });
}

/** Bounds the store where this run has put something into it. */
async function tidyStore({ store, storeUse, stateFolder, project, now, signal, emit }: RunContext): Promise<void> {
  if (storeUse.addedBytes === 0 || signal.aborted) return;
  try {
    const { boundStore } = await import("../store/bound-store.js");
    await boundStore(store.folder, { addedBytes: storeUse.addedBytes, needs: async () => readNeeds(stateFolder, project), now: now() });
  } catch (error) {
    emit({ event: "run.warning", message: `the store could not be tidied: ${error instanceof Error ? error.message : String(error)}` });
  }
}

/** States of files that were too young to be trusted when they were recorded are put on record once they are old enough. */
async function settle(context: RunContext, task: Task): Promise<void> {
  const record = context.records.get(task.id);
  const settled = record === undefined ? null : await settleStates(context.project.root, record, context.now());
  if (settled !== null) await keepRecord(context, settled);
}

function isReportTask(task: Task): task is ReportTask {
  return task.node.kind === "report";
}
