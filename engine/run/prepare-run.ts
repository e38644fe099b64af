import { dirname, join } from "node:path";
import { readAllRecords, readRecord } from "../checkpoint/records.js";
import { compileNotebooks } from "../notebook/compile/compile-notebooks.js";
import { createMasker } from "../notebook/secrets/masker.js";
import { mayExecute } from "../plan/decide.js";
import { planRun } from "../plan/plan-run.js";
import type { Decision, TaskRecord } from "../plan/types.js";
import { buildId } from "../project/build-id.js";
import { removeLeftCacheFiles } from "../project/cache-file.js";
import type { Project, Task } from "../project/types.js";
import { createArtist } from "../report/artist.js";
import { openStore } from "../store/store.js";
import { compileStages, createLateCompiler, mostReadings, SourceMovedError } from "./compile-stages.js";
import { secretValues } from "./workers/declared-environment.js";
import { removeStrayTemporaries } from "./publish/durable-file.js";
import type { RunOptions } from "./execute-run.js";
import { storeFolderName } from "./find-stored.js";
import { digestFrom, openOutputFolder, projectPlace } from "./output-place.js";
import { createPlanContext } from "./plan-project.js";
import { recoverPublications } from "./publish/recover-publications.js";
import type { RunContext } from "./run-context.js";
import { removeLeftTaskFolders } from "./task-folder/task-folder.js";
import { taskFolders } from "./task-folder/task-folder-names.js";
import { viewFolder } from "./view/view.js";
import { type StageTask, WorkersAhead } from "./workers/workers-ahead.js";

/** A run with what was decided before it began. */
export type PlannedRun = RunContext & {
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Whether nothing at all was stale. */
  readonly isUpToDate: boolean;
};

/** `starting`: aborted once nothing more is to be started. */
type Preparation = RunOptions & { readonly starting: AbortSignal };

/**
 * Finishes what earlier runs left, plans, and compiles every notebook that may execute.
 *
 * @throws ProjectError where something is wrong that is known before anything runs; nothing was changed then
 * @throws the signal's reason once it is aborted
 */
export async function prepareRun(options: Preparation): Promise<PlannedRun> {
  const { project, stateFolder, emit, starting } = options;
  starting.throwIfAborted();
  const records = new Map(options.records ?? readAllRecords(stateFolder, project.tasks.map((task) => task.id)));
  for (const { task, outcome, reason } of await recoverPublications({ projectRoot: project.root, stateFolder })) {
    if (outcome === "abandoned") {
      await removeStrayOutputs(project);
      emit({ event: "run.warning", task, message: `the publication that an earlier run began was given up: ${reason ?? "unknown"}` });
    }
    const record = readRecord(stateFolder, task);
    if (record !== null) records.set(task, record);
  }
  await removeLeftTaskFolders(taskFolders(stateFolder), options.standby?.folders ?? new Set());
  await removeStrayTemporaries(join(project.root, viewFolder));
  for (const folder of ["", "cache", "cache/packages", "cache/plots", "code", "history", "types"]) removeLeftCacheFiles(join(stateFolder, folder));
  for (let reading = 1; ; reading += 1) {
    try {
      return await planAndCompile(options, records);
    } catch (error) {
      if (!(error instanceof SourceMovedError)) throw error;
      if (reading === mostReadings) throw error.toProjectError();
    }
  }
}

/** What was put beside the artifacts is known from the journal alone; where that is lost, all their folders are searched. */
async function removeStrayOutputs(project: Project): Promise<void> {
  const images = project.reports.map((report) => report.outputs.images);
  const folders = new Set([...images, ...project.tasks.flatMap((task) => task.outputs.map((output) => dirname(output.path)))]);
  for (const folder of folders) await removeStrayTemporaries(join(project.root, folder));
}

/** @throws SourceMovedError where a source was edited meanwhile */
async function planAndCompile(options: Preparation, records: Map<string, TaskRecord>): Promise<PlannedRun> {
  const { project, stateFolder, outputFolder, starting: signal } = options;
  const planned = createPlanContext(project, { ...options, records, now: options.now(), isReadOnly: false });
  const decisions = await planRun(planned);
  signal.throwIfAborted();
  const { parameters } = planned;
  const compiling = { project, stateFolder, signal, compile: options.compile ?? compileNotebooks, cache: planned.cache };
  const stale = new Set(project.tasks.filter((task) => isStale(decisions.get(task.id))).map((task) => task.node.id));
  const compiled = compileStages(compiling, project.stages.filter((stage) => stale.has(stage.id)));
  const masker = createMasker(secretValues(project.stages, options.env));
  const ahead = new WorkersAhead({ ...options, parameters, masker, compile: createLateCompiler(compiled, compiling), describePackages: async (stage) => planned.cache.packages.describe((await planned.cache.code(project, stage)).packages) }, options.jobs);
  const artist = options.artist ?? createArtist({ threadFile: options.artistFile, cacheFolder: join(stateFolder, "cache", "plots"), version: buildId ?? "" });
  const first = project.tasks.filter(isStageTask).filter((task) => isStale(decisions.get(task.id))).slice(0, options.jobs);
  for (const task of first) ahead.open(task);
  try {
    await compiled;
    const place = outputFolder === undefined ? projectPlace(project.root, stateFolder) : await openOutputFolder(project.root, outputFolder);
    const plan = { ...planned, digest: digestFrom(place, project.root, planned.digest) };
    const store = openStore({ folder: join(stateFolder, storeFolderName) });
    const isUpToDate = [...decisions.values()].every(({ action }) => action === "fresh");
    return { ...options, place, parameters, records, plan, decisions, isUpToDate, ahead, artist, masker, store, storeUse: { addedBytes: 0, hasWarned: false }, views: new Map() };
  } catch (error) {
    await ahead.close();
    throw error;
  }
}

/** Whether a task may execute cells, as far as the plan knows. */
export function isStale(decision: Decision | undefined): boolean {
  return decision !== undefined && mayExecute(decision);
}

export function isStageTask(task: Task): task is StageTask {
  return task.node.kind === "stage";
}
