import { promises } from "node:fs";
import type { FileSystem } from "../run/publish/file-system.js";
import { collectGarbage, type Collection, type Needs } from "./collect-garbage.js";
import { measureStore } from "./survey.js";
import { readUsage, writeUsage } from "./usage.js";

/** The bounds that hold where none are asked for. */
export const DEFAULT_BOUNDS = { maxBytes: 2_000_000_000, maxAgeMs: 30 * 86_400_000 } as const;

/** A run that was killed did not note what it had added; after a day the store is measured again. */
const TRUSTED_MS = 86_400_000;

export type BoundOptions = {
  /** How much was put since the store was last bounded. */
  readonly addedBytes: number;
  /** Asked only when something may have to go. */
  readonly needs: () => Promise<Needs>;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  readonly fs?: FileSystem;
};

/**
 * Notes what a run added to the store, and collects garbage where the store has grown beyond its bound: down to four
 * fifths of it, so that not every run collects. Where what is needed fills it already, a tenth more is let in first.
 *
 * @returns how many bytes went
 */
export async function boundStore(folder: string, options: BoundOptions): Promise<number> {
  const { addedBytes, now, maxBytes = DEFAULT_BOUNDS.maxBytes, maxAgeMs = DEFAULT_BOUNDS.maxAgeMs, fs = promises } = options;
  const before = await readUsage(folder, fs);
  const isTrusted = before !== null && Math.abs(now - before.measuredAtMs) <= TRUSTED_MS;
  const usage = isTrusted
    ? { ...before, bytes: before.bytes + addedBytes }
    : { bytes: await measureStore(folder, fs), leastBytes: before?.leastBytes ?? 0, measuredAtMs: now };
  if (usage.bytes <= Math.max(maxBytes, usage.leastBytes * 1.1)) {
    await writeUsage(folder, usage, fs);
    return 0;
  }
  const collection = await collectGarbage(folder, { needs: await options.needs(), maxBytes: maxBytes * 0.8, maxAgeMs, now, isDryRun: false, fs });
  await noteCollection(folder, { ...collection, now, fs });
  return collection.removedBytes;
}

/** Remembers a store's size after a collection. */
export async function noteCollection(folder: string, after: Pick<Collection, "keptBytes" | "neededBytes"> & { readonly now: number; readonly fs?: FileSystem }): Promise<void> {
  const { keptBytes, neededBytes, now, fs = promises } = after;
  await writeUsage(folder, { bytes: keptBytes, leastBytes: neededBytes, measuredAtMs: now }, fs);
}
