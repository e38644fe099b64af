import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

export { isTrusted, readFileState, sameState } from "../project/file-state.js";

const CHUNK_BYTES = 1 << 20;

export type FileDigest = {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
};

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
