import type { DisplayIdentity } from "../../execute/display-hook.js";
import type { StreamName } from "../../execute/capture-streams.js";
import type { Masker } from "../../secrets/masker.js";
import type { StreamMasker } from "../../secrets/stream-masker.js";
import type { CellOutput } from "../../types.js";
import type { Content } from "../protocol/message.js";

/** Sends one message to all clients, as an answer to the request that began an execution. */
export type PublishOutput = (run: number, type: string, content: Content) => void;

type Stream = Extract<CellOutput, { output_type: "stream" }>;
type Held = { readonly run: number; readonly name: StreamName; text: string };

/** Text of one stream that comes within this time becomes one message: clients drown in many small ones. */
const windowMs = 50;
const maxHeldLength = 1024 * 1024;
/** As much text as in a run of the pipeline; more would end its clients. */
const maxRunLength = 256 * 1024 * 1024;

/** Makes messages of outputs: text joined, secrets hidden, everything in order. */
export class OutputPublisher {
  #held: Held | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastSent = -Infinity;
  #masker: Masker;
  #streams: Readonly<Record<StreamName, StreamMasker>>;
  readonly #lengths = new Map<number, number>();

  constructor(
    private readonly publish: PublishOutput,
    masker: Masker,
  ) {
    this.#masker = masker;
    this.#streams = { stdout: masker.stream(), stderr: masker.stream() };
  }

  /** Secrets to hide from now on. */
  setMasker(masker: Masker): void {
    this.flush();
    this.#masker = masker;
    this.#streams = { stdout: masker.stream(), stderr: masker.stream() };
  }

  /** @returns false where the execution has written more than anybody can read */
  add(run: number, output: CellOutput, display?: DisplayIdentity): boolean {
    if (output.output_type === "stream") return this.#addText(run, output);
    // An error is the last that a cell shows: what was held back, since it might have become a secret, comes before it.
    if (output.output_type === "error") this.#endStreams();
    this.#sendHeld();
    const { output_type: type, ...content } = this.#masker.output(output);
    if (type !== "display_data") this.publish(run, type, content);
    else if (display === undefined) this.publish(run, type, { ...content, transient: {} });
    else this.publish(run, display.isUpdate ? "update_display_data" : type, { ...content, transient: { display_id: display.id } });
    return true;
  }

  /** Sends all that was held back. */
  flush(): void {
    this.#endStreams();
    this.#sendHeld();
  }

  /** What was written by an execution does not count any more. */
  forget(run: number): void {
    this.#lengths.delete(run);
  }

  #addText(run: number, { name, text }: Stream): boolean {
    const length = (this.#lengths.get(run) ?? 0) + text.length;
    this.#lengths.set(run, length);
    if (length > maxRunLength) return false;
    for (const piece of this.#streams[name].add(run, text)) this.#hold(piece.cell ?? run, name, piece.text);
    return true;
  }

  #endStreams(): void {
    for (const name of ["stdout", "stderr"] as const) for (const { cell, text } of this.#streams[name].end()) this.#hold(cell ?? 0, name, text);
  }

  #hold(run: number, name: StreamName, text: string): void {
    if (this.#held !== null && (this.#held.run !== run || this.#held.name !== name)) this.#sendHeld();
    if (this.#held === null) this.#held = { run, name, text };
    else this.#held.text += text;
    const wait = this.#lastSent + windowMs - performance.now();
    if (wait <= 0 || this.#held.text.length > maxHeldLength) this.#sendHeld();
    else this.#timer ??= setTimeout(() => this.#sendHeld(), wait);
  }

  #sendHeld(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#held === null) return;
    const { run, name, text } = this.#held;
    this.#held = null;
    this.#lastSent = performance.now();
    this.publish(run, "stream", { name, text });
  }
}
