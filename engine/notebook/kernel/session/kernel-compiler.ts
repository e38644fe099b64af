import { join } from "node:path";
import type { Cell, Problem } from "../../../project/types.js";
import type { CompiledCell } from "../../types.js";
import type { ModuleTable } from "../../execute/module-loader.js";
import type { CellConverter } from "../../compile/cell-converter.js";
import { bindLocals } from "../../compile/cell-names.js";
import { checkModules } from "../../compile/check-modules.js";
import { compileCell, type CellCompilation, type CellSequence } from "../../compile/compile-cell.js";
import { ModuleCompiler } from "../../compile/compile-modules.js";
import { readCompileOptions } from "../../compile/compile-options.js";
import { linkCells } from "../../compile/link-cells.js";
import { loadTslab } from "../../compile/load-tslab.js";
import { digest } from "../../compile/notebook-cache.js";
import { openConverter } from "../../compile/open-converter.js";
import { resolveFromCell, toProjectPath, toRootSpecifier } from "../../compile/resolve-local.js";
import { listIdentifiers, listLocalImports, type LocalImport } from "./local-imports.js";
import { SourceWatch } from "./source-watch.js";

export type CellSource = Pick<Cell, "source" | "position" | "options"> & {
  /** Project path of the notebook. */
  readonly notebook: string;
};

/** Compiled code with the modules that it reaches. */
export type LinkedCell = { readonly cell: CompiledCell; readonly table: ModuleTable };

export type KernelCompilation = {
  readonly problems: readonly Problem[];
  /** null where there is nothing to execute, or a problem. */
  readonly linked: LinkedCell | null;
  /** Gives names that earlier cells imported, and this one uses, the new code of edited modules; to be executed before. */
  readonly refresh: LinkedCell | null;
  /** Project paths of modules whose new code the cell is the first to see, each with those that import it. */
  readonly reloaded: readonly { readonly path: string; readonly importers: readonly string[] }[];
};

/** Compiles the cells of one kernel as they are executed: in any order, again, and after edits of the modules they import. */
export class KernelCompiler {
  readonly #tslab = loadTslab();
  readonly #converter: CellConverter;
  readonly #options: ReturnType<typeof readCompileOptions>;
  readonly #watch = new SourceWatch((path) => this.#tslab.ts.sys.readFile(path));
  #modules: ModuleCompiler;
  #declarations = "";
  #missingNames: ReadonlySet<string> = new Set();
  /** Digest of each module (absolute path) that is known to have no errors, by what it was in then. */
  readonly #sound = new Map<string, string>();
  /** Names that hold what earlier cells imported from local modules -> how, and the module. */
  readonly #imports = new Map<string, LocalImport & { readonly notebook: string; readonly path: string }>();
  /** Code of each module as the executor last got it. */
  readonly #given = new Map<string, string>();
  /** Modules edited since the names imported from them were given. */
  readonly #edited = new Set<string>();

  /** @param root Absolute. @param dataTypes Text of the module `stitchbook/data`. */
  constructor(
    private readonly root: string,
    dataTypes: string | null,
  ) {
    this.#options = readCompileOptions(this.#tslab.ts, root);
    this.#converter = openConverter({ root, options: this.#options.options, needsDocumentation: true, dataTypes });
    this.#modules = this.#openModules();
  }

