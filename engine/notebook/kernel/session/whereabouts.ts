import { readCellOptions } from "../../../project/cell-options.js";
import type { Cell, Problem } from "../../../project/types.js";
import type { KernelEffects } from "./effects.js";
import { findNotebookOf, NotebookCells } from "./notebook-cells.js";
import type { Upstream } from "./notes.js";
import { applyParameters, findStage, notebookPath, type AppliedParameters, type StageContext } from "./stage-context.js";

export type WhereaboutsOptions = {
  /** Absolute: the project's folder, or the kernel's where it belongs to no project. */
  readonly root: string;
  /** Absolute: where the kernel was started. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly effects: Pick<KernelEffects, "findUpstream">;
  readonly project: ReturnType<KernelEffects["openProject"]>;
};

/** Which notebook the kernel serves, and where that stands in the pipeline; unknown until a cell tells, perhaps for ever. */
export class Whereabouts {
  #cells: NotebookCells | null = null;
  #context: StageContext | null = null;
  #isDecided = false;
  #upstream: Promise<Upstream | null> = Promise.resolve(null);

  constructor(private readonly options: WhereaboutsOptions) {}

  /** Null where the notebook is no stage. */
  get context(): StageContext | null {
    return this.#context;
  }

  /** What may be read and written; null where the notebook is no stage. */
  get declared(): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } | null {
    const task = this.#context?.task;
    return this.#context === null ? null : { inputs: task?.inputs.map(({ path }) => path) ?? [], outputs: task?.outputs.map(({ path }) => path) ?? [] };
  }

  /** What is not up to date of the stages before this one; null where there is nothing to tell. */
  get upstream(): Promise<Upstream | null> {
    return this.#upstream;
  }

  /** Project path of the notebook, from whose folder imports are resolved. */
  get notebook(): string {
    return this.#cells?.file ?? notebookPath(this.options.root, "notebook.ipynb", this.options.folder) ?? "notebook.ipynb";
  }

  /** Where the notebook is not known, the first cell that belongs to one stage alone tells. @param code - null before the first cell */
  async decide(code: string | null): Promise<void> {
    if (this.#isDecided) return;
    const { root, folder, env } = this.options;
    const opened = await this.options.project.catch(() => null);
    const named = env["JPY_SESSION_NAME"];
    const file = named === undefined || opened === null ? null : notebookPath(root, named, folder);
    const own = notebookPath(root, "any.ipynb", folder)?.replace("any.ipynb", "");
    const candidates = opened?.project.stages.filter((stage) => own === "" || stage.file.replace(/[^/]*$/, "") === own) ?? [];
    const found = file ?? (code === null ? null : (findNotebookOf(candidates, code)?.file ?? null));
    if (this.#isDecided || (found === null && opened !== null)) return;
    this.#isDecided = true;
    if (found === null) return;
    this.#cells = new NotebookCells(root, found);
    this.#context = opened === null ? null : findStage(opened.project, found, env["STITCHBOOK_TASK"] ?? null);
    const task = this.#context?.task;
    if (task != null) this.#upstream = this.options.effects.findUpstream(task.id).catch(() => null);
  }

  /** A cell as the notebook has it, as far as it was saved. */
  async readCell(code: string, cellId: string | null): Promise<{ readonly cell: Cell; readonly problems: readonly Problem[] }> {
    const saved = this.#cells?.find(code, cellId) ?? null;
    const position = saved?.position ?? 0;
    return readCellOptions(this.notebook, { type: "code", position, id: cellId ?? `cell-${position}`, source: code, tags: saved?.tags ?? [] });
  }

  applyParameters(cell: Cell): AppliedParameters {
    if (this.#context === null || !cell.options.tags.includes("parameters")) return { values: {}, changed: [], problems: [] };
    return applyParameters(this.#context, cell.source, cell.position);
  }
}
