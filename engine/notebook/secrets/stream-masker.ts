import { placeholderOf } from "./forms.js";
import type { FormMatcher, Range } from "./match-forms.js";

/** A piece of a stream, and the cell that wrote it; null before the first. */
export type StreamPiece = { readonly cell: number | null; readonly text: string };

/**
 * Masks one stream as it comes. A tail that may be the beginning of a secret is held back until more text decides, over
 * the ends of cells too: the log joins what they write to one line.
 */
export class StreamMasker {
  /** Text that is held back. */
  #text = "";
  /** Which cell wrote how much of it, in order. */
  #origins: { readonly cell: number | null; length: number }[] = [];

  constructor(private readonly matcher: FormMatcher) {}

  /** @returns what may be shown by now */
  add(cell: number | null, text: string): StreamPiece[] {
    this.#text += text;
    const last = this.#origins.at(-1);
    if (last !== undefined && last.cell === cell) last.length += text.length;
    else this.#origins.push({ cell, length: text.length });
    const ranges = this.matcher.find(this.#text);
    const openEnd = this.matcher.findOpenEnd(this.#text);
    // What is found by now may be a part of something longer.
    return this.#take(ranges, Math.min(openEnd, ranges.find(({ end }) => end > openEnd)?.start ?? openEnd));
  }

  /** Nothing more comes. */
  end(): StreamPiece[] {
    return this.#take(this.matcher.find(this.#text), this.#text.length);
  }

  /** Takes the text before `end`, masked, apart by cells. What stands in the place of a secret goes to the cell that began it. */
  #take(ranges: readonly Range[], end: number): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    let [origin, shown] = [0, 0];
    for (const { cell, length } of this.#origins) {
      const limit = Math.min(origin + length, end);
      let text = "";
      for (const range of ranges.filter(({ start }) => start >= origin && start < limit)) {
        text += this.#text.slice(shown, range.start) + placeholderOf(range.name);
        shown = range.end;
      }
      if (shown < limit) {
        text += this.#text.slice(shown, limit);
        shown = limit;
      }
      if (text !== "") pieces.push({ cell, text });
      origin += length;
    }
    this.#drop(end);
    return pieces;
  }

  #drop(length: number): void {
    this.#text = this.#text.slice(length);
    while (length > 0) {
      const [first] = this.#origins;
      if (first === undefined) return;
      const dropped = Math.min(first.length, length);
      first.length -= dropped;
      length -= dropped;
      if (first.length === 0) this.#origins.shift();
    }
  }
}
