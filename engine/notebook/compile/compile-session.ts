import type { CellConverter } from "./cell-converter.js";
import { listCellImports } from "./cell-imports.js";
import { checkModules, type ModuleChecks } from "./check-modules.js";
import type { CompileOptions } from "./compile-options.js";
import { convertNotebook, type ConvertedNotebook, type NotebookSource } from "./convert-notebook.js";
import { loadTslab } from "./load-tslab.js";
import { contextKey, type ProvenModules } from "./notebook-cache.js";
import { openConverter } from "./open-converter.js";
import type { PackageFiles } from "./package-files.js";

export type PlannedNotebook = NotebookSource & {
  /** Its modules as they are known to be free of errors. */
  readonly proven: ProvenModules | null;
};

/** All that a compilation is about; plain data. */
export type CompilePlan = {
  /** Absolute. */
  readonly root: string;
  readonly notebooks: readonly PlannedNotebook[];
  /** Text of the module `stitchbook/data`. */
  readonly dataTypes: string | null;
};

/** A part of a compilation that needs none of the others: the local modules of all notebooks, or one notebook's cells. */
export type Job = { readonly kind: "modules" } | { readonly kind: "notebook"; readonly index: number };

export type JobResult =
  | { readonly kind: "modules"; readonly checks: ModuleChecks }
  | { readonly kind: "notebook"; readonly index: number; readonly converted: ConvertedNotebook };

/** The parts of a compilation, those that take long first. */
export function listJobs({ notebooks }: CompilePlan): readonly Job[] {
  const sizes = notebooks.map(({ cells }) => cells.reduce((size, { source }) => size + source.length, 0));
  const order = sizes.map((size, index) => ({ size, index })).sort((a, b) => b.size - a.size || a.index - b.index);
  return [{ kind: "modules" }, ...order.map(({ index }): Job => ({ kind: "notebook", index }))];
}

/** Does parts of a compilation in this thread, with one TypeScript program for all of them. What it finds does not depend on their order. */
export class CompileSession {
  readonly #converter: CellConverter;

  /** @param options As the project sets them; loads TypeScript and the types that every program has. */
  constructor(private readonly plan: CompilePlan, options: CompileOptions["options"], packageFiles?: PackageFiles) {
    this.#converter = openConverter({ ...plan, options, needsDocumentation: false, ...(packageFiles === undefined ? {} : { packageFiles }) });
  }

  run(job: Job): JobResult {
    const { ts } = loadTslab();
    const options = { ts, root: this.plan.root, converter: this.#converter };
    if (job.kind === "modules") return { kind: "modules", checks: checkModules(options, this.#listUnproven()) };
    const notebook = this.plan.notebooks[job.index];
    if (notebook === undefined) throw new Error(`Internal error: there is no notebook ${job.index}`);
    return { kind: "notebook", index: job.index, converted: convertNotebook(options, notebook) };
  }

  close(): void {
    this.#converter.close();
  }

  #listUnproven(): { readonly notebook: string; readonly specifiers: readonly string[] }[] {
    const { root, notebooks } = this.plan;
    return notebooks.flatMap((notebook) => {
      const specifiers = listCellImports(loadTslab().ts, root, notebook);
      return notebook.proven?.context === contextKey(specifiers) ? [] : [{ notebook: notebook.file, specifiers }];
    });
  }
}
