import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * Finds the project that a folder belongs to.
 * @param from a folder, absolute or relative to the working directory
 * @returns the nearest folder upward with stitchbook.yaml; null where there is none
 */
export function findRoot(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (statSync(join(folder, "stitchbook.yaml"), { throwIfNoEntry: false })?.isFile() === true) return folder;
    if (folder === dirname(folder)) return null;
  }
}
