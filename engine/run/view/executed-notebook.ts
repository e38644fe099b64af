import type { CellOutput, ExecutedCell } from "../../notebook/types.js";
import type { Cell, JsonValue, Stage } from "../../project/types.js";

/** A notebook of nbformat 4.5, as far as Stitchbook writes one. */
export type NotebookDocument = {
  readonly cells: readonly { readonly [key: string]: JsonValue }[];
  readonly metadata: { readonly [key: string]: JsonValue };
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
};

/**
 * The view of an execution: the stage's present source with the outputs of its last attempt.
 *
 * @param stage - gives the cells
 * @param executed - what the attempt left, per code cell that was reached
 * @param about - `task` and `status` for the notebook's metadata
 * @returns a document valid against nbformat 4.5's schema
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 */
export function executedNotebook(stage: Stage, executed: readonly ExecutedCell[], about: { readonly task: string; readonly status: "ok" | "failed" }): NotebookDocument {
  const byPosition = new Map(executed.map((cell) => [cell.position, cell]));
  const ids = uniqueIds(stage.cells);
  return {
    cells: stage.cells.map((cell, index) => viewCell(cell, ids[index] ?? `cell-${cell.position}`, byPosition.get(cell.position))),
    metadata: {
      kernelspec: { display_name: "Stitchbook", language: "typescript", name: "stitchbook" },
      language_info: { file_extension: ".ts", mimetype: "text/typescript", name: "typescript" },
      stitchbook: { task: about.task, status: about.status },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function viewCell(cell: Cell, id: string, executed: ExecutedCell | undefined): { readonly [key: string]: JsonValue } {
  const tags: Record<string, JsonValue> = cell.options.tags.length > 0 ? { tags: cell.options.tags } : {};
  if (cell.type !== "code") return { cell_type: cell.type, id, metadata: tags, source: cell.source };
  const execution: Record<string, JsonValue> = executed === undefined ? {} : { stitchbook: { ...(executed.durationMs === null ? {} : { duration_ms: Math.round(executed.durationMs) }), status: executed.status } };
  return {
    cell_type: "code",
    execution_count: executed?.executionCount ?? null,
    id,
    metadata: { ...execution, ...tags },
    outputs: executed?.outputs.map(viewOutput) ?? [],
    source: cell.source,
  };
}

function viewOutput(output: CellOutput): { readonly [key: string]: JsonValue } {
  return { ...output };
}

/** nbformat asks for ids of 1 to 64 word characters, each once. */
function uniqueIds(cells: readonly Cell[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell) => {
    const wanted = /^[a-zA-Z0-9-_]{1,64}$/.test(cell.id) && !taken.has(cell.id) ? cell.id : `cell-${cell.position}`;
    taken.add(wanted);
    return wanted;
  });
}
