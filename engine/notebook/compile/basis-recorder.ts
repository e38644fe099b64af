import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";
import { isLocalFile } from "./module-resolver.js";
import { digestFile, type Basis } from "./notebook-cache.js";
import { packageFolders } from "./package-folders.js";
import { findPackageJson, isLocalSpecifier, packageNameOf, resolveLocal, toProjectPath } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";

export type RecorderOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  /** Project paths of the tsconfig files; empty where there is none. */
  readonly configFiles: readonly string[];
  /** Names of the `@types` packages that are always loaded. */
  readonly ambientTypes: readonly string[];
  /** Absolute package folder of tslab. */
  readonly tslabFolder: string;
};

/** What one notebook was seen to rest on. */
export type NotebookTraces = {
  /** Project path. */
  readonly notebook: string;
  /** Absolute paths of all files that its types rest on. */
  readonly files: ReadonlySet<string>;
  /** Local specifiers of cells -> project path. */
  readonly cellImports: ReadonlyMap<string, string>;
  /** Specifiers of packages in cells. */
  readonly packages: ReadonlySet<string>;
  /** Project paths of the modules that run. */
  readonly modules: readonly string[];
  readonly getSourceFile: (path: string) => typescript.SourceFile | undefined;
};

/**
 * Writes down what a compiled notebook rests on, so that the cache can tell later whether it still holds.
 *
 * @returns null where a file is not as it was when it was compiled.
 */
export function recordBasis({ ts, root, configFiles, ambientTypes, tslabFolder }: RecorderOptions, traces: NotebookTraces): Basis | null {
  const files: Record<string, string | null> = {};
  const note = (path: string): void => void (files[toProjectPath(root, path)] ??= digestFile(path));
  if (configFiles.length === 0) files["tsconfig.json"] = null;
  for (const file of configFiles) note(join(root, file));
  note(join(tslabFolder, "package.json"));
  const ambient = lookUp(root, ".", ambientTypes.map((name) => `@types/${name}`));
  for (const [, , packageJson] of ambient) if (packageJson !== null) note(join(root, packageJson));
  for (const file of traces.files) note(packageJsonOf(file) ?? file);
  for (const module of traces.modules) note(join(root, module));
  const moduleImports: [string, string, string][] = [];
  const packages: Basis["packages"][number][] = [...ambient, ...lookUp(root, ".", traces.packages)];
  for (const path of [...traces.files].filter((file) => isLocalFile(root, file) && !file.endsWith(".json"))) {
    const text = ts.sys.readFile(path);
    if (text === undefined || (traces.getSourceFile(path)?.text ?? text) !== text) return null;
    const folder = dirname(toProjectPath(root, path));
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    const specifiers = listSpecifiers(ts, file).flatMap((use) => (use.text === null ? [] : [use.text]));
    packages.push(...lookUp(root, folder, specifiers.filter((text) => !isLocalSpecifier(text))));
    for (const specifier of specifiers.filter(isLocalSpecifier)) {
      const found = resolveLocal(root, folder, specifier);
      if (found.kind === "found") moduleImports.push([folder, specifier, found.path]);
    }
  }
  return { files, cellImports: [...traces.cellImports], moduleImports, packages };
}

/** Where packages and the types made for them are found now. Cells look from the root. */
function lookUp(root: string, folder: string, specifiers: Iterable<string>): Basis["packages"][number][] {
  const names = [...new Set([...specifiers].map(packageNameOf))];
  return names.flatMap((name) => [name, `@types/${name.replace(/^@(.+)\/(.+)$/, "$1__$2")}`]).map((name) => {
    const found = findPackageJson(packageFolders(join(root, folder)), name);
    return [folder, name, found === null ? null : toProjectPath(root, found)];
  });
}

/** The package.json of the package that a file belongs to; null outside of `node_modules`. */
function packageJsonOf(file: string): string | null {
  const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
  const path = folder === undefined ? null : `${folder}/package.json`;
  return path !== null && existsSync(path) ? path : null;
}
