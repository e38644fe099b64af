import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";
import { isLocalSpecifier, resolveLocal, toProjectPath } from "./resolve-local.js";

/** Resolves the imports of cells and modules to files that TypeScript reads. */
export type ModuleResolver = (specifier: string, containingFile: string, options: typescript.CompilerOptions) => typescript.ResolvedModuleFull | undefined;

export type ResolverContext = {
  /** Absolute. */
  readonly root: string;
  /** Absolute path of a file that stands for a package -> used before any lookup, by specifier. */
  readonly fixed: ReadonlyMap<string, string>;
  /** The file system to look for packages in. */
  readonly system: typescript.System;
};

/**
 * Makes a resolver: relative specifiers of the project's own files by its own rules, packages by
 * TypeScript's.
 */
export function createModuleResolver(ts: TypeScript, { root, fixed, system }: ResolverContext): ModuleResolver {
  const cache = ts.createModuleResolutionCache(root, (name) => name);
  const extensionOf = (path: string): typescript.Extension => {
    const all = [ts.Extension.Dts, ts.Extension.Dmts, ts.Extension.Dcts, ...Object.values(ts.Extension)];
    return all.find((extension) => path.endsWith(extension)) ?? ts.Extension.Ts;
  };
  return (specifier, containingFile, options) => {
    const special = fixed.get(specifier);
    if (special !== undefined) return { resolvedFileName: special, extension: extensionOf(special), isExternalLibraryImport: true };
    if (isLocalSpecifier(specifier) && isLocalFile(root, containingFile)) {
      const found = resolveLocal(root, toProjectPath(root, dirname(containingFile)) || ".", specifier);
      const isPackageFile = found.kind === "found" && !isLocalFile(root, join(root, found.types));
      if (found.kind === "found" && !isPackageFile) {
        return { resolvedFileName: join(root, found.types), extension: extensionOf(found.types), isExternalLibraryImport: false };
      }
    }
    return ts.resolveModuleName(specifier, containingFile, options, system, cache).resolvedModule;
  };
}

/** True for files that belong to the project itself: inside the root, and in no `node_modules`. */
export function isLocalFile(root: string, absolute: string): boolean {
  const path = toProjectPath(root, absolute);
  return path !== ".." && !path.startsWith("../") && !/(^|\/)node_modules\//.test(path);
}
