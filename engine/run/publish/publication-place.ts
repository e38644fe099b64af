import { dirname, join, relative, sep } from "node:path";
import { orNullIfMissing, type FileSystem } from "./file-system.js";
import { PublicationError } from "./publication-error.js";

/**
 * Makes sure that a project path can be published to: it and its folders lie in the project, and no folder stands there.
 * A link at the path itself is fine; it is replaced, and what it led to stays.
 *
 * @throws {PublicationError}
 */
export async function checkPlace(projectRoot: string, path: string, fs: FileSystem): Promise<void> {
  const target = join(projectRoot, path);
  const root = await fs.realpath(projectRoot);
  const parent = await realpathOfNearest(dirname(target), fs);
  if (!isWithin(projectRoot, target) || !isWithin(root, parent)) {
    throw new PublicationError(path, `its folder is ${parent}, outside the project`, "Let no folder above an artifact be a link that leaves the project.");
  }
  const stats = await orNullIfMissing(fs.lstat(target));
  if (stats?.isDirectory() === true) throw new PublicationError(path, "a folder stands in its place", "Move the folder away, or declare another output.");
}

/** Where a folder that may not exist yet really is, or its nearest ancestor that exists. */
async function realpathOfNearest(folder: string, fs: FileSystem): Promise<string> {
  const real = await orNullIfMissing(fs.realpath(folder));
  if (real !== null || dirname(folder) === folder) return real ?? folder;
  return realpathOfNearest(dirname(folder), fs);
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}
