import { readAllRecords, readEveryRecord } from "../checkpoint/records.js";
import type { compileNotebooks } from "../notebook/compile/compile-notebooks.js";
import { createMasker } from "../notebook/secrets/masker.js";
import { expiryOf } from "../plan/decide.js";
import { createPlanCache } from "../plan/plan-cache.js";
import type { SelectionRequest } from "../plan/select-tasks.js";
import { SelectionError, selectTasks } from "../plan/select-tasks.js";
import type { Decision, TaskRecord } from "../plan/types.js";
import { makeError, ProjectError } from "../project/problems.js";
import { resolveParameters } from "../project/parameters/parameter-values.js";
import { surveyProject } from "../project/read-project.js";
import type { Project, Task } from "../project/types.js";
import type { Artist } from "../report/artist.js";
import { compileStages } from "../run/compile-stages.js";
import { secretValues } from "../run/workers/declared-environment.js";
import { executeRun } from "../run/execute-run.js";
import { acquireLock, explainHeldLock, type Lock } from "../run/lock/lock.js";
import { madePaths } from "../run/upkeep/made-paths.js";
import { createRunId } from "../run/run-id.js";
import { isStageTask } from "../run/prepare-run.js";
import { openForStandby, type StationContext } from "../run/workers/workers-ahead.js";
import type { StandbyStations } from "../run/workers/standby.js";
import type { Watched } from "./changes.js";
import type { EmitWatch } from "./events.js";
import { findWatched } from "./watched-paths.js";

/** What stays the same from round to round. */
export type RoundMeans = {
  /** Absolute. */
  readonly root: string;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly workerFile: string;
  readonly artist: Artist;
  readonly compile: typeof compileNotebooks;
  readonly standby: StandbyStations;
  readonly request: SelectionRequest;
  readonly overrides: readonly string[];
  readonly jobs: number;
  readonly keepGoing: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly random: () => number;
};

export type RoundOptions = {
  readonly round: number;
  /** Looks at all that is watched, once the lock is held and before anything is read. */
  readonly look: () => Promise<void>;
  readonly stop: AbortSignal;
  readonly drain: AbortSignal;
  readonly signalOf: (task: string) => AbortSignal;
  readonly emitOf: (runId: string) => EmitWatch;
  /** Told as soon as the project is read. */
  readonly onRead: (read: RoundRead) => void;
  readonly onPlanned: (decisions: ReadonlyMap<string, Decision>) => void;
};

export type RoundRead = { readonly project: Project; readonly selected: readonly Task[]; readonly records: ReadonlyMap<string, TaskRecord> };

/** What a round leaves for what comes after it. */
export type RoundResult = {
  /** What to watch from now on; null where not even stitchbook.yaml could be read. */
  readonly watched: Watched | null;
  readonly selected: readonly Task[];
  /** When a result will first be too old, in milliseconds since 1970; Infinity: never. */
  readonly expiresAtMs: number;
  /** Prepares workers for the next round; null where the project is not sound. */
  readonly prepare: ((tasks: readonly string[], signal: AbortSignal) => Promise<void>) | null;
};

/** Reads the project and brings it up to date, once. What is wrong with it is told, and no error. */
export async function runRound(means: RoundMeans, options: RoundOptions): Promise<RoundResult> {
  const { round, stop, drain } = options;
  const startedAt = means.now();
  const runId = createRunId(startedAt, means.random);
  const emit = options.emitOf(runId);
  const reading: Reading = { survey: null, selected: [], reached: new Map() };
  let isSound = false;
  try {
    const lock = await takeLock(means, { ...options, runId, emit });
    if (lock === null) return { watched: null, selected: [], expiresAtMs: Infinity, prepare: null };
    try {
      await options.look();
      const read = await readSelected(means, reading);
      options.onRead(read);
      await executeRun({
        ...means,
        project: read.project, selected: read.selected, records: read.records, runId, lock, emit,
        artistFile: null,
        force: new Set(),
        isForgotten: true,
        request: { targets: means.request.targets },
        signal: stop,
        drain,
        signalOf: options.signalOf,
        onPlanned: options.onPlanned,
        compile: compileAndTrace(means, reading),
      });
      isSound = true;
    } finally {
      await lock.release();
    }
  } catch (error) {
    tellFailure(error, { emit, round, durationMs: means.now() - startedAt });
  }
  const { survey, selected } = reading;
  if (survey === null) return { watched: null, selected, expiresAtMs: Infinity, prepare: null };
  const cache = createPlanCache(means.root, { stateFolder: means.stateFolder, isReadOnly: true });
  const watched = await findWatched({ project: survey.project, basis: survey.basis, selected, cache, reached: reading.reached });
  return { watched, selected, expiresAtMs: findExpiry(means, selected), prepare: isSound ? (tasks, signal) => prepareWorkers(means, { project: survey.project, selected, cache, signal }, tasks) : null };
}

