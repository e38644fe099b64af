import { promises } from "node:fs";
import type { FileSystem } from "../run/publish/file-system.js";
import { surveyStore, type Survey, type SurveyedFile, type SurveyedResult } from "./survey.js";
import { compareCodeUnits } from "../project/compare-code-units.js";

/** What present records need: it stays, however large and old it is. */
export type Needs = {
  /** Hashes of fingerprints. */
  readonly fingerprints: ReadonlySet<string>;
  /** SHA-256 of contents. */
  readonly contents: ReadonlySet<string>;
};

export type GarbageOptions = {
  readonly needs: Needs;
  /** The store's size to come down to. */
  readonly maxBytes: number;
  /** A result that was not used for longer goes. */
  readonly maxAgeMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** True to tell only. */
  readonly isDryRun: boolean;
  readonly fs?: FileSystem;
};

/** Why something goes. */
export type Removal = {
  /** Absolute. */
  readonly file: string;
  /**
   * `old` and `size`: a result beyond a bound; `damaged`: a result that can't be restored; `unused`: bytes that no
   * result has any more; `stray`: what a killed process left.
   */
  readonly why: "old" | "size" | "damaged" | "unused" | "stray";
  /** The task that a result is of. */
  readonly task: string | null;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAtMs: number;
};

export type Collection = {
  readonly removed: readonly Removal[];
  readonly removedBytes: number;
  /** The store's size afterwards. */
  readonly keptBytes: number;
  /** How much of it present records need. */
  readonly neededBytes: number;
};

/**
 * Bounds a store: results that nobody used for long go, then those that were not used the longest until the size fits,
 * and then the bytes that no result has any more. Nobody else may write to the store meanwhile.
 *
 * @param folder - absolute path of the store
 * @throws the file system's error where something can't be removed
 */
export async function collectGarbage(folder: string, options: GarbageOptions): Promise<Collection> {
  const fs = options.fs ?? promises;
  const survey = await surveyStore(folder, { now: options.now, fs });
  const users = countUsers(survey.results);
  const { removed: results, kept } = chooseResults(survey, users, options);
  const isUsed = (sha256: string) => (users.get(sha256) ?? 0) > 0 || options.needs.contents.has(sha256);
  // Results go before the bytes that they alone have, so that whatever stops this leaves none without its bytes.
  const removed: Removal[] = [
    ...survey.damaged.map((result) => ({ ...result, why: "damaged" as const })),
    ...results,
    ...[...survey.contents].filter(([sha256]) => !isUsed(sha256)).map(([, content]) => ({ ...content, why: "unused" as const, task: null })),
    ...survey.strays.map((stray) => ({ ...stray, why: "stray" as const, task: null })),
  ];
  if (!options.isDryRun) for (const { file } of removed) await fs.rm(file, { recursive: true, force: true });
  const keptContents = new Map([...survey.contents].filter(([sha256]) => isUsed(sha256)));
  return { removed, removedBytes: sumBytes(removed), keptBytes: sumBytes([...kept, ...keptContents.values()]), neededBytes: sumNeeded(kept, keptContents, options.needs) };
}

/** Old results, and then those not used the longest until the size fits. `users` is brought up to date. */
function chooseResults(survey: Survey, users: Map<string, number>, options: GarbageOptions): { readonly removed: readonly Removal[]; readonly kept: readonly SurveyedResult[] } {
  const { needs, maxBytes, maxAgeMs, now } = options;
  const removed = new Map<SurveyedResult, Removal>();
  const isCounted = (sha256: string) => (users.get(sha256) ?? 0) > 0 || needs.contents.has(sha256);
  let bytes = sumBytes(survey.results) + sumBytes([...survey.contents].flatMap(([sha256, content]) => (isCounted(sha256) ? [content] : [])));
  const candidates = survey.results.filter(({ fingerprint }) => !needs.fingerprints.has(fingerprint)).sort((a, b) => a.usedAtMs - b.usedAtMs || compareCodeUnits(a.file, b.file));
  for (const result of candidates) {
    const isOld = now - result.usedAtMs > maxAgeMs;
    if (!isOld && bytes <= maxBytes) continue;
    removed.set(result, { file: result.file, why: isOld ? "old" : "size", task: result.task, bytes: result.bytes, usedAtMs: result.usedAtMs });
    bytes -= result.bytes;
    for (const sha256 of new Set(result.contents)) {
      users.set(sha256, (users.get(sha256) ?? 0) - 1);
      if (!isCounted(sha256)) bytes -= survey.contents.get(sha256)?.bytes ?? 0;
    }
  }
  return { removed: [...removed.values()], kept: survey.results.filter((result) => !removed.has(result)) };
}

/** How many results have each content. */
function countUsers(results: readonly SurveyedResult[]): Map<string, number> {
  const users = new Map<string, number>();
  for (const { contents } of results) for (const sha256 of new Set(contents)) users.set(sha256, (users.get(sha256) ?? 0) + 1);
  return users;
}

function sumNeeded(kept: readonly SurveyedResult[], contents: ReadonlyMap<string, SurveyedFile>, needs: Needs): number {
  const results = kept.filter(({ fingerprint }) => needs.fingerprints.has(fingerprint));
  const digests = new Set([...needs.contents, ...results.flatMap((result) => result.contents)]);
  return sumBytes([...results, ...[...contents].flatMap(([sha256, content]) => (digests.has(sha256) ? [content] : []))]);
}

function sumBytes(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
