import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { isAsyncModule, isEsModule } from "./async-module.js";
import type { PackageBundle } from "../types.js";
import { runCode } from "./run-code.js";
import { toCommonJs } from "./interop.js";

/** Loads packages and Node's own modules for cells and local modules. */
export type PackageLoader = {
  /** What `require(specifier)` gives in a file. */
  load(specifier: string, fromFile: string): unknown;
  resolve(specifier: string, fromFile: string): string;
  /** Loads a package ahead where `require` could not: it has a top-level await, or can only be imported. */
  prepare(specifier: string, fromFile: string): Promise<void>;
  /** Forgets the files of packages that were loading when their code was ended from outside. */
  forgetUnfinished(): void;
};

/** Where a specifier leads; `file` is null where only `import()` may load it. */
type Resolved = { readonly file: string | null; readonly require: NodeJS.Require; readonly fromFile: string };

/**
 * Packages are resolved from the importing file's real place in the project, then from Stitchbook's own installation.
 *
 * @param options.ownFile - absolute path of a file of that installation
 * @param options.bundle - packages that are loaded from there instead
 * @param options.temporaryFolder - absolute; for a file that is made and removed at once
 */
export function createPackageLoader(options: { readonly ownFile: string; readonly temporaryFolder: string; readonly bundle?: PackageBundle | null }): PackageLoader {
  const requires = new Map<string, NodeJS.Require>();
  const imported = new Map<string, unknown>();
  const prepared = new Set<string>();

  const requireFrom = (file: string): NodeJS.Require => {
    const folder = dirname(file);
    const known = requires.get(folder) ?? createRequire(file);
    requires.set(folder, known);
    return known;
  };

  const resolve = (specifier: string, fromFile: string): Resolved => {
    const first = resolveFrom(specifier, fromFile, requireFrom(fromFile));
    if (first !== null) return first;
    const own = isBare(specifier) ? resolveFrom(specifier, options.ownFile, requireFrom(options.ownFile)) : null;
    return own ?? { file: specifier, require: requireFrom(fromFile), fromFile };
  };

  const { bundle = null } = options;
  /** The name of a package in the bundle; null where it is not there. */
  const bundledName = ({ file }: Resolved): string | null => (bundle !== null && file !== null && Object.hasOwn(bundle.entries, file) ? (bundle.entries[file] ?? null) : null);
  const loadBundled = (name: string): unknown => {
    const known = imported.get(name) ?? bundledNamespace(requireFrom(bundle?.file ?? "")(bundle?.file ?? ""), name);
    imported.set(name, known);
    return known;
  };

  const keyOf = ({ file, fromFile }: Resolved, specifier: string): string => file ?? `${dirname(fromFile)}\0${specifier}`;

  return {
    resolve: (specifier, fromFile) => {
      const resolved = resolve(specifier, fromFile);
      return resolved.require.resolve(specifier);
    },
    load: (specifier, fromFile) => {
      const resolved = resolve(specifier, fromFile);
      const bundled = bundledName(resolved);
      if (bundled !== null) return loadBundled(bundled);
      const key = keyOf(resolved, specifier);
      return imported.has(key) ? imported.get(key) : resolved.require(specifier);
    },
    forgetUnfinished: () => {
      const { cache } = createRequire(options.ownFile);
      for (const [file, module] of Object.entries(cache)) if (module !== undefined && !module.loaded && file !== options.ownFile) delete cache[file];
    },
    prepare: async (specifier, fromFile) => {
      const asked = `${dirname(fromFile)}\0${specifier}`;
      if (prepared.has(asked)) return;
      prepared.add(asked);
      const resolved = resolve(specifier, fromFile);
      const key = keyOf(resolved, specifier);
      if (bundledName(resolved) !== null || imported.has(key) || !needsImport(resolved, options.temporaryFolder)) return;
      const target = resolved.file === null ? specifier : pathToFileURL(resolved.file).href;
      imported.set(key, toCommonJs(await importFrom(target, resolved.fromFile)));
    },
  };
}

/** A bundle marks every namespace as an ES module's; `require` marks those with a default export. */
function bundledNamespace(bundle: unknown, name: string): unknown {
  const load: unknown = typeof bundle === "object" && bundle !== null ? Reflect.get(bundle, name) : null;
  const namespace: unknown = typeof load === "function" ? load() : null;
  if (typeof namespace !== "object" || namespace === null) throw new Error("Internal error: a bundle lacks a package");
  return toCommonJs("default" in namespace ? namespace : Object.defineProperties(Object.create(null), { ...Object.getOwnPropertyDescriptors(namespace), __esModule: { value: undefined, enumerable: false } }));
}

function isBare(specifier: string): boolean {
  return !/^(?:\.{0,2}\/|\.{1,2}$|node:)/.test(specifier);
}

function resolveFrom(specifier: string, fromFile: string, require: NodeJS.Require): Resolved | null {
  try {
    return { file: require.resolve(specifier), require, fromFile };
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
    // Its `exports` know no condition that `require` meets; `import` may be another matter.
    return code === "ERR_PACKAGE_PATH_NOT_EXPORTED" ? { file: null, require, fromFile } : null;
  }
}

function needsImport({ file }: Resolved, temporaryFolder: string): boolean {
  return file === null || (isEsModule(file) && isAsyncModule(file, temporaryFolder));
}

async function importFrom(target: string, fromFile: string): Promise<object> {
  const namespace: unknown = await runCode({ code: "return import(target);", filename: fromFile, isAsync: true, scope: { target } });
  if (typeof namespace !== "object" || namespace === null) throw new Error("Internal error: import() gave no namespace");
  return namespace;
}
