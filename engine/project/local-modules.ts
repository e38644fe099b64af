import { statSync } from "node:fs";
import { posix } from "node:path";

/** Where a relative import leads. Paths are project paths. */
export type ModuleResolution =
  /** `runs` is what runs, null where there are declarations only; `types` is what TypeScript reads. */
  | { readonly kind: "found"; readonly runs: string | null; readonly types: string }
  | { readonly kind: "outside" }
  | { readonly kind: "missing"; readonly tried: readonly string[] };

/** A file to look for, and the one that runs if it is there: the JavaScript beside declarations of its types. */
type Candidate = { readonly types: string; readonly runs: string };

/** TypeScript looks for the source behind an emitted name before the name itself. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".d.ts"],
  ".jsx": [".tsx", ".ts", ".d.ts"],
  ".mjs": [".mts", ".d.mts"],
  ".cjs": [".cts", ".d.cts"],
};

/** What else it takes where neither the source nor the name itself is there. */
const TWINS: Readonly<Record<string, string>> = { ".js": ".jsx", ".jsx": ".js" };

/**
 * Finds the local module that a relative import means, as TypeScript's bundler resolution does: with or without an
 * ending, `.js` meaning `.ts` where that exists, folders by their index file. Plan and compiler both ask here, so that
 * what is hashed is what runs.
 *
 * @param specifier As written, starting with `.`.
 * @param folders Project paths of the folders to resolve from, in order: the notebook's own and the root ("") for a cell,
 * the module's own for a module.
 * @param isThere Whether a file is there.
 */
export function resolveModule(specifier: string, folders: readonly string[], isThere: (path: string) => boolean): ModuleResolution {
  const tried: string[] = [];
  for (const folder of folders) {
    const target = posix.normalize(posix.join(folder, specifier));
    if (target === ".." || target.startsWith("../")) continue;
    for (const { types, runs } of listCandidates(target, specifier)) {
      if (isThere(types)) return { kind: "found", runs: types === runs || isThere(runs) ? runs : null, types };
      tried.push(types);
    }
  }
  return tried.length === 0 ? { kind: "outside" } : { kind: "missing", tried };
}

/** Files before folders, and TypeScript before JavaScript. */
function* listCandidates(target: string, specifier: string): Generator<Candidate> {
  const path = target.replace(/\/$/, "");
  const isFolder = /(^|\/)\.{0,2}\/?$/.test(specifier);
  if (!isFolder) {
    const ending = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
    const stem = path.slice(0, path.length - ending.length);
    for (const source of SOURCES_OF[ending] ?? []) yield { types: stem + source, runs: source.startsWith(".d.") ? path : stem + source };
    const twin = TWINS[ending] === undefined ? null : stem + TWINS[ending];
    if (ending !== "" || /\.([cm]?ts|tsx|json)$/.test(path)) yield { types: path, runs: path };
    if (twin !== null) yield { types: twin, runs: twin };
    yield* listEndings(path);
  }
  yield* listEndings(posix.join(path, "index"));
}

function* listEndings(base: string): Generator<Candidate> {
  for (const ending of [".ts", ".tsx"]) yield { types: base + ending, runs: base + ending };
  yield { types: `${base}.d.ts`, runs: `${base}.js` };
  for (const ending of [".js", ".jsx"]) yield { types: base + ending, runs: base + ending };
}

/** Whether a regular file is there. @param path Absolute. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    // A file stands where the path needs a folder.
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return false;
    throw error;
  }
}
