import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Finds a file that belongs to Stitchbook itself, whether it runs from its sources or from its bundle.
 * @param names paths to try in this module's folder and in each folder above it, up to the package's own
 * @returns absolute path; null where there is none
 */
export function findPackageFile(...names: readonly string[]): string | null {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = names.map((name) => path.join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    const parent = path.dirname(folder);
    if (existsSync(path.join(folder, "package.json")) || parent === folder) return null;
    folder = parent;
  }
}
