import { dirname, join, resolve } from "node:path";
import type { CompiledModule } from "../types.js";
import { missingModulePath } from "./file-access.js";
import type { PackageLoader } from "./package-loader.js";
import { runCode } from "./run-code.js";
import type { SourcePlaces } from "./source-places.js";

/** Compiled local modules, and what the cells' own specifiers mean. */
export type ModuleTable = {
  readonly modules: readonly CompiledModule[];
  /** Local specifiers in cells -> project path of the module. */
  readonly imports: Readonly<Record<string, string>>;
};

/** `require` as a cell or a local module sees it. */
export type CellRequire = ((specifier: string) => unknown) & { readonly resolve: (specifier: string) => string };

export type ModuleLoader = {
  /** Adds modules. One whose code is new is loaded anew at the next import, and so is every module that imports it. */
  define(table: ModuleTable): void;
  /** `require` for the notebook's cells. */
  readonly cellRequire: CellRequire;
  /** Loads ahead the packages that a cell's code may reach and that `require` could not load. */
  prepare(code: string): Promise<void>;
  /** Loads ahead the packages that a cell's code and the local modules that it reaches import at their top. */
  preload(code: string): Promise<void>;
  /** Forgets what was loading when its code was ended from outside, packages included. */
  forgetUnfinished(): void;
};

export type ModuleLoaderOptions = {
  readonly projectRoot: string;
  /** Project path of the notebook. */
  readonly notebook: string;
  readonly packages: PackageLoader;
  readonly places: SourcePlaces;
  /** Modules that the engine itself provides. */
  readonly provided: Readonly<Record<string, unknown>>;
};

type Instance = { exports: unknown; readonly id: string; readonly filename: string; loaded: boolean; readonly children: readonly unknown[]; readonly require: CellRequire };

/** Makes the loader of local modules: each is instantiated once, cycles see what is exported so far, as in CommonJS. */
export function createModuleLoader(options: ModuleLoaderOptions): ModuleLoader {
  const { projectRoot, packages, places, provided } = options;
  const modules = new Map<string, CompiledModule>();
  const instances = new Map<string, Instance>();
  const cellImports = new Map<string, string>();

  const createModuleRequire = (fromFile: string, localPath: (specifier: string) => string | undefined): CellRequire => {
    const load = (specifier: string): unknown => {
      const local = localPath(specifier);
      if (local !== undefined) return instantiate(local);
      if (Object.hasOwn(provided, specifier)) return provided[specifier];
      try {
        return packages.load(specifier, fromFile);
      } catch (error) {
        throw explainMissing(error, specifier, fromFile);
      }
    };
    return Object.assign(load, { resolve: (specifier: string) => resolvePath(specifier) });
    function resolvePath(specifier: string): string {
      const local = localPath(specifier);
      return local === undefined ? packages.resolve(specifier, fromFile) : join(projectRoot, local);
    }
  };

  const instantiate = (path: string): unknown => {
    const existing = instances.get(path);
    if (existing !== undefined) return existing.exports;
    const compiled = modules.get(path);
    if (compiled === undefined) throw new Error(`Internal error: the module ${path} was not compiled`);
    const filename = join(projectRoot, path);
    const require = createModuleRequire(filename, (specifier) => own(compiled.imports, specifier));
    const module: Instance = { exports: {}, id: filename, filename, loaded: false, children: [], require };
    instances.set(path, module);
    places.add(filename, { file: path, map: compiled.map });
    try {
      const scope = { exports: module.exports, require, module, __filename: filename, __dirname: dirname(filename) };
      runCode({ code: compiled.code, filename, isAsync: false, scope, self: module.exports });
    } catch (error) {
      instances.delete(path);
      throw error;
    }
    module.loaded = true;
    return module.exports;
  };

  const notebookFile = join(projectRoot, options.notebook);
  return {
    define: (table) => {
      const changed = table.modules.filter((module) => modules.has(module.path) && modules.get(module.path)?.code !== module.code);
      for (const module of table.modules) modules.set(module.path, module);
      for (const [specifier, path] of Object.entries(table.imports)) cellImports.set(specifier, path);
      for (const path of withImporters(changed.map((module) => module.path), modules)) instances.delete(path);
    },
    forgetUnfinished: () => {
      for (const [path, instance] of instances) if (!instance.loaded) instances.delete(path);
      packages.forgetUnfinished();
    },
    cellRequire: createModuleRequire(notebookFile, (specifier) => cellImports.get(specifier)),
    prepare: async (code) => {
      for (const { specifier, fromFile } of packagesReached({ code, cellImports, modules, projectRoot, notebookFile })) {
        if (!Object.hasOwn(provided, specifier)) await packages.prepare(specifier, fromFile);
      }
    },
    preload: async (code) => {
      for (const { specifier, fromFile } of packagesReached({ code, cellImports, modules, projectRoot, notebookFile, isAhead: true })) {
        if (Object.hasOwn(provided, specifier)) continue;
        // The first that fails is what the cell will fail at: nothing after it would be loaded.
        if (!(await isLoadable(packages, specifier, fromFile))) return;
      }
    },
  };
}

