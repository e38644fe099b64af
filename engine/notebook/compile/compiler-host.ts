import type * as typescript from "@tslab/typescript-for-tslab";
import type { WatchHost } from "./first-update.js";
import type { Tslab, TypeScript } from "./load-tslab.js";
import { hideDocumentation } from "./hide-documentation.js";
import { createModuleResolver } from "./module-resolver.js";
import type { PackageFiles, PackageFilesView } from "./package-files.js";
import { findTypeRoots } from "./package-folders.js";
import { overlaySystem, type PackageOverlay } from "./package-overlay.js";

export type HostConfig = {
  /** Absolute. */
  readonly root: string;
  /** Options on top of tslab's own. */
  readonly options: Readonly<typescript.CompilerOptions>;
  /** Specifier -> absolute path of the file with its types. */
  readonly fixed: ReadonlyMap<string, string>;
  /** Files that exist in memory only: absolute path -> text. */
  readonly virtual: ReadonlyMap<string, string>;
  /** False where nobody is shown what packages say about themselves. */
  readonly needsDocumentation: boolean;
  /** Keeps what was read of packages from one converter to the next. */
  readonly packageFiles?: PackageFiles;
};

export type HostOptions = HostConfig & {
  readonly overlay: PackageOverlay;
  /** What tslab asks for. */
  readonly files: string[];
  readonly given: typescript.CompilerOptions;
  /** tslab's; it is changed. */
  readonly system: typescript.System;
};

/** The host of tslab's TypeScript program, with options, file system and module resolution as notebooks need them. */
export function createCompilerHost({ ts, folder }: Tslab, { root, options, fixed, virtual, needsDocumentation, packageFiles, overlay, files, given, system }: HostOptions): WatchHost {
  const all: typescript.CompilerOptions = {
    ...given,
    types: ["node"],
    ...options,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    sourceMap: true,
    typeRoots: [...(ts.getDefaultTypeRoots(root, ts.sys) ?? []), ...findTypeRoots(folder)],
  };
  overlaySystem(system, root, overlay);
  if (!needsDocumentation) hideDocumentation(system);
  const { readFile, fileExists } = system;
  system.readFile = (path, encoding) => virtual.get(path) ?? readFile(path, encoding);
  system.fileExists = (path) => virtual.has(path) || fileExists(path);
  const quiet = (): void => undefined;
  const host: WatchHost = ts.createWatchCompilerHost(files, all, system, keepSourceFiles(ts, packageFiles?.open(all, overlay.toReal)), quiet, quiet);
  const resolver = createModuleResolver(ts, { root, fixed, system });
  host.resolveModuleNameLiterals = (literals, containingFile, _redirect, current) =>
    literals.map((literal) => ({ resolvedModule: resolver.resolveImport(literal.text, containingFile, current) }));
  host.resolveTypeReferenceDirectiveReferences = (references, containingFile, _redirect, current, source) =>
    references.map((reference) => ({
      resolvedTypeReferenceDirective: resolver.resolveTypeReference(
        typeof reference === "string" ? reference : reference.fileName,
        { containingFile, options: current, mode: ts.getModeForFileReference(reference, source?.impliedNodeFormat) },
      ),
    }));
  host.getModuleResolutionCache = () => resolver.cache;
  const isOwn = (path: string): boolean => path.endsWith("/__tslab__.ts") || path.endsWith("/__prev__.d.ts");
  return Object.assign(host, { hasInvalidatedResolutions: isOwn });
}

/**
 * Lets no file go that a program had and the next one has not: the cell after next may import it again, and would have it
 * parsed and bound anew.
 */
function keepSourceFiles(ts: TypeScript, packageFiles: PackageFilesView | undefined): typescript.CreateProgram<typescript.BuilderProgram> {
  return (files, options, host, ...others) => {
    if (host !== undefined) Object.assign(host, { onReleaseOldSourceFile: undefined });
    if (host !== undefined) packageFiles?.serve(host);
    return ts.createAbstractBuilder(files, options, host, ...others);
  };
}
