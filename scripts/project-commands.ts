import { join, resolve } from "node:path";
import { findRoot } from "../engine/project/find-root.js";
import { openProject as openFolder } from "../engine/project/project-cache.js";
import { findPackageFile } from "../engine/report/package-file.js";
import type { Project } from "../engine/project/types.js";
import { type Flags, UsageError } from "./command.js";

/** Where a command works. All paths are absolute. */
export type Site = { readonly root: string; readonly stateFolder: string };

/**
 * Finds the project that a command is about.
 *
 * @throws UsageError where there is none
 */
export function findSite(flags: Flags): Site {
  const named = flags.text("root");
  const root = named === undefined ? findRoot(process.cwd()) : resolve(named);
  if (root === null) throw new UsageError("no stitchbook.yaml here or in any folder above; go to a project, or name one with --root DIR");
  return { root, stateFolder: join(root, ".stitchbook") };
}

/**
 * Opens the project of a site.
 *
 * @throws ProjectError with everything that is wrong with it
 */
export function openProject({ root, stateFolder }: Site, { isReadOnly }: { readonly isReadOnly: boolean }): Promise<Project> {
  return openFolder(root, { stateFolder, isReadOnly, now: Date.now() });
}

/**
 * The bundled worker, beside the bundled command.
 *
 * @throws Error where the package was not built
 */
export function findWorkerFile(): string {
  const file = findPackageFile("worker.cjs", "dist/worker.cjs");
  if (file === null) throw new Error("Internal error: worker.cjs is missing; build the package");
  return file;
}

/** Refuses positional arguments where a command takes none. */
export function refuseArguments(name: string, positionals: readonly string[]): void {
  if (positionals[0] !== undefined) throw new UsageError(`${name} takes no argument, found ${positionals[0]}`);
}
