import { join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { CompletionInfo, Converter } from "tslab/dist/converter";
import { annotateDeclarations } from "./annotate-declarations.js";
import { bindLocals, MODULE_PREFIX } from "./cell-names.js";
import { createCompilerHost, type HostConfig } from "./compiler-host.js";
import { declareNestedVars } from "./declare-nested-vars.js";
import { listErrors } from "./diagnostics.js";
import { applyEdits, type Edit } from "./edits.js";
import { listDependencies } from "./file-dependencies.js";
import { mendScript } from "./live-exports.js";
import { loadTslab, type Tslab, type TypeScriptHooks } from "./load-tslab.js";
import { isLocalFile } from "./module-resolver.js";
import { ENGINE_FOLDER } from "./package-folders.js";
import { createPackageOverlay, type PackageOverlay } from "./package-overlay.js";
import { answerFirstUpdate } from "./first-update.js";
import { decodeMappings, readMappings, type Segment } from "../source-map.js";
import { leadThrough, relocateThroughEdits } from "./source-map-writer.js";

export type ConvertedCell = {
  /** CommonJS. */
  readonly code: string;
  /** Segments of each line of `code`, to the cell as it was given, after `MODULE_PREFIX`. */
  readonly segments: readonly (readonly Segment[])[];
  /** Declarations of this cell and of all before it, for the next one; null where TypeScript could not write them. */
  readonly declarations: string | null;
  readonly lastExpression: string | null;
};

export type CheckedCell = {
  /** null where tslab could not convert a cell that has errors. */
  readonly converted: ConvertedCell | null;
  /** Errors of the cell; offsets count from before `MODULE_PREFIX`. */
  readonly diagnostics: readonly typescript.Diagnostic[];
  /** Absolute paths of all files that the cell's types rest on. */
  readonly files: readonly string[];
  /** Edits of the cell with which TypeScript could write its declarations. */
  readonly annotations: readonly Edit[];
  /** The names that the cell declares. */
  readonly names: ReadonlySet<string>;
};

/** A program, and the file in it that imports what was asked for. */
export type LoadedProgram = { readonly program: typescript.Program; readonly importer: typescript.SourceFile };

type Capture = {
  diagnostics: readonly typescript.Diagnostic[];
  files: readonly string[];
  scriptMap: string;
  codeLines: readonly (readonly Segment[])[];
  nestedDeclarations: string;
  declarationErrors: { readonly file: typescript.SourceFile; readonly errors: readonly typescript.Diagnostic[] } | null;
};

/** tslab's converter with its reach into TypeScript redirected; holds a TypeScript program until it is closed. */
export class CellConverter {
  /** Files of the project that cells rest on, by absolute path, as TypeScript read them. */
  readonly localFiles = new Map<string, { readonly file: typescript.SourceFile; readonly isModule: boolean }>();
  /** Files that every program has, whatever it imports. */
  readonly baseFiles: ReadonlySet<string>;
  readonly #tslab: Tslab;
  readonly #hooks: TypeScriptHooks;
  readonly #converter: Converter;
  readonly #source: string;
  readonly #overlay: PackageOverlay;
  #capture = emptyCapture();
  #program: typescript.Program | null = null;
  #loads = 0;
  #nestedVars: ReadonlySet<string> = new Set();
  /** Absolute path of each file of the programs -> tells TypeScript that it was edited. */
  readonly #watchers = new Map<string, typescript.FileWatcherCallback>();
  /** The locals of the cell, until tslab has asked for them. */
  #pendingLocals: ReadonlyMap<string, unknown> | null = null;

  constructor(private readonly config: HostConfig) {
    this.#tslab = loadTslab();
    this.#source = join(config.root, "__tslab__.ts");
    this.#overlay = createPackageOverlay(config.root, [ENGINE_FOLDER, this.#tslab.folder]);
    this.#hooks = {
      root: config.root,
      createWatchCompilerHost: (files, options, system) => this.#createHost(files, options, system),
      getPreEmitDiagnosticsOfFiles: (program, files) => this.#check(program, files),
      transpileModule: (text, options) => this.#transpile(text, options),
      watchFile: (path, onChange) => void this.#watchers.set(path, onChange),
    };
    this.#converter = this.#tslab.withHooks(this.#hooks, () => this.#tslab.createConverter());
    this.baseFiles = new Set(this.#program?.getSourceFiles().map(({ fileName }) => fileName));
  }

  /**
   * Checks and converts one cell.
   *
   * @param declarations Those of the cells before.
   * @param text The mended cell.
   * @param nestedVars Names of `var`s in blocks of the cell.
   */
  convert(declarations: string, text: string, nestedVars: ReadonlySet<string>): CheckedCell {
    const locals = bindLocals(this.#tslab.ts, text);
    this.#capture = emptyCapture();
    this.#nestedVars = nestedVars;
    this.#pendingLocals = locals.size === 0 ? null : locals;
    const result = this.#tslab.withHooks(this.#hooks, () => this.#convertQuietly(declarations, text));
    const { diagnostics, scriptMap, codeLines, nestedDeclarations, declarationErrors } = this.#capture;
    const files = this.#capture.files.map(this.#overlay.toReal);
    const converted = result?.output === undefined ? null : {
      code: result.output,
      segments: leadThrough(codeLines, decodeMappings(readMappings(scriptMap || "{}"))),
      declarations: declarationErrors === null ? (result.declOutput ?? "") + nestedDeclarations : null,
      lastExpression: result.lastExpressionVar ?? null,
    };
    const annotations = declarationErrors === null ? [] : annotateDeclarations(this.#tslab.ts, declarationErrors.file, declarationErrors.errors);
    return { converted, diagnostics, files, annotations: annotations.map(behindPrefix), names: new Set(locals.keys()) };
  }

  /**
   * Makes the program of a cell that does nothing but import. Its checker has not looked at any of the modules.
   *
   * @param specifiers As from a file in the root.
   */
  load(specifiers: readonly string[]): LoadedProgram {
    // A text of its own: tslab keeps the program, and so its checker, where the text is the same as before.
    this.#loads += 1;
    const text = [...specifiers.map((specifier) => `import ${JSON.stringify(specifier)};`), `// ${this.#loads}`].join("\n");
    this.convert("", text, new Set());
    const importer = this.#program?.getSourceFile(this.#source);
    if (this.#program === null || importer === undefined) throw new Error("Internal error: tslab made no program");
    return { program: this.#program, importer };
  }

  /**
   * Reads files anew that were edited since a program was made of them.
   *
   * @param paths Absolute.
   */
  reload(paths: readonly string[]): void {
    this.#tslab.withHooks(this.#hooks, () => {
      const { FileWatcherEventKind, sys } = this.#tslab.ts;
      // What was missing is looked for again only when it was created; for another file that is an edit like any other.
      for (const path of paths) this.#watchers.get(path)?.(path, sys.fileExists(path) ? FileWatcherEventKind.Created : FileWatcherEventKind.Deleted);
    });
  }

  /** What may stand at a place of a cell. @param offset Into `text`. */
  complete(declarations: string, text: string, offset: number): CompletionInfo {
    return this.#tslab.withHooks(this.#hooks, () => this.#converter.complete(declarations, text, offset));
  }

  /** What TypeScript knows of a place of a cell; null where there is nothing. @param offset Into `text`. */
  inspect(declarations: string, text: string, offset: number): typescript.QuickInfo | null {
    return this.#tslab.withHooks(this.#hooks, () => this.#converter.inspect(declarations, text, offset) ?? null);
  }

  close(): void {
    this.#tslab.withHooks(this.#hooks, () => this.#converter.close());
  }

  #convertQuietly(declarations: string, text: string): ReturnType<Converter["convert"]> | null {
    try {
      return this.#converter.convert(declarations, text);
    } catch (error) {
      // What has errors may have a syntax tree that tslab can't carry on from; the errors are known by then.
      if (this.#capture.diagnostics.length > 0) return null;
      throw new Error("Internal error: tslab could not convert a cell", { cause: error });
    }
  }

  #createHost(files: string[], options: typescript.CompilerOptions, system: typescript.System): unknown {
    const host = createCompilerHost(this.#tslab, { ...this.config, overlay: this.#overlay, files, given: options, system });
    answerFirstUpdate(host, {
      source: this.#source,
      takeLocals: () => {
        const locals = this.#pendingLocals;
        this.#pendingLocals = null;
        return locals;
      },
      wrapBuilder: (builder) => this.#wrapBuilder(builder),
    });
    return host;
  }

  #wrapBuilder(builder: typescript.BuilderProgram): typescript.BuilderProgram {
    // The checker binds the files, which must be done before tslab makes the earlier declarations the cell's parent.
    this.#program = builder.getProgram();
    this.#program.getTypeChecker();
    return {
      ...builder,
      getAllDependencies: (file) => {
        this.#capture.files = listDependencies(builder.getProgram(), file);
        return this.#capture.files;
      },
      emit: (file, writeFile, token, onlyDeclarations, transformers) => {
        if (file?.fileName !== this.#source) return { emitSkipped: true, diagnostics: [] };
        const program = builder.getProgram();
        this.#capture.nestedDeclarations = declareNestedVars(this.#tslab.ts, { program, file, names: this.#nestedVars });
        let hasDeclarations = false;
        const emitted = program.emit(file, (name, text, ...rest) => {
          hasDeclarations ||= name.endsWith(".d.ts");
          if (name.endsWith(".js.map")) this.#capture.scriptMap = text;
          else writeFile?.(name, text.replace(/\n\/\/# sourceMappingURL=__tslab__\.js\.map\s*$/, "\n"), ...rest);
        }, token, onlyDeclarations, transformers);
        if (!hasDeclarations) this.#capture.declarationErrors = { file, errors: program.getDeclarationDiagnostics(file) };
        return emitted;
      },
    };
  }

  /** Takes the errors for itself and tells tslab of none, so that it converts cells with errors too. */
  #check(program: typescript.Program, files: readonly typescript.SourceFile[]): readonly typescript.Diagnostic[] {
    const cell = files.find((file) => file.fileName === this.#source);
    if (cell !== undefined) {
      this.#capture.diagnostics = listErrors(program, cell);
      // A file with a top-level await is parsed twice; writing declarations trips over the first, unfinished one.
      Reflect.deleteProperty(cell, "original");
    }
    for (const path of this.#capture.files) {
      const file = isLocalFile(this.config.root, path) ? program.getSourceFile(path) : undefined;
      if (file !== undefined) this.localFiles.set(path, { file, isModule: !program.isSourceFileFromExternalLibrary(file) });
    }
    return [];
  }

  #transpile(text: string, options: typescript.TranspileOptions): typescript.TranspileOutput {
    const { ts } = this.#tslab;
    const compilerOptions = { ...options.compilerOptions, sourceMap: true, noImplicitUseStrict: false };
    const mended = applyEdits(text, mendScript(ts, text, this.#nestedVars));
    const output = ts.transpileModule(mended.text, { ...options, compilerOptions });
    this.#capture.codeLines = relocateThroughEdits(decodeMappings(readMappings(output.sourceMapText ?? "{}")), text, mended);
    return { ...output, outputText: output.outputText.replace(/\n?\/\/# sourceMappingURL=custom\.js\.map\s*$/, "\n") };
  }
}

function behindPrefix({ start, end, text }: Edit): Edit {
  return { start: start - MODULE_PREFIX.length, end: end - MODULE_PREFIX.length, text };
}

function emptyCapture(): Capture {
  return { diagnostics: [], files: [], scriptMap: "", codeLines: [], nestedDeclarations: "", declarationErrors: null };
}
