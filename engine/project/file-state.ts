import { type BigIntStats, statSync } from "node:fs";

/** State of a file by which what is known of its bytes may be trusted. */
export type FileState = {
  readonly size: number;
  readonly inode: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
};

/** File systems keep times in steps of up to 2 s (FAT); within one step a file can change unseen. */
const STEP_MS = 2_000;

/**
 * Reads the state by which a file's recorded digest may be trusted. Symbolic links are followed, as reading does.
 *
 * @param path Absolute, or relative to the working directory.
 * @returns null where there is no such file, or something that is not a regular file.
 */
export function readFileState(path: string): FileState | null {
  const stat = findStat(path);
  return stat?.isFile() === true ? stateOf(stat) : null;
}

/** The same for a folder, whose state changes when a name in it comes, goes or changes. */
export function readFolderState(path: string): FileState | null {
  const stat = findStat(path);
  return stat?.isDirectory() === true ? stateOf(stat) : null;
}

function stateOf(stat: BigIntStats): FileState {
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
