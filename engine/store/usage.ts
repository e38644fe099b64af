import { join } from "node:path";
import { sealText, unsealText } from "../checkpoint/sealed-text.js";
import { isCount, isObject } from "../checkpoint/record-shape.js";
import type { FileSystem } from "../run/publish/file-system.js";
import { putInPlace, writeNewFile } from "./contents.js";

/** What is remembered of a store's size, so that it need not be measured after each run. */
export type Usage = {
  readonly bytes: number;
  /** What present records needed of it at the last collection: the next one could hardly get below. */
  readonly leastBytes: number;
  /** When it was last measured, in milliseconds since 1970. */
  readonly measuredAtMs: number;
};

/** What is remembered; null where nothing is. */
export async function readUsage(folder: string, fs: FileSystem): Promise<Usage | null> {
  const bytes = await fs.readFile(usagePath(folder)).catch(() => null);
  const value = bytes === null ? undefined : unsealText(bytes);
  if (!isObject(value)) return null;
  const { bytes: size, leastBytes, measuredAtMs } = value;
  return isCount(size) && isCount(leastBytes) && isCount(measuredAtMs) ? { bytes: size, leastBytes, measuredAtMs } : null;
}

export async function writeUsage(folder: string, usage: Usage, fs: FileSystem): Promise<void> {
  const text = Buffer.from(sealText(usage));
  await putInPlace(folder, usagePath(folder), { fs, bytes: text.length, write: (to) => writeNewFile(to, text, fs) });
}

function usagePath(folder: string): string {
  return join(folder, "usage.json");
}
