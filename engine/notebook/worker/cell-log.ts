import type { StreamName } from "../execute/capture-streams.js";
import type { CellOutput } from "../types.js";
import type { MessageWriter } from "./message-writer.js";
import type { FailureReport } from "./messages.js";

type Running = { readonly position: number; readonly startedAt: number };

/**
 * Tells the parent how the cells go. Whatever is written belongs to the cell that runs, or ran last.
 *
 *     waiting --startCell--> running --endCell--> between --startCell--> running ...
 *         any --fail--> closed          between --finish--> closed
 */
export class CellLog {
  #running: Running | null = null;
  #lastPosition: number | null = null;
  #isClosed = false;
  /** What was written before the first cell. */
  readonly #early: (readonly [StreamName, string])[] = [];

  constructor(readonly writer: MessageWriter) {}

  /** True after the last word, good or bad. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True while a cell is being executed. */
  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** The cell that runs, or ran last. */
  get position(): number | null {
    return this.#lastPosition;
  }

  stream(name: StreamName, text: string): void {
    if (this.#isClosed) return;
    if (this.#lastPosition === null) this.#early.push([name, text]);
    else this.writer.stream(this.#lastPosition, name, text);
  }

  output(output: CellOutput, position: number | null = this.#lastPosition): void {
    if (!this.#isClosed && position !== null) this.writer.output(position, output);
  }

  startCell(position: number, executionCount: number): void {
    this.#running = { position, startedAt: performance.now() };
    this.#lastPosition = position;
    this.writer.send({ type: "cell-start", position, executionCount });
    for (const [name, text] of this.#early.splice(0)) this.writer.stream(position, name, text);
  }

  endCell(status: "ok" | "error"): void {
    if (this.#running === null || this.#isClosed) return;
    const { position, startedAt } = this.#running;
    this.#running = null;
    this.writer.send({ type: "cell-done", position, status, durationMs: performance.now() - startedAt });
  }

  fail(report: FailureReport): void {
    if (this.#isClosed) return;
    this.endCell("error");
    this.writer.send({ type: "failed", report });
    this.#isClosed = true;
  }

  finish(): void {
    if (this.#isClosed) return;
    this.writer.send({ type: "done" });
    this.#isClosed = true;
  }
}
