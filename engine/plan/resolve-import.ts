import { posix } from "node:path";
import type { Project } from "../project/types.js";
import type { SourceReader } from "./source-reader.js";

/** Where a relative import leads. Paths are project paths. */
export type Resolution =
  | { readonly kind: "local"; readonly path: string }
  /** A file that a task or the engine makes. */
  | { readonly kind: "made"; readonly path: string }
  /** Only declarations of types are there: nothing to run. */
  | { readonly kind: "types" }
  | { readonly kind: "outside" }
  | { readonly kind: "missing"; readonly tried: readonly string[] };

export type ResolveContext = { readonly reader: SourceReader; readonly isMade: (path: string) => boolean };

/** TypeScript looks for the source behind an emitted name before the name itself. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".d.ts"],
  ".jsx": [".tsx", ".ts", ".d.ts"],
  ".mjs": [".mts", ".d.mts"],
  ".cjs": [".cts", ".d.cts"],
};

/** A file to look for, and the one that runs if it is there: the JavaScript beside declarations of its types. */
type Candidate = { readonly found: string; readonly runs: string };

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
 * @param folders Project paths of the folders to resolve from, in order: the notebook's own and the root ("") for a cell,
 * the module's own for a module.
 */
export function resolveImport(specifier: string, folders: readonly string[], context: ResolveContext): Resolution {
  const tried: string[] = [];
  let isOutside = false;
  for (const folder of folders) {
    const target = posix.normalize(posix.join(folder, specifier));
    if (target === ".." || target.startsWith("../")) {
      isOutside = true;
      continue;
    }
    for (const { found, runs } of listCandidates(target, specifier)) {
      if (context.isMade(runs)) return { kind: "made", path: runs };
      if (context.reader.isFile(found)) return context.reader.isFile(runs) ? { kind: "local", path: runs } : { kind: "types" };
      tried.push(found);
    }
  }
  return isOutside ? { kind: "outside" } : { kind: "missing", tried };
}

/** The compiler's order: TypeScript before folders before JavaScript. */
function* listCandidates(target: string, specifier: string): Generator<Candidate> {
  const path = target.replace(/\/$/, "");
  const isFolder = /(^|\/)\.{0,2}\/?$/.test(specifier);
  const index = posix.join(path, "index");
  if (!isFolder) {
    const ending = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
    const stem = path.slice(0, path.length - ending.length);
    for (const source of SOURCES_OF[ending] ?? []) yield { found: stem + source, runs: source.startsWith(".d.") ? path : stem + source };
    if (ending !== "" || /\.([cm]?ts|tsx|json)$/.test(path)) yield { found: path, runs: path };
    yield* listTypeScript(path);
  }
  yield* listTypeScript(index);
  const bases = isFolder ? [index] : [path, index];
  for (const base of bases) for (const ending of [".js", ".jsx"]) yield { found: base + ending, runs: base + ending };
  for (const base of bases) yield { found: `${base}.json`, runs: `${base}.json` };
}

function* listTypeScript(base: string): Generator<Candidate> {
  for (const ending of [".ts", ".tsx"]) yield { found: base + ending, runs: base + ending };
  yield { found: `${base}.d.ts`, runs: `${base}.js` };
}

/** Makes the test whether a project path is made by a run: a declared output, or a place of the engine. */
export function createMadeTest(project: Project): (path: string) => boolean {
  const files = new Set(project.tasks.flatMap((task) => task.outputs.map((output) => output.path)));
  const folders = [".stitchbook/", "logs/", "reports/notebooks/", ...project.reports.map((report) => `${report.outputs.images}/`)];
  return (path) => files.has(path) || folders.some((folder) => path.startsWith(folder));
}
