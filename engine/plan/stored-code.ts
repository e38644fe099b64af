import { readFileSync } from "node:fs";
import { writeCacheFile } from "../project/cache-file.js";
import type { Stage } from "../project/types.js";
import { CACHE_VERSION } from "./cache-version.js";
import { hashText, hashValue } from "./canonical.js";
import type { StageCode } from "./code-closure.js";
import type { ResolveContext } from "./resolve-import.js";
import { isStillSeen } from "./source-reader.js";

/**
 * What the reading of a stage's code rests on besides files: the engine and the notebook. A stored answer spares the quick
 * path both TypeScript and esbuild.
 */
export function stageCodeKey(stage: Stage): string {
  const cells = stage.cells.filter((cell) => cell.type === "code").map((cell) => [cell.position, cell.source, cell.options.tags]);
  return hashValue({ version: CACHE_VERSION, file: stage.file, cells });
}

/**
 * The stored code of a stage; null where none is stored, where it is damaged, or where anything it rests on changed.
 *
 * @param context Sees the project as it is now. A file that a task makes is none that code may rest on.
 */
export function loadStageCode(file: string, key: string, { reader, isMade }: ResolveContext): StageCode | null {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isStored(stored) || stored.key !== key || stored.digest !== hashText(stored.code)) return null;
    // Its digest shows that this text is one that `saveStageCode` wrote.
    const code = JSON.parse(stored.code) as StageCode;
    return isStillSeen(reader, code.seen) && !code.seen.some(([path]) => isMade(path)) ? code : null;
  } catch {
    return null;
  }
}

/** Stores the code of a stage. Code with problems is not stored. */
export function saveStageCode(file: string, key: string, code: StageCode): void {
  if (code.problems.length > 0) return;
  const text = JSON.stringify({ ...code, names: undefined });
  writeCacheFile(file, JSON.stringify({ key, digest: hashText(text), code: text }));
}

function isStored(value: unknown): value is { readonly key: string; readonly digest: string; readonly code: string } {
  if (typeof value !== "object" || value === null) return false;
  return "key" in value && "digest" in value && "code" in value && typeof value.digest === "string" && typeof value.code === "string";
}
