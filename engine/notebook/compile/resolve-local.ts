import { existsSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { isFile, resolveModule } from "../../project/local-modules.js";

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
 * Resolves a relative specifier by the project's own rules.
 *
 * @param root Absolute.
 * @param folder Project path of the folder that the specifier is relative to.
 * @see resolveModule
 */
export function resolveLocal(root: string, folder: string, specifier: string): LocalResolution {
  if (specifier.startsWith("/") || specifier.startsWith("file:")) return { kind: "outside", path: specifier };
  const found = resolveModule(specifier, [folder], (path) => isFile(join(root, path)));
  if (found.kind === "outside") return { kind: "outside", path: posix.join(folder, specifier) };
  return found.kind === "missing" ? found : { kind: "found", path: found.runs ?? found.types, types: found.types };
}

/** POSIX path relative to the root. */
export function toProjectPath(root: string, absolute: string): string {
  return relative(root, absolute).split(sep).join("/");
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
