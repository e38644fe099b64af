import type { Cell, ParameterDeclaration, Problem } from "../../project/types.js";
import type { CompiledNotebook } from "../types.js";
import { contextKey, NotebookCache } from "./notebook-cache.js";
import type { PackageFiles } from "./package-files.js";

export type CompileOptions = {
  /** The project, absolute. */
  readonly root: string;
  readonly notebooks: readonly {
    /** Project path. */
    readonly file: string;
    readonly cells: readonly Cell[];
    readonly parameters: readonly ParameterDeclaration[];
  }[];
  /** Where results are kept, absolute; null keeps none. */
  readonly cacheFolder: string | null;
  /** TypeScript text of the module `stitchbook/data`: the row types of declared outputs. */
  readonly dataTypes?: string;
  /** How many threads help to compile; by default as many as it is worth. */
  readonly helperCount?: number;
  /** Aborted to give up between two notebooks. */
  readonly signal?: AbortSignal;
  /** Keeps what was read of packages from one compilation to the next. */
  readonly packageFiles?: PackageFiles;
};

/** Project path -> SHA-256 of the file's bytes; null where there was no such file. */
export type SourceDigests = Readonly<Record<string, string | null>>;

export type Compilation = {
  /** By notebook file; a notebook with an error is missing. */
  readonly compiled: ReadonlyMap<string, CompiledNotebook>;
  /** By notebook file: what else each was made of than its cells; null where a file changed while it was read. */
  readonly sources: ReadonlyMap<string, SourceDigests | null>;
  /** Every error of cells and of the local modules that they reach, each once. */
  readonly problems: readonly Problem[];
  /** By notebook file: project paths of the project's own files that its types rest on, sound or not. Of those that were compiled anew. */
  readonly reached: ReadonlyMap<string, readonly string[]>;
};

/**
 * Turns the code cells of notebooks into JavaScript and finds all their type errors, without executing anything.
 *
 * A result that is in the cache, and whose modules, packages and options are as they were, is taken from there; then
 * neither tslab nor TypeScript is loaded. Only results without errors are kept.
 *
 * @throws the signal's reason once it is aborted
 */
export async function compileNotebooks({ root, notebooks, cacheFolder, dataTypes, helperCount, signal, packageFiles }: CompileOptions): Promise<Compilation> {
  const cache = cacheFolder === null ? null : new NotebookCache(root, cacheFolder);
  const subjects = notebooks.map(({ file, cells }) => ({ file, cells, dataTypes: dataTypes ?? null }));
  const kept = await Promise.all(subjects.map(async (subject) => (await cache?.read(subject)) ?? null));
  const missed = subjects.filter((_, index) => kept[index] === null);
  const found = kept.flatMap((entry) => entry ?? []);
  const compiled = new Map(found.map((entry) => [entry.compiled.notebook, entry.compiled]));
  const sources = new Map<string, SourceDigests | null>(found.map((entry) => [entry.compiled.notebook, entry.basis.files]));
  if (missed.length === 0) return { compiled, sources, problems: [], reached: new Map() };
  const { compileFresh } = await import("./compile-fresh.js");
  const planned = await Promise.all(missed.map(async (subject) => ({ file: subject.file, cells: subject.cells, proven: (await cache?.readProven(subject)) ?? null })));
  const fresh = await compileFresh({ root, notebooks: planned, dataTypes: dataTypes ?? null, ...(helperCount === undefined ? {} : { helperCount }), ...(signal === undefined ? {} : { signal }), ...(packageFiles === undefined ? {} : { packageFiles }) });
  for (const [index, { file, result }] of fresh.entries()) {
    const subject = missed[index];
    if (result === null || subject === undefined) continue;
    compiled.set(file, result.compiled);
    const { basis, imports } = result;
    sources.set(file, basis?.files ?? null);
    if (basis !== null) await cache?.write(subject, { compiled: result.compiled, basis, context: contextKey(imports) });
  }
  const byText = new Map(fresh.flatMap(({ problems }) => problems).map((problem) => [JSON.stringify(problem), problem]));
  return { compiled, sources, problems: [...byText.values()], reached: new Map(fresh.map(({ file, reached }) => [file, reached])) };
}
