import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import { failedWith, orNullIfMissing, removeFile, type FileSystem } from "../publish/file-system.js";
import type { ProcessIdentity } from "./process-identity.js";

/** Who holds a lock, or held it. */
export type Owner = ProcessIdentity & {
  /** Run id. */
  readonly run: string;
  /** RFC 3339. */
  readonly startedAt: string;
};

/** What a numbered lock file says. `damaged`: not written by this protocol to its end. */
export type LockContent =
  | { readonly kind: "held"; readonly owner: Owner }
  | { readonly kind: "released" }
  | { readonly kind: "damaged"; readonly isOlderThanBoot: boolean };

/** How many of the latest numbers are kept, so that a number is not given twice to a process that slept meanwhile. */
const keptNumbers = 32;

/** One byte, in the place of the first: on the disk it is there or not, never half. */
const releasedMark = "-";

/** The highest number that has a lock file; 0 where there is none. */
export async function findHighestNumber(folder: string, fs: FileSystem): Promise<number> {
  const names = await fs.readdir(folder);
  return names.reduce((highest, name) => Math.max(highest, lockNumber(name) ?? 0), 0);
}

/** Reads a numbered file; null if it has been pruned meanwhile. */
export async function readLockFile(path: string, fs: FileSystem): Promise<LockContent | null> {
  const bytes = await orNullIfMissing(fs.readFile(path));
  if (bytes === null) return null;
  if (bytes.toString("latin1", 0, 1) === releasedMark) return { kind: "released" };
  const owner = parseOwner(bytes);
  if (owner !== null) return { kind: "held", owner };
  const stats = await orNullIfMissing(fs.stat(path));
  if (stats === null) return null;
  return { kind: "damaged", isOlderThanBoot: stats.ctimeMs < Date.now() - uptime() * 1000 };
}

/** The open lock file of a new number. */
export type NumberedFile = {
  readonly path: string;
  /** Lets the next one in. Through the open file: whatever stands at its path by now, only this lock is released. */
  markReleased(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Creates the lock file of a number, whole or not at all.
 *
 * @returns null if the number is taken
 */
export async function createNumberedFile(folder: string, number: number, owner: Owner, fs: FileSystem): Promise<NumberedFile | null> {
  const path = join(folder, numberedName(number));
  const temporary = join(folder, `.${randomBytes(8).toString("hex")}.tmp`);
  const handle = await openWithContent(temporary, owner, fs);
  try {
    const outcome = await linkExclusively(temporary, path, fs);
    await removeFile(fs, temporary);
    if (outcome === "made") return numberedFile(path, handle);
    await handle.close();
    return outcome === "taken" ? null : await createWithoutLink(path, owner, fs);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await removeFile(fs, temporary).catch(() => undefined);
    throw error;
  }
}

/** Removes what past owners and contenders left: old numbers, and temporary files of processes that were killed. */
export async function pruneLockFolder(folder: string, own: number, fs: FileSystem): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const number = lockNumber(name);
    const isOld = number !== null && number <= own - keptNumbers;
    // A living contender whose temporary file goes simply tries again.
    if (isOld || name.endsWith(".tmp")) await removeFile(fs, join(folder, name));
  }
}

/** `17` -> `000017`. */
export function numberedName(number: number): string {
  return String(number).padStart(6, "0");
}

function lockNumber(name: string): number | null {
  return /^\d{6,15}$/.test(name) ? Number(name) : null;
}

/** link(2) fails if the name is there, and what it makes appear is complete at once. */
async function linkExclusively(temporary: string, path: string, fs: FileSystem): Promise<"made" | "taken" | "impossible"> {
  try {
    await fs.link(temporary, path);
    return "made";
  } catch (error) {
    // A network file system may repeat a call whose answer was lost: the count of links tells who made the name.
    if (failedWith(error, "EEXIST")) return (await orNullIfMissing(fs.stat(temporary)))?.nlink === 2 ? "made" : "taken";
    if (failedWith(error, "ENOENT")) return "taken";
    if (failedWith(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) return "impossible";
    throw error;
  }
}

/** For file systems without hard links. A kill between the two calls leaves an empty file, which counts as damaged. */
async function createWithoutLink(path: string, owner: Owner, fs: FileSystem): Promise<NumberedFile | null> {
  try {
    return numberedFile(path, await openWithContent(path, owner, fs));
  } catch (error) {
    if (failedWith(error, "EEXIST", "ENOENT")) return null;
    throw error;
  }
}

async function openWithContent(path: string, owner: Owner, fs: FileSystem): Promise<FileHandle> {
  const handle = await fs.open(path, "wx+");
  try {
    const bytes = Buffer.from(lockText(owner));
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, 0);
    if (bytesWritten < bytes.length) throw Object.assign(new Error("The lock file was cut short"), { code: "ENOSPC" });
    return handle;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await removeFile(fs, path).catch(() => undefined);
    throw error;
  }
}

function numberedFile(path: string, handle: FileHandle): NumberedFile {
  const mark = Buffer.from(releasedMark);
  return {
    path,
    markReleased: async () => void (await handle.write(mark, 0, 1, 0)),
    close: () => handle.close(),
  };
}

/** Sealed: a damaged process id must not make a living owner look gone. */
export function lockText(owner: Owner): string {
  return sealText(owner);
}

function parseOwner(bytes: Buffer): Owner | null {
  const value = unsealText(bytes);
  return isOwner(value) ? value : null;
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== "object" || value === null || !("pid" in value) || !Number.isSafeInteger(value.pid)) return false;
  const texts = new Map<string, unknown>(Object.entries(value));
  return ["hostname", "machineId", "bootId", "pidNamespace", "startTime", "run", "startedAt"].every((key) => typeof texts.get(key) === "string");
}