type Reach = {
  readonly code: string;
  readonly cellImports: ReadonlyMap<string, string>;
  readonly modules: ReadonlyMap<string, CompiledModule>;
  readonly projectRoot: string;
  readonly notebookFile: string;
  /** Only what can as well be loaded before anything is executed. */
  readonly isAhead?: boolean;
};

/** Package specifiers in a cell and in the local modules that it reaches, in the order in which they would load. */
function* packagesReached({ code, cellImports, modules, projectRoot, notebookFile, isAhead = false }: Reach): Generator<{ readonly specifier: string; readonly fromFile: string }> {
  const seen = new Set<string>();
  yield* visit(code, notebookFile, (specifier) => cellImports.get(specifier));
  function* visit(text: string, fromFile: string, localPath: (specifier: string) => string | undefined): Generator<{ readonly specifier: string; readonly fromFile: string }> {
    const specifiers = isAhead ? importedSpecifiers(text) : requiredSpecifiers(text);
    for (const specifier of specifiers) {
      const local = localPath(specifier);
      const module = local === undefined ? undefined : modules.get(local);
      if (local === undefined) yield { specifier, fromFile };
      else if (module !== undefined && !seen.has(local)) {
        seen.add(local);
        yield* visit(module.code, join(projectRoot, local), (inner) => own(module.imports, inner));
      }
    }
  }
}

/** A cheap look at compiled code; what is found in a comment or a string is only looked at needlessly. */
function requiredSpecifiers(code: string): string[] {
  return [...code.matchAll(/\brequire\(\s*(["'`])([^"'`\\\n$]+)\1\s*\)/g)].flatMap((match) => match[2] ?? []);
}

/**
 * Those of declarations that import names. Nothing where one is imported for its effect alone (it may set what packages
 * find when they load).
 */
function importedSpecifiers(code: string): string[] {
  if (/^(?:exports\.[\w$]+ = )?require\(/m.test(code)) return [];
  return [...code.matchAll(/^(?:const|let|var) (?:[\w$]+|\{[^}=]*\}) = (?:[\w$.]+\()?require\((["'])([^"'\\\n]+)\1\)/gm)].flatMap((match) => match[2] ?? []);
}

async function isLoadable(packages: PackageLoader, specifier: string, fromFile: string): Promise<boolean> {
  try {
    await packages.prepare(specifier, fromFile);
    packages.load(specifier, fromFile);
    return true;
  } catch {
    return false;
  }
}

function withImporters(paths: readonly string[], modules: ReadonlyMap<string, CompiledModule>): ReadonlySet<string> {
  const found = new Set(paths);
  // A set gives what is added while it is walked.
  for (const path of found) {
    for (const module of modules.values()) if (Object.values(module.imports).includes(path)) found.add(module.path);
  }
  return found;
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Node's message for a missing module lists files of the engine; the first line says it all. */
function explainMissing(error: unknown, specifier: string, fromFile: string): unknown {
  if (!(error instanceof Error) || Reflect.get(error, "code") !== "MODULE_NOT_FOUND") return error;
  const [first = ""] = error.message.split("\n");
  if (!first.includes(`'${specifier}'`)) return error;
  error.message = first;
  if (/^\.{0,2}\//.test(specifier)) Object.defineProperty(error, missingModulePath, { value: resolve(dirname(fromFile), specifier) });
  return error;
}
