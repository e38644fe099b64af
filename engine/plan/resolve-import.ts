import { posix } from "node:path";
import { resolveModule } from "../project/local-modules.js";
import type { Project } from "../project/types.js";
import type { SourceReader } from "./source-reader.js";

/** Where a relative import leads. Paths are project paths. */
export type Resolution =
  /** `types` is the file that TypeScript reads: `path`, or the declarations beside it. */
  | { readonly kind: "local"; readonly path: string; readonly types: string }
  /** A file that a task or the engine makes. */
  | { readonly kind: "made"; readonly path: string }
  /** Only declarations of types are there: nothing to run. */
  | { readonly kind: "types"; readonly path: string }
  | { readonly kind: "outside" }
  | { readonly kind: "missing"; readonly tried: readonly string[] };

export type ResolveContext = { readonly reader: SourceReader; readonly isMade: (path: string) => boolean };

/** Whether a specifier is relative, and so names a module of the project. */
export function isRelative(specifier: string): boolean {
  return /^\.\.?(\/|$)/.test(specifier);
}

/** Whether a specifier means a local module in a way that can't be followed: an absolute path, or by package.json. */
export function isUnsupported(specifier: string, reader: SourceReader): boolean {
  if (/^[#/]|^file:/.test(specifier)) return true;
  const name = readOwnName(reader);
  return name !== null && name !== "stitchbook" && (specifier === name || specifier.startsWith(`${name}/`));
}

/** The name by which Node lets a package import itself: only one that has `exports`. */
function readOwnName(reader: SourceReader): string | null {
  try {
    const manifest: unknown = JSON.parse(reader.read("package.json") ?? "null");
    if (typeof manifest !== "object" || manifest === null || !("exports" in manifest) || !("name" in manifest)) return null;
    return typeof manifest.name === "string" ? manifest.name : null;
  } catch {
    return null;
  }
}

/**
 * Finds the module that a relative import means.
 *
 * @param specifier As written, starting with `./` or `../`.
 * @param folders Project paths of the folders to resolve from, in order.
 * @see resolveModule
 */
export function resolveImport(specifier: string, folders: readonly string[], { reader, isMade }: ResolveContext): Resolution {
  const found = resolveModule(specifier, folders, (path) => reader.isFile(path) || isMade(path));
  switch (found.kind) {
    case "found":
      if (found.runs === null) return { kind: "types", path: found.types };
      return isMade(found.runs) ? { kind: "made", path: found.runs } : { kind: "local", path: found.runs, types: found.types };
    case "missing": {
      // JSON without its ending is no module. Where a task makes it, that is the mistake to tell.
      const made = folders.map((folder) => `${posix.normalize(posix.join(folder, specifier))}.json`).find(isMade);
      return made === undefined ? found : { kind: "made", path: made };
    }
    case "outside":
      return found;
  }
}

const madeTests = new WeakMap<Project, (path: string) => boolean>();

/** The test whether a project path is made by a run: a declared output, or a place of the engine. */
export function madeTestOf(project: Project): (path: string) => boolean {
  const known = madeTests.get(project) ?? createMadeTest(project);
  madeTests.set(project, known);
  return known;
}

function createMadeTest(project: Project): (path: string) => boolean {
  const files = new Set(project.tasks.flatMap((task) => task.outputs.map((output) => output.path)));
  const folders = [".stitchbook/", "logs/", "reports/notebooks/", ...project.reports.map((report) => `${report.outputs.images}/`)];
  return (path) => files.has(path) || folders.some((folder) => path.startsWith(folder));
}
