import { createRequire } from "node:module";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { Converter } from "tslab/dist/converter";

export type TypeScript = typeof typescript;

/** Functions that TypeScript has but does not declare. */
export type TypeScriptInternals = {
  readonly bindSourceFile: (file: typescript.SourceFile, options: typescript.CompilerOptions) => void;
};

/** What takes the place of TypeScript's own functions while tslab's converter works. */
export type TypeScriptHooks = {
  /** The folder that the converter takes for the current one. Absolute. */
  readonly root: string;
  readonly createWatchCompilerHost: (files: string[], options: typescript.CompilerOptions, system: typescript.System) => unknown;
  readonly getPreEmitDiagnosticsOfFiles: (program: typescript.Program, files: readonly typescript.SourceFile[]) => readonly typescript.Diagnostic[];
  readonly transpileModule: (text: string, options: typescript.TranspileOptions) => typescript.TranspileOutput;
  /** Called for each file that a program rests on; the callback says that the file was edited. */
  readonly watchFile?: (path: string, onChange: typescript.FileWatcherCallback) => void;
};

export type Tslab = {
  readonly ts: TypeScript & TypeScriptInternals;
  readonly createConverter: () => Converter;
  readonly isCompleteCode: typeof import("tslab/dist/converter").isCompleteCode;
  /** tslab's package folder, absolute: it brings types that a project may lack. */
  readonly folder: string;
  /** Runs a call into the converter, which must end before it returns, with hooks in place. */
  readonly withHooks: <T>(hooks: TypeScriptHooks, call: () => T) => T;
};

let loaded: Tslab | null = null;

/**
 * Loads tslab's converter once, over a copy of TypeScript whose functions can be hooked. Others who load tslab or its
 * TypeScript in this process get the untouched ones.
 */
export function loadTslab(): Tslab {
  loaded ??= load();
  return loaded;
}

function load(): Tslab {
  const require = createRequire(import.meta.url);
  const converterFile = require.resolve("tslab/dist/converter");
  const requireOfTslab = createRequire(converterFile);
  const typescriptFile = requireOfTslab.resolve("@tslab/typescript-for-tslab");
  const ts: TypeScript & TypeScriptInternals = requireOfTslab(typescriptFile);
  const entry = require.cache[typescriptFile];
  if (entry === undefined) throw new Error("Internal error: tslab's TypeScript is not in the module cache");

  let active: TypeScriptHooks | null = null;
  const other = require.cache[converterFile];
  delete require.cache[converterFile];
  entry.exports = hookTypeScript(ts, () => {
    if (active === null) throw new Error("Internal error: tslab's converter is called without hooks");
    return active;
  });
  try {
    const converter: typeof import("tslab/dist/converter") = require(converterFile);
    return {
      ts,
      folder: requireOfTslab.resolve("tslab/package.json").replace(/[\\/]package\.json$/, ""),
      createConverter: () => converter.createConverter({ isJS: false, isBrowser: false }),
      isCompleteCode: (code) => converter.isCompleteCode(code),
      withHooks: (hooks, call) => {
        const before = active;
        active = hooks;
        try {
          return call();
        } finally {
          active = before;
        }
      },
    };
  } finally {
    entry.exports = ts;
    if (other === undefined) delete require.cache[converterFile];
    else require.cache[converterFile] = other;
  }
}

function hookTypeScript(ts: TypeScript, hooks: () => TypeScriptHooks): object {
  const closed = { close: () => undefined };
  const sys = Object.assign(Object.create(ts.sys), {
    getCurrentDirectory: () => hooks().root,
    watchFile: (path: string, onChange: typescript.FileWatcherCallback) => {
      hooks().watchFile?.(path, onChange);
      return closed;
    },
    watchDirectory: () => closed,
  });
  return {
    ...ts,
    sys,
    createWatchCompilerHost: (files: string[], options: typescript.CompilerOptions, system: typescript.System) => hooks().createWatchCompilerHost(files, options, system),
    getPreEmitDiagnosticsOfFiles: (program: typescript.Program, files: readonly typescript.SourceFile[]) => hooks().getPreEmitDiagnosticsOfFiles(program, files),
    transpileModule: (text: string, options: typescript.TranspileOptions) => hooks().transpileModule(text, options),
  };
}
