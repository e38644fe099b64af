import { availableParallelism } from "node:os";
import type { Problem } from "../../project/types.js";
import type { CompiledNotebook } from "../types.js";
import { BasisRecorder } from "./basis-recorder.js";
import { listCellImports } from "./cell-imports.js";
import type { ModuleChecks } from "./check-modules.js";
import { ModuleCompiler } from "./compile-modules.js";
import type { CompilePlan, JobResult, PlannedNotebook } from "./compile-session.js";
import { runJobs } from "./compile-threads.js";
import type { ConvertedNotebook } from "./convert-notebook.js";
import { linkCells } from "./link-cells.js";
import { loadTslab, type TypeScript } from "./load-tslab.js";
import type { Basis } from "./notebook-cache.js";
import type { PackageFiles } from "./package-files.js";
import { toProjectPath } from "./resolve-local.js";
import { withLessOptimization } from "./spare-optimizer.js";

export type FreshNotebook = {
  readonly file: string;
  /** null where the notebook or a module that it reaches has errors. */
  readonly result: {
    readonly compiled: CompiledNotebook;
    /** null where a file changed while it was read. */
    readonly basis: Basis | null;
    /** The specifiers that lead on from its cells. */
    readonly imports: readonly string[];
  } | null;
  readonly problems: readonly Problem[];
  /** Project paths of the project's own files that its types rest on, sound or not. */
  readonly reached: readonly string[];
};

export type FreshOptions = CompilePlan & {
  /** How many threads help; by default as many as it is worth. */
  readonly helperCount?: number;
  /** Aborted to give up between two notebooks. */
  readonly signal?: AbortSignal;
  /** Keeps what was read of packages from one compilation to the next. */
  readonly packageFiles?: PackageFiles;
};

/** Compiles notebooks, whatever a cache may hold. */
export async function compileFresh({ helperCount, signal, packageFiles, ...plan }: FreshOptions): Promise<readonly FreshNotebook[]> {
  const { root, notebooks } = plan;
  const threads = { helperCount: helperCount ?? countHelpers(notebooks), signal, packageFiles };
  const compile = () => runJobs(plan, threads);
  const { results, options: { options, files: configFiles, problems } } = await (packageFiles === undefined ? withLessOptimization(compile) : compile());
  if (problems.length > 0) return notebooks.map(({ file }, index) => ({ file, result: null, problems: index === 0 ? problems : [], reached: [] }));
  const { ts, folder } = loadTslab();
  const shared: Shared = {
    ts,
    root,
    checks: readChecks(results),
    modules: new ModuleCompiler({ ts, root, options }),
    recorder: new BasisRecorder({ ts, root, configFiles, ambientTypes: options.types ?? ["node"], tslabFolder: folder, dataTypes: plan.dataTypes }),
  };
  const converted = new Map(results.flatMap((result) => (result.kind === "notebook" ? [[result.index, result.converted] as const] : [])));
  return Promise.all(notebooks.map((notebook, index) => finishNotebook(notebook, converted.get(index), shared)));
}

/**
 * A thread has to load TypeScript and the types of packages before it is of any help: a third of the whole work, which two
 * cores do not win back while V8 uses them, too.
 */
function countHelpers(notebooks: readonly PlannedNotebook[]): number {
  return notebooks.length > 1 && availableParallelism() > 3 ? 1 : 0;
}

type Shared = {
  readonly ts: TypeScript;
  readonly root: string;
  readonly checks: ModuleChecks;
  readonly modules: ModuleCompiler;
  readonly recorder: BasisRecorder;
};

function readChecks(results: readonly JobResult[]): ModuleChecks {
  const found = results.find((result) => result.kind === "modules");
  if (found?.kind !== "modules") throw new Error("Internal error: the modules were not checked");
  return found.checks;
}

async function finishNotebook(notebook: PlannedNotebook, converted: ConvertedNotebook | undefined, shared: Shared): Promise<FreshNotebook> {
  const { file } = notebook;
  if (converted === undefined) throw new Error(`Internal error: ${file} was not converted`);
  const { cells, traces } = converted;
  const reached = [...traces.localFiles.keys()].map((path) => toProjectPath(shared.root, path));
  const problems = [...converted.problems, ...listModuleProblems(file, converted, shared.checks)];
  if (problems.length > 0) return { file, result: null, problems, reached };
  const linked = await linkCells(cells, shared);
  if (linked.problems.length > 0) return { file, result: null, problems: linked.problems, reached };
  const recorded = shared.recorder.record({ ...traces, modules: linked.digests, checked: shared.checks.digests });
  const basis = recorded !== null && isChecked(notebook, { converted, recorded }, shared) ? recorded : null;
  const compiled = { notebook: file, cells, modules: linked.modules, imports: linked.imports };
  return { file, result: { compiled, basis, imports: listCellImports(shared.ts, shared.root, notebook) }, problems: [], reached };
}

/** Problems of the modules that a notebook's cells were seen to rest on; none where all are known to be free of errors. */
function listModuleProblems(notebook: string, { traces }: ConvertedNotebook, checks: ModuleChecks): Problem[] {
  const checked = checks.problems.get(notebook);
  if (checked === undefined) return [];
  return listModules(traces).flatMap((path) => checked.get(path) ?? []);
}

type Recorded = { readonly converted: ConvertedNotebook; readonly recorded: Basis };

/** False where an edit came between: the cells were seen to rest on a module that nobody checked as it is. */
function isChecked({ file, proven }: PlannedNotebook, { converted, recorded }: Recorded, { root, checks }: Shared): boolean {
  const checked = checks.problems.get(file);
  return listModules(converted.traces).every((path) => {
    const name = toProjectPath(root, path);
    return checked === undefined ? proven !== null && proven.files[name] === recorded.files[name] : checked.has(path);
  });
}

/** Absolute paths, in code-unit order. */
function listModules({ localFiles }: ConvertedNotebook["traces"]): string[] {
  return [...localFiles].flatMap(([path, { isModule }]) => (isModule ? [path] : [])).sort();
}
