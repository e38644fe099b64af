import type { CellOutput, ExecutedCell } from "../types.js";

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
type Stream = Extract<CellOutput, { output_type: "stream" }>;
type OpenCell = Omit<Mutable<ExecutedCell>, "outputs"> & { readonly outputs: (Mutable<Stream> | CellOutput)[]; readonly startedAt: number };

/** More text than this (in UTF-16 units) is no output any more, and would end the engine. */
const maxOutputLength = 256 * 1024 * 1024;

/** Gathers what the cells of one execution leave; text of one stream that follows each other becomes one output. */
export class CellCollector {
  readonly #cells = new Map<number, OpenCell>();
  /** What came before the first cell. */
  readonly #early: CellOutput[] = [];
  #length = 0;
  #current: number | null = null;

  constructor(readonly onOutput: (position: number, output: CellOutput) => void) {}

  /** The cell that runs, or ran last. */
  get current(): number | null {
    return this.#current;
  }

  get isOverfull(): boolean {
    return this.#length > maxOutputLength;
  }

  start(position: number, executionCount: number): void {
    this.#cells.set(position, { position, executionCount, outputs: [], durationMs: 0, status: "error", startedAt: performance.now() });
    this.#current = position;
    for (const output of this.#early.splice(0)) this.add(output, position);
  }

  /** A cell that is never ended counts as failed. */
  end(position: number, status: ExecutedCell["status"], durationMs: number): void {
    const cell = this.#cells.get(position);
    if (cell !== undefined) Object.assign(cell, { status, durationMs });
  }

  add(output: CellOutput, position: number | null = this.#current): void {
    const cell = position === null ? undefined : this.#cells.get(position);
    if (cell === undefined) {
      this.#early.push(output);
      return;
    }
    if (output.output_type === "stream") this.#addText(cell, output);
    else cell.outputs.push(output);
    this.onOutput(cell.position, output);
  }

  /** Marks a cell whose failure showed only after it had ended. */
  fail(position: number): void {
    const cell = this.#cells.get(position);
    if (cell !== undefined) cell.status = "error";
  }

  cells(): readonly ExecutedCell[] {
    return [...this.#cells.values()].map(({ startedAt, durationMs, ...cell }) => ({ ...cell, durationMs: durationMs || performance.now() - startedAt }));
  }

  #addText(cell: OpenCell, output: Stream): void {
    this.#length += output.text.length;
    const last = cell.outputs.at(-1);
    if (last?.output_type === "stream" && last.name === output.name) Object.assign(last, { text: last.text + output.text });
    else cell.outputs.push({ ...output });
  }
}
