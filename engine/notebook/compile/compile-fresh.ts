import { join } from "node:path";
import type { Cell, Problem } from "../../project/types.js";
import type { CompiledCell, CompiledModule, CompiledNotebook } from "../types.js";
import { recordBasis, type RecorderOptions } from "./basis-recorder.js";
import { CellConverter } from "./cell-converter.js";
import { compileCell, type CellSequence } from "./compile-cell.js";
import { ModuleCompiler } from "./compile-modules.js";
import { readCompileOptions } from "./compile-options.js";
import { loadTslab } from "./load-tslab.js";
import type { Basis } from "./notebook-cache.js";
import { findNotebookApi } from "./package-folders.js";
import { isLocalSpecifier, resolveLocal } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";

export type NotebookSource = { readonly file: string; readonly cells: readonly Cell[] };

export type FreshNotebook = {
  readonly file: string;
  /** null where the notebook or a module that it reaches has errors. */
  readonly result: {
    readonly compiled: CompiledNotebook;
    /** null where a file changed while it was read. */
    readonly basis: Basis | null;
  } | null;
  readonly problems: readonly Problem[];
};

export type FreshOptions = {
  /** Absolute. */
  readonly root: string;
  readonly notebooks: readonly NotebookSource[];
  /** Text of the module `stitchbook/data`. */
  readonly dataTypes: string | null;
};

/** Compiles notebooks with one converter, whatever a cache may hold. */
export async function compileFresh({ root, notebooks, dataTypes }: FreshOptions): Promise<readonly FreshNotebook[]> {
  const { ts, folder } = loadTslab();
  const { options, files: configFiles, problems } = readCompileOptions(ts, root);
  if (problems.length > 0) return notebooks.map(({ file }, index) => ({ file, result: null, problems: index === 0 ? problems : [] }));
  const dataFile = join(root, "__stitchbook_data__.d.ts");
  const api = findNotebookApi();
  const fixed = new Map([["stitchbook/data", dataFile], ...(api === null ? [] : [["stitchbook/notebook", api] as const])]);
  const converter = new CellConverter({ root, options, fixed, virtual: new Map([[dataFile, dataTypes ?? "export {};\n"]]), needsDocumentation: false });
  try {
    const recorder: RecorderOptions = { ts, root, configFiles, ambientTypes: options.types ?? ["node"], tslabFolder: folder };
    const modules = new ModuleCompiler({ ts, root, options });
    const moduleProblems = new Map<string, readonly Problem[]>();
    const results: FreshNotebook[] = [];
    for (const notebook of notebooks) results.push(await compileNotebook(notebook, { root, converter, modules, moduleProblems, recorder }));
    return results;
  } finally {
    converter.close();
  }
}

type Shared = {
  readonly root: string;
  readonly converter: CellConverter;
  readonly modules: ModuleCompiler;
  /** Absolute path of each module checked so far -> its problems. */
  readonly moduleProblems: Map<string, readonly Problem[]>;
  readonly recorder: RecorderOptions;
};

async function compileNotebook({ file, cells }: NotebookSource, shared: Shared): Promise<FreshNotebook> {
  const { root, converter, moduleProblems } = shared;
  const sequence: CellSequence = { root, notebook: file, converter, declarations: "", missingNames: new Set() };
  const compiled: CompiledCell[] = [];
  const problems: Problem[] = [];
  const files = new Set<string>();
  const cellImports = new Map<string, string>();
  const packages = new Set<string>();
  for (const cell of cells.filter(({ type }) => type === "code")) {
    const done = compileCell(sequence, cell);
    if (done.compiled !== null) compiled.push(done.compiled);
    problems.push(...done.problems);
    for (const path of done.files) if (!isOwnFile(path)) files.add(path);
    for (const [path, found] of done.modules) moduleProblems.set(path, found);
    for (const [specifier, path] of done.specifiers) cellImports.set(specifier, path);
    for (const specifier of done.packages) packages.add(specifier);
  }
  problems.push(...[...files].sort().flatMap((path) => moduleProblems.get(path) ?? []));
  if (problems.length > 0) return { file, result: null, problems };
  const linked = await linkNotebook(compiled, shared);
  if (linked.problems.length > 0) return { file, result: null, problems: linked.problems };
  const basis = recordBasis(shared.recorder, {
    notebook: file, files, cellImports, packages, modules: linked.modules.map(({ path }) => path), getSourceFile: (path) => converter.getSourceFile(path),
  });
  return { file, result: { compiled: { notebook: file, cells: compiled, modules: linked.modules, imports: linked.imports }, basis }, problems: [] };
}

/** The modules that the cells' compiled code reaches; what only types need is not among them. */
async function linkNotebook(cells: readonly CompiledCell[], { root, modules, recorder: { ts } }: Shared): Promise<Linked> {
  const imports: Record<string, string> = {};
  for (const { code } of cells) {
    const file = ts.createSourceFile("cell.js", code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
    for (const { text } of listSpecifiers(ts, file)) {
      const target = text !== null && isLocalSpecifier(text) ? resolveLocal(root, ".", text) : null;
      if (text !== null && target?.kind === "found") imports[text] = target.path;
    }
  }
  const found = [...(await modules.compileClosure(Object.values(imports))).values()];
  return {
    imports,
    modules: found.flatMap(({ module }) => (module === null ? [] : [module])),
    problems: found.flatMap(({ problems }) => problems),
  };
}

type Linked = { readonly imports: Readonly<Record<string, string>>; readonly modules: readonly CompiledModule[]; readonly problems: readonly Problem[] };

function isOwnFile(path: string): boolean {
  return /\/(__tslab__\.ts|__prev__\.d\.ts|__stitchbook_data__\.d\.ts)$/.test(path);
}
