import { createHash } from "node:crypto";
import { type BigIntStats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileState } from "../plan/types.js";

/** File systems keep times in steps of up to 2 s (FAT); within one step a file can change unseen. */
const STEP_MS = 2_000;
const CHUNK_BYTES = 1 << 20;

export type FileDigest = {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
};

/**
 * Reads the state by which a file's recorded digest may be trusted. Symbolic links are followed, as reading does.
 *
 * @param path Absolute, or relative to the working directory.
 * @returns null where there is no such file, or something that is not a regular file.
 */
export function readFileState(path: string): FileState | null {
  const stat = findStat(path);
  if (stat === undefined || !stat.isFile()) return null;
  return { size: Number(stat.size), inode: String(stat.ino), mtimeNs: String(stat.mtimeNs), ctimeNs: String(stat.ctimeNs) };
}

function findStat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // A file where a folder of the path should be: there is no such file either.
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Whether two states are equal in every part. A missing file equals nothing. */
export function sameState(a: FileState | null, b: FileState | null): boolean {
  if (a === null || b === null) return false;
  return a.size === b.size && a.inode === b.inode && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/**
 * Whether a state that is found again proves that the bytes are the same. It does not when the file was written or
 * renamed less than 2 s before its state was recorded (or after it, by a clock that was set): a further write within
 * the same step of the file system's clock would leave the same state.
 *
 * @param recordedAtMs When the state was read, in milliseconds since the epoch.
 * @see https://git-scm.com/docs/racy-git
 */
export function isTrusted(state: FileState, recordedAtMs: number): boolean {
  const limitNs = BigInt(Math.floor(recordedAtMs) - STEP_MS) * 1_000_000n;
  return BigInt(state.mtimeNs) < limitNs && BigInt(state.ctimeNs) < limitNs;
}

/**
 * Hashes a file in pieces of 1 MB.
 *
 * @throws The file system's error where the file can't be read.
 */
export async function digestFile(path: string): Promise<FileDigest> {
  return scanFile(path, { consume: () => "skip" });
}

/**
 * Takes what is pending and answers how many of its bytes are done with; `skip` leaves the rest of the file unread by
 * the consumer (it is hashed all the same).
 */
export type Consume = (pending: { readonly buffer: Buffer; readonly end: number; readonly atEnd: boolean }) => number | "skip";

/**
 * Reads a file once: every byte is hashed, and a consumer sees the same bytes. What the consumer leaves is handed over
 * again, in front of more: at least twice as much, so that one long record costs no more than many short ones.
 */
export async function scanFile(path: string, options: { readonly consume: Consume; readonly chunkBytes?: number }): Promise<FileDigest> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  try {
    let buffer = Buffer.allocUnsafeSlow(Math.max(options.chunkBytes ?? CHUNK_BYTES, 1));
    let [pending, bytes, atEnd, isSkipping] = [0, 0, false, false];
    while (!atEnd) {
      while (pending < buffer.length) {
        const { bytesRead } = await file.read(buffer, pending, buffer.length - pending, null);
        if (bytesRead === 0) {
          atEnd = true;
          break;
        }
        hash.update(buffer.subarray(pending, pending + bytesRead));
        pending += bytesRead;
        bytes += bytesRead;
      }
      const done = isSkipping ? "skip" : options.consume({ buffer, end: pending, atEnd });
      isSkipping = done === "skip";
      const kept = done === "skip" ? 0 : pending - done;
      const next = kept * 2 > buffer.length ? Buffer.allocUnsafeSlow(kept * 2) : buffer;
      buffer.copy(next, 0, pending - kept, pending);
      [buffer, pending] = [next, kept];
    }
    return { sha256: hash.digest("hex"), bytes };
  } finally {
    await file.close();
  }
}
