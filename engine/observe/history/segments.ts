import { closeSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isHistoryLine, stateAfter, type HistoryLine } from "./line.js";
import { unsealLine } from "./sealed-line.js";
import type { RunEntry, RunState } from "./entry.js";

/*
 *   history/2026-03-01T063000.120Z-k3v9.jsonl    a segment, named after its first run; the first line of a segment is whole
 *   history/series                               the last values of every metric
 *
 * Lines are only ever appended. A line that a crash left unfinished is found by its digest and left out.
 */

/** What the last line of a segment tells without the lines before it. */
export type Tail = { readonly line: HistoryLine | null; readonly size: number; /** Whether the file ends with a line's end. */ readonly isEnded: boolean };

/** A segment as read: its runs, the oldest first. */
export type Segment = {
  readonly entries: readonly RunEntry[];
  /** The state after its last line; null where that can't be told. */
  readonly state: RunState | null;
  readonly last: HistoryLine | null;
};

const tailBytes = 64 * 1024;

/** Absolute paths of the segments, the oldest first. */
export function listSegments(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Reads the last line of a segment alone; `line` is null where it is damaged, or longer than is read. */
export function readTail(file: string): Tail {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    const isEnded = size === 0 || (read === bytes.length && bytes[bytes.length - 1] === 0x0a);
    const text = bytes.toString("utf8", 0, Math.max(0, read - 1));
    const start = text.lastIndexOf("\n") + 1;
    const isWhole = start > 0 || size <= tailBytes;
    return { size, isEnded, line: isEnded && isWhole ? parseLine(text.slice(start)) : null };
  } finally {
    closeSync(descriptor);
  }
}

/** How long the first line of a segment is, without reading more than that; its size where no line has ended. */
export function firstLineBytes(file: string): number {
  const descriptor = openSync(file, "r");
  try {
    const block = Buffer.alloc(tailBytes);
    for (let offset = 0; ; ) {
      const count = readSync(descriptor, block, 0, block.length, offset);
      const end = block.subarray(0, count).indexOf(0x0a);
      if (end !== -1) return offset + end + 1;
      if (count === 0) return offset;
      offset += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a segment. Damaged lines are left out, and with them the runs whose state can't be told without them. */
export function readSegment(file: string): Segment {
  const text = readFileSync(file, "utf8");
  const entries: RunEntry[] = [];
  let state: RunState | null = null;
  let last: HistoryLine | null = null;
  for (const each of text.split("\n")) {
    if (each === "") continue;
    last = parseLine(each);
    state = last === null ? null : stateAfter(last, state);
    if (last !== null && state !== null) entries.push({ ...last.head, state });
  }
  return { entries, state, last };
}

/**
 * Appends a line, by one write.
 *
 * @param isDurable whether it must survive a power failure at once
 */
export function appendText(file: string, text: string, isDurable: boolean): void {
  const descriptor = openSync(file, "a");
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    if (isDurable) fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the folder of the history. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
}

/** Removes the oldest segments until all together are no larger than a bound. The newest always stays. */
export function trimSegments(folder: string, boundBytes: number): void {
  const segments = listSegments(folder).map((file) => ({ file, size: statSync(file, { throwIfNoEntry: false })?.size ?? 0 }));
  let total = segments.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of segments.slice(0, -1)) {
    if (total <= boundBytes) return;
    rmSync(file, { force: true });
    total -= size;
  }
}

function parseLine(text: string): HistoryLine | null {
  try {
    const value = unsealLine(text);
    return isHistoryLine(value) ? value : null;
  } catch {
    return null;
  }
}
