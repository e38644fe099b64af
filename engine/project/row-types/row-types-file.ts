import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeCacheFile } from "../cache-file.js";
import { describeRowTypes } from "./row-types.js";
import type { Project } from "../types.js";

/** Relative to `.stitchbook/`: where editors find the module `stitchbook/data`, by `paths` of a project's tsconfig.json. */
export const rowTypesFile = "types/data.d.ts";

/**
 * Writes the types of rows for editors; a file that is as it should be is left alone.
 *
 * @param stateFolder - absolute path of `.stitchbook/`
 */
export function writeRowTypes(project: Pick<Project, "stages">, stateFolder: string): void {
  const file = join(stateFolder, rowTypesFile);
  const text = describeRowTypes(project);
  if (readText(file) !== text) writeCacheFile(file, text);
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
