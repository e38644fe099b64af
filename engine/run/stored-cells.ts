import type { CellOutput, ExecutedCell } from "../notebook/types.js";
import type { LabelledOutput } from "../plan/types.js";
import type { Stage } from "../project/types.js";
import type { StoredCell } from "../store/types.js";

/**
 * What cells showed, as the store keeps it: by their place among the cells that count for the fingerprint, since prose
 * and empty cells may come and go without changing that.
 *
 * @param counted - positions of the cells that count, in order
 */
export function toStoredCells(executed: readonly ExecutedCell[], counted: readonly number[]): readonly StoredCell[] {
  const byPosition = new Map(executed.map((cell) => [cell.position, cell]));
  return counted.map((position) => {
    const cell = byPosition.get(position);
    return { outputs: cell?.outputs ?? [], durationMs: cell?.durationMs ?? 0 };
  });
}

/**
 * The same in the notebook as it is now.
 *
 * @returns one entry a code cell; null where what is stored is of other cells
 */
export function fromStoredCells(stage: Stage, stored: readonly StoredCell[], counted: readonly number[]): readonly ExecutedCell[] | null {
  if (stored.length !== counted.length) return null;
  const byPosition = new Map(counted.map((position, index) => [position, stored[index]]));
  return stage.cells
    .filter((cell) => cell.type === "code")
    .map(({ position }, index) => {
      const cell = byPosition.get(position);
      const outputs = (cell?.outputs ?? []).map((output) => renumber(output, index + 1));
      return { position, executionCount: index + 1, outputs, durationMs: cell?.durationMs ?? null, status: "ok" };
    });
}

function renumber(output: CellOutput, executionCount: number): CellOutput {
  return output.output_type === "execute_result" ? { ...output, execution_count: executionCount } : output;
}

/** What reports may embed: the displayed outputs of labelled cells. */
export function labelledOutputs(stage: Stage, executed: readonly ExecutedCell[]): LabelledOutput[] {
  const outputs = new Map<number, readonly CellOutput[]>(executed.map((cell) => [cell.position, cell.outputs]));
  return stage.cells.flatMap((cell) => {
    const { label, caption, alt } = cell.options;
    if (cell.type !== "code" || label === undefined) return [];
    const displayed = (outputs.get(cell.position) ?? []).filter((output) => output.output_type !== "error");
    return [{ label, cell: cell.position, caption: caption ?? null, alt: alt ?? null, outputs: displayed }];
  });
}
