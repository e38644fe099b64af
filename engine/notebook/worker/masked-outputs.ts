import type { StreamName } from "../execute/capture-streams.js";
import type { Masker } from "../secrets/masker.js";
import type { StreamMasker } from "../secrets/stream-masker.js";
import type { CellOutput } from "../types.js";
import type { CellCollector } from "./cell-collector.js";

/** The one way by which outputs of a process reach a collector: secrets are hidden on it. */
export class MaskedOutputs {
  readonly #streams: Readonly<Record<StreamName, StreamMasker>>;

  constructor(
    private readonly collector: CellCollector,
    private readonly masker: Masker,
  ) {
    this.#streams = { stdout: masker.stream(), stderr: masker.stream() };
  }

  add(output: CellOutput, position: number | null = this.collector.current): void {
    if (output.output_type === "stream") return this.#show(output.name, this.#streams[output.name].add(position, output.text));
    // An error is the last that a cell shows.
    if (output.output_type === "error") this.end();
    this.collector.add(this.masker.output(output), position);
  }

  /** What was held back, since it might have become a secret, comes after all. */
  end(): void {
    for (const name of ["stdout", "stderr"] as const) this.#show(name, this.#streams[name].end());
  }

  #show(name: StreamName, pieces: ReturnType<StreamMasker["end"]>): void {
    for (const { cell, text } of pieces) this.collector.add({ output_type: "stream", name, text }, cell ?? this.collector.current);
  }
}
