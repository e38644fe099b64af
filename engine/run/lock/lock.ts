import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, explainFileError, fileSystem, removeFile, type FileSystem } from "../publish/file-system.js";
import { createNumberedFile, findHighestNumber, numberedName, pruneLockFolder, readLockFile, type NumberedFile, type Owner } from "./lock-folder.js";
import { checkLiveness, identifyProcess, type ProcessIdentity } from "./process-identity.js";
import { appendEndOfWorker, appendWorker, endWorkers, readWorkers } from "./worker-groups.js";
import { taskFolders } from "../task-folder/task-folder-names.js";

/*
 * Who holds the project? The owner of the highest-numbered file of `.stitchbook/lock/`.
 *
 *   000017 held, owner lives ──▶ wait, or give up
 *   000017 released, or owner gone ──▶ link 000018 ──taken──▶ look again
 *                                          │made
 *                                          ▼
 *                    is 000018 still the highest? ──no──▶ remove it, look again
 *                                          │yes
 *                                          ▼
 *                    end the workers that past owners recorded, prune, run
 *
 * The highest file is never removed, and a number is never used twice while a slow contender may still want it.
 */

/** The right to change this project, until released or until the process ends. */
export type Lock = {
  readonly owner: Owner;
  /** To be awaited after a worker (leader of its own process group) has started and before it is given its task. */
  recordWorker(pid: number): Promise<void>;
  /** After a worker's whole group has ended. */
  forgetWorker(pid: number): Promise<void>;
  /** Ends workers that are still recorded, then lets the next one in. */
  release(): Promise<void>;
};

export type HeldLock = {
  readonly heldBy: Owner;
  /** Absolute path of the lock file. */
  readonly file: string;
  /** True where the owner is on another machine or in another container, so that nobody here can tell whether it lives. */
  readonly isElsewhere: boolean;
};

export type LockOptions = {
  /** Absolute path of `.stitchbook/`; made if missing. */
  readonly stateFolder: string;
  /** Run id, for messages. */
  readonly run: string;
  /** How long to wait for a running one; default not at all. */
  readonly waitMs?: number;
  /** Called once for each owner that is waited for. */
  readonly onWait?: (held: HeldLock) => void;
  /** Ends the waiting early. */
  readonly signal?: AbortSignal;
  readonly fs?: FileSystem;
};

