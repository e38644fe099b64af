import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";
import { isLocalSpecifier, resolveLocal, toProjectPath } from "./resolve-local.js";

/** Finds the files that cells and modules refer to, and that TypeScript reads. */
export type ModuleResolver = {
  readonly resolveImport: (specifier: string, containingFile: string, options: typescript.CompilerOptions) => typescript.ResolvedModuleFull | undefined;
  readonly resolveTypeReference: (name: string, reference: TypeReference) => typescript.ResolvedTypeReferenceDirective | undefined;
  readonly cache: typescript.ModuleResolutionCache;
};

/** Where a `/// <reference types="..." />` stands. */
export type TypeReference = { readonly containingFile: string; readonly options: typescript.CompilerOptions; readonly mode: typescript.ResolutionMode };

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
  const typeReferences = new Map<string, typescript.ResolvedTypeReferenceDirective | undefined>();
  const resolveTypeReference: ModuleResolver["resolveTypeReference"] = (name, { containingFile, options, mode }) => {
    const key = `${dirname(containingFile)}\0${name}\0${mode ?? ""}`;
    if (!typeReferences.has(key)) {
      typeReferences.set(key, ts.resolveTypeReferenceDirective(name, containingFile, options, system, undefined, undefined, mode).resolvedTypeReferenceDirective);
    }
    return typeReferences.get(key);
  };
  const resolveNew: ModuleResolver["resolveImport"] = (specifier, containingFile, options) => {
    const special = fixed.get(specifier) ?? findFixed(fixed, join(dirname(containingFile), specifier));
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
  // TypeScript asks again for every program, above all for what it does not find: Node's own modules.
  const imports = new Map<string, typescript.ResolvedModuleFull | undefined>();
  const resolveImport: ModuleResolver["resolveImport"] = (specifier, containingFile, options) => {
    const key = `${dirname(containingFile)}\0${specifier}`;
    if (imports.has(key)) return imports.get(key);
    const found = resolveNew(specifier, containingFile, options);
    // A module that is not there may be written while a kernel lives.
    if (found !== undefined || !isLocalSpecifier(specifier)) imports.set(key, found);
    return found;
  };
  return { resolveImport, resolveTypeReference, cache };
}

/** TypeScript writes the types of variables as imports of the file that it read. */
function findFixed(fixed: ReadonlyMap<string, string>, path: string): string | undefined {
  return [...fixed.values()].find((file) => file === path || file === `${path}.d.ts` || file === `${path}.ts`);
}

/** True for files that belong to the project itself: inside the root, and in no `node_modules`. */
export function isLocalFile(root: string, absolute: string): boolean {
  const path = toProjectPath(root, absolute);
  return path !== ".." && !path.startsWith("../") && !/(^|\/)node_modules\//.test(path);
}
