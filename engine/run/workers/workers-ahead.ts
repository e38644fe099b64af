import { makeBundleFolder } from "../../notebook/compile/bundle-packages.js";
import type { CompiledNotebook, ExecutionConditions, ExecutionRequest } from "../../notebook/types.js";
import { startWorker, type Worker } from "../../notebook/worker/worker-process.js";
import type { FingerprintParts } from "../../plan/types.js";
import type { Stage, Task } from "../../project/types.js";
import { declaredEnvironment } from "./declared-environment.js";
import type { Lock } from "../lock/lock.js";
import type { RunContext } from "../run-context.js";
import { createTaskFolder, removeTaskFolder } from "../task-folder/task-folder.js";
import { describeStation, type Standby } from "./standby.js";
import { taskFolders } from "../task-folder/task-folder-names.js";

/** A task that is a stage. */
export type StageTask = Task & { readonly node: Stage };

/** A worker behind its fence, with the folder that only it may write. It serves one attempt. */
export type Station = {
  /** Absolute. */
  readonly folder: string;
  readonly worker: Worker;
  /** What the worker is to execute; it was told already. */
  readonly request: ExecutionRequest;
};

/** Keeps who works, so that the next run can end what this one leaves behind. */
type WorkerRecord = Pick<Lock, "recordWorker" | "forgetWorker">;

export type StationContext = Pick<RunContext, "project" | "stateFolder" | "workerFile" | "env" | "parameters" | "masker"> & {
  readonly lock: WorkerRecord;
  /** A stage's notebook, compiled. A worker may be started before that is done. */
  readonly compile: (stage: Stage) => Promise<CompiledNotebook>;
  readonly conditions?: ExecutionConditions;
  /** Where a worker may wait that was told in an earlier run what it will execute. */
  readonly standby?: Standby;
  /** The packages that a stage's code reaches, in the state in which a worker would load them now. */
  readonly describePackages?: (stage: Stage) => Promise<FingerprintParts>;
  /** Limit of a worker's JavaScript heap, in MiB. */
  readonly maxOldSpaceMb?: number;
};

/**
 * Opens a station for a task, and tells its worker what it will execute: the worker then loads packages while nothing
 * waits for it.
 */
export async function openStation(context: StationContext, task: StageTask): Promise<Station> {
  return (await takeFromStandby(context, task)) ?? startStation(context, task);
}

/** @returns null where none waits, or one for another state of things */
async function takeFromStandby(context: StationContext, task: StageTask): Promise<Station | null> {
  const { standby, lock } = context;
  if (standby?.has(task.id) !== true) return null;
  const compiled = await context.compile(task.node);
  const station = await standby.take(task.id, describeStation(makeRequest(context, task, { folder: "", compiled }), await describeSurroundings(context, task.node)));
  if (station !== null) await lock.recordWorker(station.worker.pid);
  return station;
}

/** All besides its request that a prepared worker rests on. */
async function describeSurroundings({ project, env, maxOldSpaceMb, describePackages }: StationContext, stage: Stage): Promise<unknown> {
  // Its masker hides the secrets of all stages.
  const secrets = project.stages.flatMap((each) => each.secrets.map(({ name }) => name));
  return { timezone: project.timezone, env, secrets, maxOldSpaceMb, packages: (await describePackages?.(stage)) ?? null };
}

/**
 * Opens a station that is to wait from one run to the next. It is on nobody's record meanwhile: a worker ends with the
 * process that started it.
 */
export async function openForStandby(context: StationContext, task: StageTask): Promise<{ readonly station: Station; readonly key: string }> {
  // Before the worker loads them: what changes meanwhile then shows.
  const surroundings = await describeSurroundings(context, task.node);
  const station = await startStation({ ...context, lock: unrecorded }, task);
  return { station, key: describeStation({ ...station.request, folder: "" }, surroundings) };
}

const unrecorded = { recordWorker: () => Promise.resolve(), forgetWorker: () => Promise.resolve() };

async function startStation(context: StationContext & { readonly lock: WorkerRecord }, task: StageTask): Promise<Station> {
  const { project, workerFile, env, lock, masker, maxOldSpaceMb } = context;
  const folder = await createTaskFolder({ taskFolders: taskFolders(context.stateFolder), task: task.id });
  const worker = startWorker({ folder, projectRoot: project.root, workerFile, timezone: project.timezone, env, masker, readable: [makeBundleFolder(project.root)], ...(maxOldSpaceMb === undefined ? {} : { maxOldSpaceMb }) });
  try {
    await lock.recordWorker(worker.pid);
    const compiled = await context.compile(task.node);
    const request = makeRequest(context, task, { folder, compiled });
    worker.prepare(request);
    return { folder, worker, request };
  } catch (error) {
    await closeStation(context, { folder, worker });
    throw error;
  }
}

/** Ends a station's worker with all that it started, and removes the folder. */
export async function closeStation({ lock }: { readonly lock: WorkerRecord }, { folder, worker }: Pick<Station, "folder" | "worker">): Promise<void> {
  await worker.end();
  await lock.forgetWorker(worker.pid);
  await removeTaskFolder(folder);
}

function makeRequest(context: StationContext, task: StageTask, { folder, compiled }: { readonly folder: string; readonly compiled: CompiledNotebook }): ExecutionRequest {
  return {
    task: task.id,
    notebook: compiled,
    parameters: context.parameters.get(task.id) ?? {},
    folder,
    projectRoot: context.project.root,
    env: declaredEnvironment(task.node, context.env),
    inputs: task.inputs.map((input) => input.path),
    outputs: task.outputs.map((output) => output.path),
    timeoutMs: task.node.timeoutMs,
    ...(context.conditions === undefined ? {} : { conditions: context.conditions }),
  };
}

/** Stations that are opened before their tasks may start, so that a task need not wait for its process. */
export class WorkersAhead {
  readonly #opening = new Map<string, Promise<Station | null>>();
  /** Those for which there was no room yet, the next first. */
  readonly #wanted = new Map<string, StageTask>();
  #isClosed = false;

  /** @param most - how many may wait at once */
  constructor(
    readonly context: StationContext,
    readonly most: number,
  ) {}

  /** Opens a station for a task that will probably run soon; where enough wait already, once one of these is taken. */
  open(task: StageTask): void {
    if (this.#isClosed || this.#opening.has(task.id)) return;
    if (this.#opening.size >= this.most) return void this.#wanted.set(task.id, task);
    this.#wanted.delete(task.id);
    // That none could be opened shows, with its reason, when the task needs one.
    this.#opening.set(task.id, openStation(this.context, task).catch(() => null));
  }

  /** Closes the station of a task that need not run after all. */
  async drop(task: Pick<Task, "id">): Promise<void> {
    this.#wanted.delete(task.id);
    const station = await this.#opening.get(task.id);
    this.#opening.delete(task.id);
    if (station) await closeStation(this.context, station);
  }

  /** The station that waits for a task, or a new one. */
  async take(task: StageTask): Promise<Station> {
    const waiting = this.#opening.get(task.id);
    this.#opening.delete(task.id);
    this.#wanted.delete(task.id);
    for (const next of this.#wanted.values()) this.open(next);
    return (await waiting) ?? (await openStation(this.context, task));
  }

  /** Closes what nobody took. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#opening.keys()].map((id) => this.drop({ id })));
  }
}