/** The lock can be neither taken nor judged. */
export class LockError extends Error {
  override readonly name = "LockError";
  constructor(message: string, readonly hint: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Takes the project's lock, from a dead owner too; then no worker of an earlier run lives any more.
 *
 * @returns the lock, or who holds it
 * @throws {LockError} when a lock file is damaged, or none can be written
 * @throws {WorkerStillRunningError} when a worker of an earlier run can't be ended
 */
export async function acquireLock(options: LockOptions): Promise<Lock | HeldLock> {
  const fs = options.fs ?? fileSystem;
  const folder = join(options.stateFolder, "lock");
  const owner = await describeSelf(options.run);
  const deadline = Date.now() + (options.waitMs ?? 0);
  const damage = { since: Date.now() };
  let waitedFor = "";
  for (;;) {
    const attempt = await tryToAcquire(folder, owner, fs).catch(throwAsLockError);
    if (attempt.kind === "acquired") return takePossession(options.stateFolder, owner, attempt, fs);
    if (attempt.kind === "damaged") await sleepOrGiveUp(attempt.file, damage);
    else damage.since = Date.now();
    if (attempt.kind !== "held") continue;
    const { held } = attempt;
    if (Date.now() >= deadline || options.signal?.aborted === true) return held;
    if (waitedFor !== held.file) options.onWait?.(held);
    waitedFor = held.file;
    await sleep(Math.min(50 + Math.random() * 50, deadline - Date.now()), undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** Says who holds the project and what can be done about it. */
export function explainHeldLock(held: HeldLock): { readonly message: string; readonly hint: string } {
  const { run, pid, hostname, startedAt } = held.heldBy;
  const where = held.isElsewhere ? ` on ${hostname === "" ? "another machine" : hostname} (or in a container there)` : "";
  const message = `Run ${run} holds this project: process ${pid}${where}, since ${startedAt}.`;
  if (!held.isElsewhere) return { message, hint: "Wait for it to end (--wait), or stop it." };
  return { message, hint: `Wait for it to end (--wait). If you are sure that it no longer runs there, remove ${held.file}.` };
}

type Acquired = { readonly kind: "acquired"; readonly number: number; readonly file: NumberedFile };

type Attempt =
  | Acquired
  | { readonly kind: "held"; readonly held: HeldLock }
  | { readonly kind: "damaged"; readonly file: string }
  | { readonly kind: "again" };

async function tryToAcquire(folder: string, owner: Owner, fs: FileSystem): Promise<Attempt> {
  await fs.mkdir(folder, { recursive: true });
  const highest = await findHighestNumber(folder, fs);
  const obstacle = highest === 0 ? null : await judge(join(folder, numberedName(highest)), fs);
  if (obstacle !== null) return obstacle;
  const number = highest + 1;
  const file = await createNumberedFile(folder, number, owner, fs);
  if (file === null) return { kind: "again" };
  if ((await findHighestNumber(folder, fs)) === number) return { kind: "acquired", number, file };
  await removeFile(fs, file.path);
  await file.close();
  return { kind: "again" };
}

/** Why the next number may not be taken; null if it may. */
async function judge(file: string, fs: FileSystem): Promise<Attempt | null> {
  const content = await readLockFile(file, fs);
  if (content === null) return { kind: "again" };
  if (content.kind === "released") return null;
  // Content is complete when a name appears: only a power failure damages it, and that ended its owner too.
  if (content.kind === "damaged") return content.isOlderThanBoot ? null : { kind: "damaged", file };
  const liveness = await checkLiveness(content.owner);
  if (liveness === "gone") return null;
  return { kind: "held", held: { heldBy: content.owner, file, isElsewhere: liveness === "unknown" } };
}

async function takePossession(stateFolder: string, owner: Owner, acquired: Acquired, fs: FileSystem): Promise<Lock> {
  const folder = join(stateFolder, "lock");
  const tasksFolder = taskFolders(await fs.realpath(stateFolder));
  const workersFile = `${acquired.file.path}.workers`;
  const giveUp = async () => {
    await acquired.file.markReleased();
    await acquired.file.close();
  };
  try {
    for (const name of await fs.readdir(folder)) {
      if (!name.endsWith(".workers")) continue;
      await endWorkers(await readWorkers(join(folder, name), fs), tasksFolder);
      await removeFile(fs, join(folder, name));
    }
    await pruneLockFolder(folder, acquired.number, fs);
  } catch (error) {
    await giveUp();
    throw error;
  }
  const workers = new Map<number, ProcessIdentity>();
  let release: Promise<void> | undefined;
  return {
    owner,
    recordWorker: async (pid) => {
      const identity = await appendWorker(workersFile, pid, fs);
      if (identity !== null) workers.set(pid, identity);
    },
    forgetWorker: async (pid) => {
      const identity = workers.get(pid);
      if (identity === undefined) return;
      await appendEndOfWorker(workersFile, identity, fs);
      workers.delete(pid);
    },
    release: () => {
      release ??= (async () => {
        await endWorkers([...workers.values()], tasksFolder);
        await removeFile(fs, workersFile);
        await giveUp();
      })();
      return release;
    },
  };
}

async function describeSelf(run: string): Promise<Owner> {
  const identity = await identifyProcess(process.pid);
  if (identity === null) throw new Error("Internal error: this process is not in the list of processes");
  return { ...identity, run, startedAt: new Date().toISOString() };
}

/** A full disk or a folder that can't be written is nothing unexpected. */
function throwAsLockError(error: unknown): never {
  if (errorCode(error) === null) throw error;
  const { reason, hint } = explainFileError(error);
  throw new LockError(`The project could not be locked: ${reason}.`, hint, { cause: error });
}

/** A lock file may look damaged for a moment where the file system has no links. */
async function sleepOrGiveUp(file: string, damage: { readonly since: number }): Promise<void> {
  if (Date.now() - damage.since > 2000) {
    throw new LockError(`The lock file ${file} is damaged, so it is not known who holds this project.`, `If nobody runs this project, remove ${file}.`);
  }
  await sleep(50);
}
