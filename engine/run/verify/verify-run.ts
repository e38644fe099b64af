import { join } from "node:path";
import { compileNotebooks } from "../../notebook/compile/compile-notebooks.js";
import { createMasker, type Masker } from "../../notebook/secrets/masker.js";
import type { Emit } from "../../observe/bus.js";
import { decideOne, findCodeProblems, type PlanContext } from "../../plan/plan-run.js";
import type { Decision, TaskRecord } from "../../plan/types.js";
import { buildId } from "../../project/build-id.js";
import { ProjectError } from "../../project/problems.js";
import type { Project, Task } from "../../project/types.js";
import { createArtist } from "../../report/artist.js";
import { compileStages, createLateCompiler, SourceMovedError } from "../compile-stages.js";
import { compareFiles, compareOutputs } from "./compare-results.js";
import type { Surroundings } from "./difference-hint.js";
import { clockOffsetOf, type Elsewhere, type ElsewhereContext, executeStageElsewhere, makeElsewhere, type NewResult, renderReportElsewhere } from "./execute-elsewhere.js";
import { secretValues } from "../workers/declared-environment.js";
import type { Lock } from "../lock/lock.js";
import { createPlanContext } from "../plan-project.js";
import { removeTaskFolder } from "../task-folder/remove-task-folder.js";
import { pause, retryDelayMs } from "../retry.js";
import type { ReportTask } from "../run-report.js";
import { schedule } from "../schedule.js";
import { toTaskFailure } from "../task-failure.js";
import type { FoundDifference, Verdict } from "./verdict.js";
import type { StageTask } from "../workers/workers-ahead.js";

export type VerifyOptions = {
  readonly project: Project;
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  /** Absolute path of the bundled worker. */
  readonly workerFile: string;
  /** Absolute path of the bundled thread that draws; null to draw in this one. */
  readonly artistFile: string | null;
  /** Absolute: the folder in which tasks are executed is made there. */
  readonly temporary: string;
  /** Whose results are to be proved, in dependency order. */
  readonly tasks: readonly Task[];
  /** Whether stages with `max_age` are executed too. */
  readonly isExternal: boolean;
  /** How many tasks at once. */
  readonly jobs: number;
  readonly lock: Lock;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted to stop. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  /** Told of each task once it is done. */
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onWarning: (task: string | undefined, message: string) => void;
};

/** Tasks without a present result: there is nothing to be proved. */
export class NotUpToDateError extends Error {
  override readonly name = "NotUpToDateError";
  constructor(readonly stale: readonly Decision[]) {
    super(`${stale.length === 1 ? "1 task is" : `${stale.length} tasks are`} not up to date`);
  }
}

/**
 * Executes tasks again in a clean place and compares what they make, byte for byte, with what is on record. Each gets
 * the recorded artifacts of those before it. Nothing of the project is changed but the cache of compiled notebooks.
 *
 * @returns a verdict for each task, in the order given; those that a stop left out are missing
 * @throws NotUpToDateError where a task's result is not the one that a run would leave as it is
 * @throws ProjectError where something is wrong that is known before anything executes
 */
export async function verifyTasks(options: VerifyOptions): Promise<readonly Verdict[]> {
  const { project, records, stateFolder, tasks } = options;
  // At the beginning of time nothing is expired: what is on record is judged, whatever its age.
  const plan = createPlanContext(project, { stateFolder, records, env: options.env, overrides: [], force: new Set(), now: 0, isReadOnly: true });
  await requireUpToDate(plan, tasks);
  const compile = await compileAll(options, plan);
  const elsewhere = await makeElsewhere(options.temporary, stateFolder);
  const artist = createArtist({ threadFile: options.artistFile, cacheFolder: join(elsewhere.base, "plots"), version: buildId ?? "" });
  const emit: Emit = (event) => {
    if (event.event === "run.warning") options.onWarning(event.task, event.message);
  };
  const context = { ...options, elsewhere, parameters: plan.parameters, compile, text: plan.cache.text, artist, emit, masker: createMasker(secretValues(project.stages, options.env)) };
  const verdicts = new Map<string, Verdict>();
  try {
    // Each has its inputs already, so none waits for another, and a bad one spoils no other.
    const independent = tasks.map((task) => ({ id: task.id, dependsOn: [], task }));
    await schedule(independent, {
      jobs: options.jobs,
      keepGoing: true,
      signal: options.signal,
      run: async ({ task }) => {
        const verdict = await judge(context, task);
        if (options.signal.aborted) return false;
        verdicts.set(task.id, verdict);
        options.onVerdict(verdict);
        return true;
      },
    });
  } finally {
    await artist.close();
    await removeTaskFolder(elsewhere.base);
  }
  return tasks.flatMap((task) => verdicts.get(task.id) ?? []);
}

