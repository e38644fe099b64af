import { type FileHandle, open } from "node:fs/promises";
import { shorten } from "../tables/shorten.js";
import type { ByteDifference, Difference, FilePair } from "./types.js";

const CHUNK_BYTES = 1 << 20;
/** How much of a text is shown before and after the difference. */
const BEFORE_BYTES = 40;
const AFTER_BYTES = 80;
const NEWLINE = 0x0a;

/**
 * Finds the first byte in which two files differ, reading both once in pieces.
 *
 * @returns null where they are the same
 */
export async function findByteDifference({ recorded, found }: FilePair): Promise<ByteDifference | null> {
  return withFiles(recorded, found, async (a, b) => {
    const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
    let [offset, line, lineStart] = [0, 1, 0];
    for (;;) {
      const [leftBytes, rightBytes] = await Promise.all([fill(a, left, offset), fill(b, right, offset)]);
      const common = Math.min(leftBytes, rightBytes);
      const differing = firstDiffering(left.subarray(0, common), right.subarray(0, common));
      for (let at = left.indexOf(NEWLINE); at !== -1 && at < differing; at = left.indexOf(NEWLINE, at + 1)) [line, lineStart] = [line + 1, offset + at + 1];
      if (differing < common || leftBytes !== rightBytes) return { offset: offset + differing, line, lineStart };
      if (common < CHUNK_BYTES) return null;
      offset += common;
    }
  });
}

/** The difference as a place in a text; as a byte where one of the files is no text. */
export async function describeByteDifference({ recorded, found }: FilePair, { offset, line, lineStart }: ByteDifference): Promise<Difference> {
  const start = Math.max(lineStart, offset - BEFORE_BYTES);
  const [left, right] = await withFiles(recorded, found, (a, b) => Promise.all([a, b].map((file) => readPiece(file, start, offset - start + AFTER_BYTES))));
  if (left === undefined || right === undefined) throw new Error("Internal error: two files have two pieces");
  if (left.includes(0) || right.includes(0)) return { place: { kind: "byte", offset }, recorded: showBytes(left, offset - start), found: showBytes(right, offset - start) };
  const before = await withFiles(recorded, found, (a) => readPiece(a, lineStart, Math.min(offset - lineStart, CHUNK_BYTES)));
  const place = { kind: "text", line, character: before.toString("utf8").length + 1 } as const;
  return { place, recorded: showText(left), found: showText(right) };
}

async function withFiles<T>(recorded: string, found: string, work: (a: FileHandle, b: FileHandle) => Promise<T>): Promise<T> {
  const a = await open(recorded, "r");
  try {
    const b = await open(found, "r");
    try {
      return await work(a, b);
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

/** Reads until the buffer is full or the file ends. */
async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function readPiece(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, await fill(file, buffer, start));
}

function firstDiffering(left: Buffer, right: Buffer): number {
  if (left.equals(right)) return left.length;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  return at;
}

/** The rest of the line; null where the file ended before. */
function showText(piece: Buffer): string | null {
  if (piece.length === 0) return null;
  const [line = ""] = piece.toString("utf8").split("\n");
  return shorten(line);
}

function showBytes(piece: Buffer, from: number): string | null {
  const shown = piece.subarray(from, from + 8);
  return shown.length === 0 ? null : shown.toString("hex").replace(/../g, "$& ").trimEnd();
}
