import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file of a cache so that a reader sees the earlier content or all of the new one. That it can't be written is no
 * failure: what isn't kept is computed again.
 *
 * @param file - absolute; its folder is made
 */
export function writeCacheFile(file: string, content: string | Uint8Array): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch {
    remove(temporary);
  }
}

/**
 * Removes what killed processes left of the files that they were writing. A living one that loses its file by this only
 * computes it again.
 *
 * @param folder - absolute, of a cache; may be missing
 */
export function removeLeftCacheFiles(folder: string): void {
  for (const name of listNames(folder)) if (isLeft(name)) remove(join(folder, name));
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What can't be written can't always be removed.
  }
}

function isLeft(name: string): boolean {
  return name.startsWith(".") && /\.\d+-[0-9a-f]{8}\.tmp$/.test(name);
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
