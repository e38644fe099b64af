import { readlink } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import { failedWith, orNullIfMissing, type FileSystem } from "../publish/file-system.js";
import { identifyProcess, listGroup, listProcess, readMachine, type ProcessIdentity } from "./process-identity.js";

/** A worker that had to end and did not. */
export class WorkerStillRunningError extends Error {
  override readonly name = "WorkerStillRunningError";
  readonly hint: string;
  constructor(readonly pid: number, reason: string) {
    super(`A worker of an earlier run (process group ${pid}) could not be ended: ${reason}.`);
    this.hint = `End it yourself (kill -KILL -- -${pid}), then run again.`;
  }
}

const endTimeoutMs = 10_000;

/**
 * Notes a worker in the companion file of a lock. The worker leads its own process group.
 *
 * @returns its identity, or null if it is already gone
 */
export async function appendWorker(path: string, pid: number, fs: FileSystem): Promise<ProcessIdentity | null> {
  const [identity, listed] = await Promise.all([identifyProcess(pid), listProcess(pid)]);
  if (identity === null || listed === null) return null;
  if (listed.group !== pid) throw new Error(`Internal error: worker ${pid} does not lead a process group of its own`);
  await appendLine(path, { started: identity }, fs);
  return identity;
}

/** Notes that a worker has ended. */
export function appendEndOfWorker(path: string, identity: ProcessIdentity, fs: FileSystem): Promise<void> {
  return appendLine(path, { ended: identity }, fs);
}

/**
 * The workers that a companion file tells of and that were not seen to end.
 *
 * @param path - absolute; may be missing
 */
export async function readWorkers(path: string, fs: FileSystem): Promise<readonly ProcessIdentity[]> {
  const text = (await orNullIfMissing(fs.readFile(path, "utf8"))) ?? "";
  const workers = new Map<string, ProcessIdentity>();
  for (const line of text.split("\n")) {
    const entry = parseLine(line);
    if (entry?.started !== undefined) workers.set(keyOf(entry.started), entry.started);
    if (entry?.ended !== undefined) workers.delete(keyOf(entry.ended));
  }
  return [...workers.values()];
}

/**
 * Kills the process groups of workers and waits until nothing of them is left. A process that merely has
 * a worker's number by now is left alone.
 *
 * @param tasksFolder - absolute; where workers have their working directories
 * @throws {WorkerStillRunningError} when one can't be killed, or stays for ten seconds
 */
export async function endWorkers(workers: readonly ProcessIdentity[], tasksFolder: string): Promise<void> {
  const here = await readMachine();
  const reachable = workers.filter((worker) => worker.bootId === here.bootId && worker.pidNamespace === here.pidNamespace);
  await Promise.all(reachable.map((worker) => endGroup(worker, tasksFolder)));
}

async function endGroup(worker: ProcessIdentity, tasksFolder: string): Promise<void> {
  const deadline = Date.now() + endTimeoutMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const targets = await findTargets(worker, tasksFolder);
    if (targets.length === 0) return;
    for (const target of targets) kill(target, worker);
    if (Date.now() > deadline) throw new WorkerStillRunningError(worker.pid, "it is still there ten seconds after SIGKILL");
    await sleep(pauseMs);
  }
}

function kill(target: number, worker: ProcessIdentity): void {
  try {
    process.kill(target, "SIGKILL");
  } catch (error) {
    if (failedWith(error, "EPERM")) throw new WorkerStillRunningError(worker.pid, "it belongs to another user");
    if (!failedWith(error, "ESRCH")) throw error;
  }
}

/**
 * Whom to kill: the whole group while its leader is certainly the worker (be it as a zombie), else those of
 * the group that are at work in our folder; nobody once all are gone.
 */
async function findTargets(worker: ProcessIdentity, tasksFolder: string): Promise<readonly number[]> {
  const group = await listGroup(worker.pid);
  const living = group.filter((member) => !member.isZombie).map((member) => member.pid);
  const leader = group.find((member) => member.pid === worker.pid);
  if (leader !== undefined) return leader.startTime === worker.startTime && living.length > 0 ? [-worker.pid] : [];
  const isOurs = await Promise.all(living.map((pid) => isWorkingIn(pid, tasksFolder)));
  return living.filter((_, index) => isOurs[index] === true);
}

async function isWorkingIn(pid: number, folder: string): Promise<boolean> {
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => "");
  return directory.startsWith(folder + sep);
}

async function appendLine(path: string, entry: Entry, fs: FileSystem): Promise<void> {
  const handle = await fs.open(path, "a");
  try {
    // A line of its own even after one that was cut short.
    const bytes = Buffer.from(`\n${workerLine(entry)}`);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) throw Object.assign(new Error(`${path} was cut short`), { code: "ENOSPC" });
  } finally {
    await handle.close();
  }
}

/** A line of a companion file. Sealed: by a damaged one another process might be killed. */
export function workerLine(entry: Entry): string {
  return sealText(entry);
}

type Entry = { readonly started?: ProcessIdentity; readonly ended?: ProcessIdentity };

function parseLine(line: string): Entry | null {
  // One that was cut short by a kill is of a worker that was not yet given anything to do.
  const value = line === "" ? null : unsealText(Buffer.from(`${line}\n`));
  if (typeof value !== "object" || value === null) return null;
  if ("started" in value && isIdentity(value.started)) return { started: value.started };
  if ("ended" in value && isIdentity(value.ended)) return { ended: value.ended };
  return null;
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null || !("pid" in value)) return false;
  // kill(-1) would end everything.
  if (typeof value.pid !== "number" || !Number.isSafeInteger(value.pid) || value.pid <= 1) return false;
  const texts = new Map<string, unknown>(Object.entries(value));
  return ["hostname", "machineId", "bootId", "pidNamespace", "startTime"].every((key) => typeof texts.get(key) === "string");
}

function keyOf(identity: ProcessIdentity): string {
  return `${identity.bootId} ${identity.pidNamespace} ${identity.pid} ${identity.startTime}`;
}
