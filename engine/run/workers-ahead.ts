import type { CompiledNotebook, ExecutionConditions, ExecutionRequest } from "../notebook/types.js";
import { startWorker, type Worker } from "../notebook/worker/worker-process.js";
import type { Stage, Task } from "../project/types.js";
import { declaredEnvironment } from "./declared-environment.js";
import type { RunContext } from "./run-context.js";
import { createTaskFolder, removeTaskFolder } from "./task-folder.js";
import { taskFolders } from "./task-folder-names.js";

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

export type StationContext = Pick<RunContext, "project" | "stateFolder" | "workerFile" | "env" | "lock" | "parameters" | "masker"> & {
  /** A stage's notebook, compiled. A worker may be started before that is done. */
  readonly compile: (stage: Stage) => Promise<CompiledNotebook>;
  readonly conditions?: ExecutionConditions;
  /** Limit of a worker's JavaScript heap, in MiB. */
  readonly maxOldSpaceMb?: number;
};

/**
 * Opens a station for a task, and tells its worker what it will execute: the worker then loads packages while nothing
 * waits for it.
 */
export async function openStation(context: StationContext, task: StageTask): Promise<Station> {
  const { project, workerFile, env, lock, masker, maxOldSpaceMb } = context;
  const folder = await createTaskFolder({ taskFolders: taskFolders(context.stateFolder), task: task.id });
  const worker = startWorker({ folder, projectRoot: project.root, workerFile, timezone: project.timezone, env, masker, ...(maxOldSpaceMb === undefined ? {} : { maxOldSpaceMb }) });
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
export async function closeStation({ lock }: Pick<RunContext, "lock">, { folder, worker }: Pick<Station, "folder" | "worker">): Promise<void> {
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
  #isClosed = false;

  /** @param most - how many may wait at once */
  constructor(
    readonly context: StationContext,
    readonly most: number,
  ) {}

  /** Opens a station for a task that will probably run soon; does nothing where enough wait already. */
  open(task: StageTask): void {
    if (this.#isClosed || this.#opening.has(task.id) || this.#opening.size >= this.most) return;
    // That none could be opened shows, with its reason, when the task needs one.
    this.#opening.set(task.id, openStation(this.context, task).catch(() => null));
  }

  /** Closes the station of a task that need not run after all. */
  async drop(task: Pick<Task, "id">): Promise<void> {
    const station = await this.#opening.get(task.id);
    this.#opening.delete(task.id);
    if (station) await closeStation(this.context, station);
  }

  /** The station that waits for a task, or a new one. */
  async take(task: StageTask): Promise<Station> {
    const waiting = this.#opening.get(task.id);
    this.#opening.delete(task.id);
    return (await waiting) ?? (await openStation(this.context, task));
  }

  /** Closes what nobody took. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#opening.keys()].map((id) => this.drop({ id })));
  }
}