async function requireUpToDate(plan: PlanContext, tasks: readonly Task[]): Promise<void> {
  const errors = (await findCodeProblems(plan)).filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new ProjectError(errors);
  const stale = [];
  for (const task of tasks) {
    const decision = await decideOne(plan, task);
    if (decision.action !== "fresh") stale.push(decision);
  }
  if (stale.length > 0) throw new NotUpToDateError(stale);
}

async function compileAll({ project, stateFolder, tasks, isExternal, signal }: VerifyOptions, { cache }: PlanContext): Promise<ElsewhereContext["compile"]> {
  const executed = new Set(tasks.filter((task) => !isTaken(task, isExternal)).map((task) => task.node.id));
  const compiling = { project, stateFolder, signal, compile: compileNotebooks, cache };
  try {
    const compiled = await compileStages(compiling, project.stages.filter((stage) => executed.has(stage.id)));
    return createLateCompiler(Promise.resolve(compiled), compiling);
  } catch (error) {
    throw error instanceof SourceMovedError ? error.toProjectError() : error;
  }
}

/** Asking a source again proves nothing about the stage. */
function isTaken(task: Task, isExternal: boolean): boolean {
  return task.node.kind === "stage" && task.node.maxAgeMs !== null && !isExternal;
}

type JudgeContext = ElsewhereContext & Pick<VerifyOptions, "isExternal" | "now" | "random"> & { readonly elsewhere: Elsewhere };

async function judge(context: JudgeContext, task: Task): Promise<Verdict> {
  const startedAt = context.now();
  const { node } = task;
  const record = context.records.get(task.id);
  const isTolerated = node.kind === "stage" && !node.idempotent;
  const about = { task: task.id, isTolerated, artifacts: record?.artifacts.length ?? 0, outputs: record?.labels.length ?? 0, differences: [], failure: null, durationMs: 0 };
  if (isTaken(task, context.isExternal)) return { ...about, verdict: "taken" };
  try {
    const differences = await attempt(context, task);
    return { ...about, verdict: differences.length === 0 ? "same" : "differs", differences, durationMs: context.now() - startedAt };
  } catch (error) {
    const { kind, message, place, hint } = toTaskFailure(error, context.masker);
    return { ...about, verdict: "failed", failure: { kind, message, place, hint }, durationMs: context.now() - startedAt };
  }
}

async function attempt(context: JudgeContext, task: Task): Promise<readonly FoundDifference[]> {
  if (isReportTask(task)) return renderReportElsewhere(context, task, (result) => compare(context, task, { result, startedAt: context.now() }));
  if (!isStageTask(task)) throw new Error(`Internal error: ${task.id} is neither a stage nor a report`);
  for (let number = 1; ; number += 1) {
    const startedAt = context.now();
    try {
      return await executeStageElsewhere(context, task, (result) => compare(context, task, { result, startedAt }));
    } catch (error) {
      const failure = toTaskFailure(error, context.masker);
      if (!failure.retryable || number >= task.node.retry.attempts || context.signal.aborted) throw failure;
      await pause(retryDelayMs(task.node.retry, number, { random: context.random, leastMs: failure.retryAfterMs }), context.signal);
    }
  }
}

async function compare(context: JudgeContext, task: Task, { result, startedAt }: { readonly result: NewResult; readonly startedAt: number }): Promise<FoundDifference[]> {
  const record = context.records.get(task.id);
  if (record === undefined) throw new Error(`Internal error: ${task.id} has no record`);
  const offset = clockOffsetOf(task);
  const surroundings: Surroundings = {
    folder: result.folder,
    home: context.elsewhere.home,
    usualHome: context.env["HOME"] ?? null,
    clock: [startedAt + offset, context.now() + offset],
  };
  const files = await compareFiles(record, result.paths, { projectRoot: context.project.root, folder: result.folder, surroundings });
  return [...compareOutputs(record, result.labels, surroundings), ...files].map((difference) => hideSecrets(difference, context.masker));
}

/** A result that is new may hold what none before it did. */
function hideSecrets(difference: FoundDifference, masker: Masker): FoundDifference {
  const hide = (text: string | null) => (text === null ? null : masker.text(text));
  return { ...difference, recorded: hide(difference.recorded), found: hide(difference.found), hint: masker.text(difference.hint) };
}

function isStageTask(task: Task): task is StageTask {
  return task.node.kind === "stage";
}

function isReportTask(task: Task): task is ReportTask {
  return task.node.kind === "report";
}
