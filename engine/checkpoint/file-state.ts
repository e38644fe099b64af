import { createHash, hash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";

export { isTrusted, readFileState, sameState } from "../project/file-state.js";

const CHUNK_BYTES = 1 << 20;

export type FileDigest = {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
};

/** For files that are read in one go; made once, since V8 collects garbage after every few megabytes of buffers. */
let shared: Buffer | null = null;

/**
 * Hashes a file in pieces of 1 MB.
 *
 * @throws The file system's error where the file can't be read.
 */
export async function digestFile(path: string): Promise<FileDigest> {
  return digestSmallFile(path) ?? scanFile(path, { consume: () => "skip" });
}

/** Reads and hashes at once, which takes less time than the way there through a thread; null where the file is larger. */
function digestSmallFile(path: string): FileDigest | null {
  const buffer = (shared ??= Buffer.allocUnsafeSlow(CHUNK_BYTES));
  // A pipe in the place of a file must not hold up the whole process.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (let bytes = 0; bytes < CHUNK_BYTES; ) {
      const count = readSync(descriptor, buffer, bytes, CHUNK_BYTES - bytes, null);
      if (count === 0) return { sha256: hash("sha256", buffer.subarray(0, bytes), "hex"), bytes };
      bytes += count;
    }
    return null;
  } finally {
    closeSync(descriptor);
  }
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
  const digest = createHash("sha256");
  const file = await open(path, "r");
  try {
    // One byte more than there are, so that the end shows.
    let buffer = Buffer.allocUnsafeSlow(Math.max(options.chunkBytes ?? Math.min((await file.stat()).size + 1, CHUNK_BYTES), 1));
    let [pending, bytes, atEnd, isSkipping] = [0, 0, false, false];
    while (!atEnd) {
      while (pending < buffer.length) {
        const { bytesRead } = await file.read(buffer, pending, buffer.length - pending, null);
        if (bytesRead === 0) {
          atEnd = true;
          break;
        }
        digest.update(buffer.subarray(pending, pending + bytesRead));
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
    return { sha256: digest.digest("hex"), bytes };
  } finally {
    await file.close();
  }
}