  /** Checks and compiles a cell; what it declares is known to later ones from now on, if it has no problem. */
  async compile(source: CellSource): Promise<KernelCompilation> {
    this.#takeEdits();
    const refresh = await this.#compileRefresh(source);
    const compiled = refresh.problems.length > 0 ? null : await this.#compileOne(source);
    const problems = [...this.#options.problems, ...refresh.problems, ...(compiled?.problems ?? [])];
    const linked = problems.length > 0 ? null : (compiled?.linked ?? null);
    const reloaded = problems.length > 0 ? [] : this.#give([refresh.linked, linked]);
    if (problems.length === 0) this.#noteImports(source);
    return { problems, linked, refresh: problems.length > 0 ? null : refresh.linked, reloaded };
  }

  /** Forgets all that cells declared; for an executor that lost their values. */
  reset(): void {
    this.#declarations = "";
    this.#missingNames = new Set();
    this.#imports.clear();
    this.#given.clear();
    this.#edited.clear();
  }

  get converter(): CellConverter {
    return this.#converter;
  }

  get declarations(): string {
    return this.#declarations;
  }

  /** Reads edited modules anew. */
  takeEdits(): void {
    this.#takeEdits();
  }

  close(): void {
    this.#converter.close();
  }

  #openModules(): ModuleCompiler {
    return new ModuleCompiler({ ts: this.#tslab.ts, root: this.root, options: this.#options.options });
  }

  #takeEdits(): void {
    const edited = this.#watch.takeEdited();
    if (edited.length === 0) return;
    this.#converter.reload(edited);
    this.#modules = this.#openModules();
    for (const path of edited) {
      this.#sound.clear();
      this.#edited.add(toProjectPath(this.root, path));
    }
  }

  /** A cell that imports anew what the coming one uses of edited modules. */
  async #compileRefresh({ source, notebook }: CellSource): Promise<{ readonly problems: readonly Problem[]; readonly linked: LinkedCell | null }> {
    if (this.#edited.size === 0) return { problems: [], linked: null };
    const used = listIdentifiers(this.#tslab.ts, source);
    const declared = bindLocals(this.#tslab.ts, source);
    const wanted = [...this.#imports.values()].filter(({ name }) => used.has(name) && !declared.has(name));
    const stale: typeof wanted = [];
    for (const each of wanted) if (await this.#isStale(each.path)) stale.push(each);
    const text = stale.map(({ statement }) => statement).join("\n");
    if (text === "") return { problems: [], linked: null };
    return this.#compileOne({ source: text, position: 0, options: { tags: [] }, notebook: stale[0]?.notebook ?? notebook });
  }

  /** Whether a module, or one that it imports, has other code now than the executor has. */
  async #isStale(path: string): Promise<boolean> {
    const closure = await this.#modules.compileClosure([path]);
    return [...closure].some(([each, { module }]) => module === null || this.#given.get(each) !== module.code);
  }

  async #compileOne(cell: CellSource): Promise<{ readonly problems: readonly Problem[]; readonly linked: LinkedCell | null }> {
    const sequence: CellSequence = {
      root: this.root,
      notebook: cell.notebook,
      converter: this.#converter,
      declarations: this.#declarations,
      missingNames: new Set(this.#missingNames),
    };
    const done = compileCell(sequence, cell);
    this.#followModules(done.files);
    if (done.problems.length > 0) return { problems: done.problems, linked: null };
    const problems = this.#checkModules(cell, done);
    if (problems.length > 0) return { problems, linked: null };
    const linked = done.compiled === null ? null : await linkCells([done.compiled], { ts: this.#tslab.ts, root: this.root, modules: this.#modules });
    if (linked !== null && linked.problems.length > 0) return { problems: linked.problems, linked: null };
    if (linked !== null) this.#followCompiled(linked.modules.map(({ path }) => join(this.root, path)));
    this.#declarations = sequence.declarations;
    this.#missingNames = sequence.missingNames;
    return { problems: [], linked: done.compiled === null || linked === null ? null : { cell: done.compiled, table: { modules: linked.modules, imports: linked.imports } } };
  }

  /** Follows the project's own files that types rest on, as TypeScript read them. */
  #followModules(files: readonly string[]): void {
    for (const path of files) {
      const found = this.#converter.localFiles.get(path);
      if (found !== undefined && !isOwnFile(path)) this.#watch.follow(path, found.file.text);
    }
  }

  #followCompiled(paths: readonly string[]): void {
    for (const path of paths) this.#watch.follow(path, this.#tslab.ts.sys.readFile(path) ?? "");
  }

  /** Type errors in the modules that a cell reaches, each module looked at once as long as nothing is edited. */
  #checkModules(cell: CellSource, done: CellCompilation): Problem[] {
    const reached = done.files.filter((path) => this.#converter.localFiles.get(path)?.isModule === true && !isOwnFile(path));
    const digestOf = (path: string): string => digest(this.#converter.localFiles.get(path)?.file.text ?? "");
    if (reached.every((path) => this.#sound.get(path) === digestOf(path))) return [];
    const specifiers = [...[...done.specifiers.values()].map(toRootSpecifier), ...done.packages];
    const { problems, digests } = checkModules({ ts: this.#tslab.ts, root: this.root, converter: this.#converter }, [{ notebook: cell.notebook, specifiers }]);
    const found = problems.get(cell.notebook) ?? new Map<string, readonly Problem[]>();
    for (const [path, each] of found) if (each.length === 0) this.#sound.set(path, digests.get(path) ?? "");
    return reached.flatMap((path) => found.get(path) ?? []);
  }

  /** What is new to the executor in the modules that it gets now. */
  #give(cells: readonly (LinkedCell | null)[]): KernelCompilation["reloaded"] {
    const modules = cells.flatMap((cell) => cell?.table.modules ?? []);
    const isNew = (path: string, code: string): boolean => this.#given.has(path) && this.#given.get(path) !== code;
    const edited = [...new Set(modules.filter(({ path, code }) => isNew(path, code)).map(({ path }) => path))];
    for (const { path, code } of modules) this.#given.set(path, code);
    return edited.map((path) => ({ path, importers: [...new Set(modules.filter((module) => Object.values(module.imports).includes(path)).map((module) => module.path))] }));
  }

  #noteImports({ source, notebook }: CellSource): void {
    const { ts } = this.#tslab;
    for (const name of bindLocals(ts, source).keys()) this.#imports.delete(name);
    for (const each of listLocalImports(ts, source)) {
      const found = resolveFromCell(this.root, notebook, each.specifier);
      if (found.kind === "found") this.#imports.set(each.name, { ...each, notebook, path: found.path });
    }
  }
}

function isOwnFile(path: string): boolean {
  return /\/(__tslab__\.ts|__prev__\.d\.ts|__stitchbook_data__\.d\.ts)$/.test(path);
}
