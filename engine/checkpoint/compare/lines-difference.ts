import { open } from "node:fs/promises";
import { differingValue, parseJson, showValue } from "./json-difference.js";
import type { ByteDifference, Difference, FilePair } from "./types.js";

/** A longer line is compared as text. */
const MOST_LINE_BYTES = 16 << 20;

/**
 * Finds the first value in which two files of JSON lines differ.
 *
 * @returns null where the difference is not one of values
 */
export async function findJsonLinesDifference({ recorded, found }: FilePair, { line: row, lineStart }: ByteDifference): Promise<Difference | null> {
  const [left, right] = await Promise.all([recorded, found].map(async (file) => parseJson((await readLine(file, lineStart)) ?? "")));
  if (left === undefined && right === undefined) return null;
  if (left === undefined || right === undefined) return { place: { kind: "row", row }, recorded: showValue(left), found: showValue(right) };
  const difference = differingValue(left, right);
  return difference === null ? null : { place: { kind: "json-row", row, path: difference.path }, recorded: showValue(difference.recorded), found: showValue(difference.found) };
}

async function readLine(path: string, start: number): Promise<string | null> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - start, MOST_LINE_BYTES)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return bytesRead === 0 ? null : (buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? null);
  } finally {
    await file.close();
  }
}
