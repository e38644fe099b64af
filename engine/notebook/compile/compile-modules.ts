import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Loader, Message } from "esbuild";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { Problem } from "../../project/types.js";
import type { CompiledModule } from "../types.js";
import type { TypeScript } from "./load-tslab.js";
import { parseErrors } from "./diagnostics.js";
import { digest } from "./notebook-cache.js";
import { isLocalSpecifier, resolveLocal } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";

type Outcome = { readonly module: CompiledModule | null; readonly problems: readonly Problem[] };

export type ModuleCompilation = Outcome & {
  /** SHA-256 of the source that was compiled; null where it was not read. */
  readonly digest: string | null;
};

export type ModuleOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  /** Of these the ones that decide what decorators and fields mean. */
  readonly options: Readonly<typescript.CompilerOptions>;
};

/** Compiles local modules, each once, as the cells reach them. */
export class ModuleCompiler {
  readonly #known = new Map<string, Promise<ModuleCompilation>>();
  constructor(private readonly options: ModuleOptions) {}

  /**
   * Compiles modules and all that they import, in turn.
   *
   * @param entries Project paths.
   * @returns By project path, ordered by it.
   */
  async compileClosure(entries: Iterable<string>): Promise<ReadonlyMap<string, ModuleCompilation>> {
    const found = new Map<string, ModuleCompilation>();
    for (let paths = [...new Set(entries)]; paths.length > 0; ) {
      const compilations = await Promise.all(paths.map(async (path) => [path, await this.#compile(path)] as const));
      for (const [path, compilation] of compilations) found.set(path, compilation);
      const reached = compilations.flatMap(([, { module }]) => Object.values(module?.imports ?? {}));
      paths = [...new Set(reached)].filter((path) => !found.has(path));
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #compile(path: string): Promise<ModuleCompilation> {
    const compilation = this.#known.get(path) ?? compileModule(path, this.options);
    this.#known.set(path, compilation);
    return compilation;
  }
}

async function compileModule(path: string, options: ModuleOptions): Promise<ModuleCompilation> {
  if (/\.d\.[cm]?ts$/.test(path)) {
    return { ...fail({ file: path }, { code: "missing-module", message: "there are declarations only, and no module to run", hint: "import types with `import type`, or add the JavaScript file" }), digest: null };
  }
  const bytes = await readFile(join(options.root, path));
  return { ...(await compileSource(path, bytes.toString("utf8"), options)), digest: digest(bytes) };
}

async function compileSource(path: string, source: string, options: ModuleOptions): Promise<Outcome> {
  if (path.endsWith(".json")) return compileJson(path, source, options.ts);
  const { transform } = await import("esbuild");
  const usesMeta = /\bimport\s*\.\s*meta\b/.test(source);
  try {
    const { code, map } = await transform(source, {
      loader: loaderOf(path),
      format: "cjs",
      target: "node20",
      sourcemap: "external",
      sourcesContent: false,
      sourcefile: path,
      charset: "utf8",
      logLevel: "silent",
      // An `import()` of the project's own modules goes through the worker's `require`, too.
      supported: { "dynamic-import": false },
      tsconfigRaw: { compilerOptions: readTsconfig(options.options) },
      ...(usesMeta ? { define: { "import.meta.url": "__importMetaUrl" }, banner: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;' } : {}),
    });
    return linkModule({ path, code, map, imports: {} }, options);
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    return { module: null, problems: error.errors.map((message) => toProblem(path, message)) };
  }
}

function loaderOf(path: string): Loader {
  const suffix = posix.extname(path).replace(/^\.[cm]/, ".");
  return suffix === ".tsx" ? "tsx" : suffix === ".ts" ? "ts" : suffix === ".jsx" ? "jsx" : "js";
}

function readTsconfig({ experimentalDecorators, useDefineForClassFields }: Readonly<typescript.CompilerOptions>): object {
  return { experimentalDecorators: experimentalDecorators ?? true, useDefineForClassFields: useDefineForClassFields ?? true };
}

function compileJson(path: string, source: string, ts: TypeScript): Outcome {
  const file = ts.parseJsonText(path, source);
  const error = parseErrors(file)[0];
  if (error !== undefined) {
    const { line, character } = ts.getLineAndCharacterOfPosition(file, error.start ?? 0);
    return fail({ file: path, line: line + 1, column: character + 1 }, { code: "syntax-error", message: `not valid JSON: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}` });
  }
  const code = `module.exports = JSON.parse(${JSON.stringify(source.replace(/^\uFEFF/, ""))});\n`;
  return { module: { path, code, map: null, imports: {} }, problems: [] };
}

/** Finds where the local specifiers of compiled code lead. */
function linkModule(module: CompiledModule, { ts, root }: ModuleOptions): Outcome {
  const file = ts.createSourceFile("module.js", module.code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const imports: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const { text } of listSpecifiers(ts, file)) {
    if (text === null || !isLocalSpecifier(text)) continue;
    const found = resolveLocal(root, posix.dirname(module.path), text);
    if (found.kind === "found") imports[text] = found.path;
    else problems.push({ severity: "error", code: found.kind === "outside" ? "outside-project" : "missing-module", place: { file: module.path }, message: `the import of \`${text}\` leads to no module of the project` });
  }
  return { module: { ...module, imports }, problems };
}

function isBuildFailure(error: unknown): error is { readonly errors: readonly Message[] } {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function toProblem(file: string, { text, location }: Message): Problem {
  const place = location === null ? { file } : { file, line: location.line, column: location.column + 1 };
  return { severity: "error", code: "syntax-error", place, message: text };
}

function fail(place: Problem["place"], problem: Pick<Problem, "code" | "message" | "hint">): Outcome {
  return { module: null, problems: [{ severity: "error", place, ...problem }] };
}