/** What is too old already, since it failed when it was to be made anew, waits for a change. */
function findExpiry({ stateFolder, now }: RoundMeans, selected: readonly Task[]): number {
  const aging = selected.filter(({ node }) => node.kind === "stage" && node.maxAgeMs !== null);
  const records = readAllRecords(stateFolder, aging.map(({ id }) => id));
  const times = aging.map((task) => expiryOf(task, records.get(task.id)?.startedAt ?? ""));
  return times.reduce((soonest, time) => (time >= now() ? Math.min(soonest, time) : soonest), Infinity);
}

type Reading = {
  survey: Awaited<ReturnType<typeof surveyProject>> | null;
  selected: readonly Task[];
  readonly reached: Map<string, readonly string[]>;
};

/** @throws ProjectError where the project is not sound */
async function readSelected({ root, stateFolder, request }: RoundMeans, reading: Reading): Promise<RoundRead> {
  const records = readEveryRecord(stateFolder);
  const survey = await surveyProject(root, { orphans: madePaths(records) });
  reading.survey = survey;
  reading.selected = survey.project.tasks;
  if (survey.problems.some(({ severity }) => severity === "error")) throw new ProjectError(survey.problems);
  const project = { ...survey.project, warnings: survey.problems };
  try {
    reading.selected = selectTasks(project, request);
  } catch (error) {
    if (!(error instanceof SelectionError)) throw error;
    throw new ProjectError([makeError({ code: "unknown-target", place: { file: "stitchbook.yaml" }, message: error.message, hint: "it was there when watching began; rename it back, or start `stitchbook watch` anew" })]);
  }
  return { project, selected: reading.selected, records };
}

/** Remembers on which modules the types of notebooks rest: an error in one may have to be mended in another. */
function compileAndTrace({ compile }: RoundMeans, reading: Reading): typeof compileNotebooks {
  return async (options) => {
    const compilation = await compile(options);
    for (const [notebook, paths] of compilation.reached) reading.reached.set(notebook, paths);
    return compilation;
  };
}

type LockOptions = Pick<RoundOptions, "round" | "stop"> & { readonly runId: string; readonly emit: EmitWatch };

/** Waits for whoever holds the project. @returns null where watching ended meanwhile */
async function takeLock({ stateFolder }: RoundMeans, { round, stop, runId, emit }: LockOptions): Promise<Lock | null> {
  const lock = await acquireLock({
    stateFolder, run: runId, waitMs: Infinity, signal: stop,
    onWait: (held) => emit({ event: "watch.waiting", round, message: explainHeldLock(held).message }),
  });
  return "heldBy" in lock ? null : lock;
}

function tellFailure(error: unknown, { emit, round, durationMs }: { readonly emit: EmitWatch; readonly round: number; readonly durationMs: number }): void {
  const about = { round, duration_ms: durationMs };
  if (error instanceof ProjectError) return emit({ event: "watch.broken", problems: error.problems.filter(({ severity }) => severity === "error"), ...about });
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : null;
  const message = error instanceof Error ? (hint === null ? (error.stack ?? error.message) : error.message) : String(error);
  emit({ event: "watch.failed", message, hint, ...about });
}

type Prepared = Pick<RoundRead, "project" | "selected"> & { /** Aborted when the next round begins. */ readonly signal: AbortSignal; readonly cache: ReturnType<typeof createPlanCache> };

/** Starts workers for tasks that will probably run in the next round. That one can't be started shows when it is needed. */
async function prepareWorkers(means: RoundMeans, { project, selected, cache, signal }: Prepared, tasks: readonly string[]): Promise<void> {
  const { values } = resolveParameters(project, means.overrides);
  const wanted = selected.filter(isStageTask).filter(({ id }) => tasks.includes(id));
  await means.standby.keepOnly(new Set(wanted.map(({ id }) => id)));
  const missing = wanted.filter(({ id }) => !means.standby.has(id));
  if (missing.length === 0) return;
  const stages = [...new Set(missing.map(({ node }) => node))];
  const compiled = await compileStages({ project, stateFolder: means.stateFolder, signal, compile: means.compile, cache }, stages);
  const context: StationContext = {
    ...means, project, parameters: values,
    masker: createMasker(secretValues(project.stages, means.env)),
    lock: { recordWorker: () => Promise.resolve(), forgetWorker: () => Promise.resolve() },
    compile: (stage) => {
      const notebook = compiled.get(stage.file);
      return notebook === undefined ? Promise.reject(new Error(`${stage.file} has an error`)) : Promise.resolve(notebook);
    },
    describePackages: async (stage) => cache.packages.describe((await cache.code(project, stage)).packages),
  };
  for (const task of missing) {
    if (signal.aborted) return;
    const opened = await openForStandby(context, task).catch(() => null);
    if (opened !== null) await means.standby.add(task.id, opened);
  }
}
