import { existsSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";

/** What a relative specifier means. */
export type LocalResolution =
  /** `path` is the project path of what runs; `types` what TypeScript reads (a `.d.ts` beside a JavaScript file). */
  | { readonly kind: "found"; readonly path: string; readonly types: string }
  | { readonly kind: "outside"; readonly path: string }
  | { readonly kind: "missing" };

/** True for specifiers that mean a file of the project and no package. */
export function isLocalSpecifier(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === ".." || specifier.startsWith("file:");
}

/**
 * Resolves a specifier of a cell: from the notebook's folder, and where nothing is there, from the project root.
 *
 * @param root Absolute.
 * @param notebook Project path of the notebook.
 */
export function resolveFromCell(root: string, notebook: string, specifier: string): LocalResolution {
  const own = resolveLocal(root, posix.dirname(notebook), specifier);
  if (own.kind === "found") return own;
  const fromRoot = resolveLocal(root, ".", specifier);
  return fromRoot.kind === "found" ? fromRoot : own;
}

/** What a cell's local specifier becomes: cells are compiled as if they lay in the root. @param path Project path that it leads to. */
export function toRootSpecifier(path: string): string {
  return `./${path.replace(/\.d\.ts$/, "")}`;
}

/**
 * Resolves a relative specifier the way TypeScript's bundler resolution does: with or without suffix, `.js` meaning
 * `.ts` where that exists, folders by their index file.
 *
 * @param root Absolute.
 * @param folder Project path of the folder that the specifier is relative to.
 */
export function resolveLocal(root: string, folder: string, specifier: string): LocalResolution {
  if (specifier.startsWith("/") || specifier.startsWith("file:")) return { kind: "outside", path: specifier };
  const base = join(root, folder, specifier);
  const found = candidatesOf(base, specifier).find(({ types }) => isFile(types));
  const path = toProjectPath(root, found?.path ?? base);
  const isOutside = path === ".." || path.startsWith("../");
  if (isOutside) return { kind: "outside", path };
  if (found === undefined) return { kind: "missing" };
  return { kind: "found", path: isFile(found.path) ? path : toProjectPath(root, found.types), types: toProjectPath(root, found.types) };
}

/** POSIX path relative to the root. */
export function toProjectPath(root: string, absolute: string): string {
  return relative(root, absolute).split(sep).join("/");
}

type Candidate = { readonly path: string; readonly types: string };

const TYPESCRIPT_OF: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".d.ts"],
  ".jsx": [".tsx", ".ts", ".d.ts"],
  ".mjs": [".mts", ".d.mts"],
  ".cjs": [".cts", ".d.cts"],
};

function candidatesOf(base: string, specifier: string): Candidate[] {
  const candidates: Candidate[] = [];
  const endsAsFolder = /(^|\/)\.{0,2}\/?$/.test(specifier);
  if (!endsAsFolder) {
    const suffix = /\.[cm]?jsx?$/.exec(base)?.[0] ?? "";
    const stem = base.slice(0, base.length - suffix.length);
    for (const other of TYPESCRIPT_OF[suffix] ?? []) candidates.push({ path: other.startsWith(".d.") ? base : stem + other, types: stem + other });
    if (suffix !== "" || /\.([cm]?ts|tsx|json)$/.test(base)) candidates.push({ path: base, types: base });
    candidates.push(...withSuffixes(base, "typescript"));
  }
  candidates.push(...withSuffixes(join(base, "index"), "typescript"));
  if (!endsAsFolder) candidates.push(...withSuffixes(base, "javascript"));
  candidates.push(...withSuffixes(join(base, "index"), "javascript"));
  return candidates;
}

function withSuffixes(base: string, language: "typescript" | "javascript"): Candidate[] {
  if (language === "javascript") return [".js", ".jsx"].map((suffix) => ({ path: base + suffix, types: base + suffix }));
  return [
    { path: `${base}.ts`, types: `${base}.ts` },
    { path: `${base}.tsx`, types: `${base}.tsx` },
    { path: `${base}.js`, types: `${base}.d.ts` },
  ];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Finds a package's package.json as Node does: in `node_modules` upward from a folder, then upward from the engine.
 *
 * @param folders Absolute folders to start from, in this order.
 * @returns Absolute path; null where no folder has the package.
 */
export function findPackageJson(folders: readonly string[], name: string): string | null {
  for (const start of folders) {
    for (let folder = start; ; folder = dirname(folder)) {
      const path = join(folder, "node_modules", name, "package.json");
      if (existsSync(path)) return path;
      if (dirname(folder) === folder) break;
    }
  }
  return null;
}

/** `@scope/name/file` -> `@scope/name`. */
export function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
