import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where this module lies: in the engine's sources, or in the bundled engine. */
export const ENGINE_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Folders to look for a package in: the importer's own, then the engine's installation. */
export function packageFolders(importer: string): readonly string[] {
  return [importer, ENGINE_FOLDER];
}

/** The types of `stitchbook/notebook`: beside the bundled engine, or its source in development. */
export function findNotebookApi(): string | null {
  const candidates = [
    join(ENGINE_FOLDER, "notebook.d.ts"),
    join(ENGINE_FOLDER, "..", "notebook.d.ts"),
    join(ENGINE_FOLDER, "..", "api", "notebook.ts"),
  ];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** The folder that holds `@types/node`, for a project that has none. */
export function findTypeRoots(tslabFolder: string): readonly string[] {
  for (const base of [join(ENGINE_FOLDER, "cell.js"), join(tslabFolder, "cell.js")]) {
    try {
      return [dirname(dirname(createRequire(base).resolve("@types/node/package.json")))];
    } catch {
      continue;
    }
  }
  return [];
}
