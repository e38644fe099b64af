import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Emit } from "../../observe/bus.js";
import type { Masker } from "../../notebook/secrets/masker.js";
import type { CompiledNotebook, ExecutionConditions } from "../../notebook/types.js";
import type { LabelledOutput, TaskRecord } from "../../plan/types.js";
import type { JsonValue, Project, Stage, Task } from "../../project/types.js";
import type { Artist } from "../../report/artist.js";
import type { Lock } from "../lock/lock.js";
import { gatherReportInputs } from "../report-inputs.js";
import { renderFiles, type ReportTask } from "../run-report.js";
import { failureOf, refuseStrayFiles } from "../run-stage.js";
import { labelledOutputs } from "../stored-cells.js";
import { TaskFailure } from "../task-failure.js";
import { createTaskFolder, fillTaskFolder, type InputDigests, removeTaskFolder } from "../task-folder/task-folder.js";
import { taskFolders } from "../task-folder/task-folder-names.js";
import { closeStation, openStation, type StageTask } from "../workers/workers-ahead.js";

/** A year, a month, some days and an odd time of day: whatever part of a date is written, it is another. */
const CLOCK_OFFSET_MS = 403 * 86_400_000 + 5 * 3_600_000 + 17 * 60_000 + 23_000;

/** A place outside of the project where tasks are executed again. All paths are absolute. */
export type Elsewhere = { readonly folder: string; readonly home: string };

export type ElsewhereContext = {
  readonly project: Project;
  /** Absolute path of the project's `.stitchbook/`. */
  readonly stateFolder: string;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly elsewhere: Elsewhere;
  /** Absolute path of the bundled worker. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly masker: Masker;
  readonly lock: Lock;
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, JsonValue>>>;
  readonly compile: (stage: Stage) => Promise<CompiledNotebook>;
  /** Text of a project file; null where none is there. */
  readonly text: (path: string) => string | null;
  readonly artist: Artist;
  readonly emit: Emit;
  readonly signal: AbortSignal;
};

/** What a task made elsewhere. */
export type NewResult = {
  /** Absolute: holds the artifacts under their project paths. */
  readonly folder: string;
  /** Project paths. */
  readonly paths: readonly string[];
  readonly labels: readonly LabelledOutput[];
};

/**
 * Makes a place in another folder with a longer path than the project's own, and an empty HOME in it.
 *
 * @param temporary - absolute; where it is made
 * @param stateFolder - absolute path of `.stitchbook/`
 */
export async function makeElsewhere(temporary: string, stateFolder: string): Promise<Elsewhere & { readonly base: string }> {
  const base = await realpath(await mkdtemp(join(temporary, "stitchbook-verify-")));
  const folder = join(base, "elsewhere".padEnd(Math.min(stateFolder.length - base.length, 100), "-"));
  const home = join(base, "home");
  for (const each of [folder, home]) await mkdir(each);
  return { base, folder, home };
}

/** What the clock of a task is moved by. Reports are rendered without asking it; who asks sources outside must tell these the true time. */
export function clockOffsetOf({ node }: Task): number {
  return node.kind === "stage" && node.maxAgeMs === null ? CLOCK_OFFSET_MS : 0;
}

/**
 * Executes a stage as a run does, but in another folder, with another HOME, another time, and folders in reverse order.
 *
 * @param use - looks at what it made, which is removed afterwards
 * @throws TaskFailure
 */
export async function executeStageElsewhere<T>(context: ElsewhereContext, task: StageTask, use: (result: NewResult) => Promise<T>): Promise<T> {
  const { project, records, elsewhere, env, signal } = context;
  const conditions: ExecutionConditions = { clockOffsetMs: clockOffsetOf(task), reversesFolders: true };
  const station = await openStation({ ...context, stateFolder: elsewhere.folder, env: { ...env, HOME: elsewhere.home }, conditions }, task);
  const stop = () => void station.worker.end();
  signal.addEventListener("abort", stop);
  // The signal may have come while the worker was started.
  if (signal.aborted) stop();
  try {
    const { folder, worker, request } = station;
    const paths = task.outputs.map((output) => output.path);
    const digests = await fillInReverse(folder, task, project);
    requireRecordedInputs(records.get(task.id), digests);
    const result = await worker.execute(request, () => undefined);
    if (signal.aborted) throw new TaskFailure("stopped", "The verification was stopped.");
    if (result.failure !== null) throw failureOf(result);
    await refuseStrayFiles(folder, task, digests);
    return await use({ folder, paths, labels: labelledOutputs(task.node, result.cells) });
  } finally {
    signal.removeEventListener("abort", stop);
    await closeStation(context, station);
  }
}

/**
 * Renders a report again, as the run did that is on record, with its figures drawn anew.
 *
 * @throws TaskFailure
 */
export async function renderReportElsewhere<T>(context: ElsewhereContext, task: ReportTask, use: (result: NewResult) => Promise<T>): Promise<T> {
  const { project, records, elsewhere } = context;
  const record = records.get(task.id);
  if (record === undefined) throw new Error(`Internal error: ${task.id} has no record`);
  const folder = await createTaskFolder({ taskFolders: taskFolders(elsewhere.folder), task: task.id });
  try {
    requireRecordedInputs(record, await fillInReverse(folder, task, project));
    const gathered = await gatherReportInputs(project, task.node, { records, text: context.text, stateFolder: context.stateFolder });
    const files = await renderFiles({ ...context, runId: record.run }, task.node, { folder, gathered, startedAt: Date.parse(record.startedAt) });
    for (const [path, content] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return await use({ folder, paths: [...files.keys()], labels: [] });
  } finally {
    await removeTaskFolder(folder);
  }
}

/** Where a file system lists files as they were made, their order is another. */
async function fillInReverse(folder: string, task: Task, { root }: Project): Promise<InputDigests> {
  const inputs = task.inputs.map(({ path }) => path).reverse();
  const outputs = task.outputs.map(({ path }) => path).reverse();
  return (await fillTaskFolder(folder, { projectRoot: root, inputs, outputs })).digests;
}

function requireRecordedInputs(record: TaskRecord | undefined, digests: InputDigests): void {
  const changed = record?.inputs.find(({ path, sha256 }) => digests.get(path)?.sha256 !== sha256);
  if (changed !== undefined) throw new TaskFailure("input", `${changed.path} was changed meanwhile`, { hint: "Run, then verify again." });
}
