import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";

/** Shows TypeScript the packages of the engine's installation as if they lay in the project's own `node_modules`. */
export type PackageOverlay = {
  /** Where a path really leads; a path that is no overlaid one stays as it is. */
  readonly toReal: (path: string) => string;
};

/**
 * Makes the overlay for the packages that a project does not have, in its folder or above it. They need a place inside of
 * the project because TypeScript writes the types of variables as imports, and can't name what it can't import.
 *
 * @param root Absolute.
 * @param folders Folders to look for packages from, upward, in order of preference.
 */
export function createPackageOverlay(root: string, folders: readonly string[]): PackageOverlay {
  const prefix = `${join(root, "node_modules").replaceAll("\\", "/")}/`;
  const known = new Map<string, string | null>();
  const locate = (name: string): string | null => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const real = findUpward(root, name) === null ? (folders.map((folder) => findUpward(folder, name)).find((path) => path !== null) ?? null) : null;
    known.set(name, real);
    return real;
  };
  return {
    toReal: (path) => {
      if (!path.startsWith(prefix)) return path;
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(path.slice(prefix.length))?.[0];
      const real = name === undefined ? null : locate(name);
      return name === undefined || real === null ? path : real + path.slice(prefix.length + name.length);
    },
  };
}

/** Makes a file system for TypeScript look through the overlay. */
export function overlaySystem(system: typescript.System, root: string, { toReal }: PackageOverlay): void {
  const { readFile, fileExists, directoryExists, realpath } = system;
  const modules = join(root, "node_modules").replaceAll("\\", "/");
  system.readFile = (path, encoding) => readFile(toReal(path), encoding);
  system.fileExists = rememberPackages((path) => fileExists(toReal(path)));
  system.directoryExists = rememberPackages((path) => directoryExists(toReal(path)) || path === modules || path.startsWith(`${modules}/@`));
  // An overlaid package has to stay where TypeScript can name it.
  system.realpath = (path) => (toReal(path) === path ? (realpath?.(path) ?? path) : path);
}

/** TypeScript looks for its libraries among the packages anew for every cell. */
function rememberPackages(exists: (path: string) => boolean): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    if (!path.includes("/node_modules")) return exists(path);
    const found = known.get(path) ?? exists(path);
    known.set(path, found);
    return found;
  };
}

function findUpward(start: string, name: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return null;
  }
}
