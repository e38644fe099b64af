import { findSegment, type Segment } from "../source-map.js";
import type { EditedText } from "./edits.js";
import { indexLines } from "./text-lines.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Where a segment of the outer map comes from in the author's text (0-based); null drops it. */
export type Origin = (line: number, column: number) => { readonly line: number; readonly column: number } | null;

/** Leads every segment of a map through another one, which maps the first one's source to a further one. */
export function leadThrough(outer: readonly (readonly Segment[])[], inner: readonly (readonly Segment[])[]): Segment[][] {
  return outer.map((segments) =>
    segments.flatMap((segment): Segment[] => {
      const found = findSegment(inner[segment[2]] ?? [], segment[3]);
      return found === null ? [] : [[segment[0], 0, found[2], found[3]]];
    }),
  );
}

/** Leads the sources of all segments, places in an edited text, back to the text as it was. */
export function relocateThroughEdits(lines: readonly (readonly Segment[])[], original: string, edited: EditedText): Segment[][] {
  const before = indexLines(original);
  const after = indexLines(edited.text);
  return relocate(lines, (line, column) => {
    const place = before.placeOf(edited.toOriginal(after.offsetOf(line, column)));
    return { line: place.line - 1, column: place.column - 1 };
  });
}

/** Moves the sources of all segments; those without an origin are dropped. */
export function relocate(lines: readonly (readonly Segment[])[], origin: Origin): Segment[][] {
  return lines.map((segments) =>
    segments.flatMap((segment): Segment[] => {
      const place = origin(segment[2], segment[3]);
      return place === null ? [] : [[segment[0], 0, place.line, place.column]];
    }),
  );
}

/**
 * Writes a source map.
 *
 * @param lines Segments of each generated line, 0-based.
 * @param source Name of the only source.
 */
export function writeSourceMap(lines: readonly (readonly Segment[])[], source: string): string {
  const previous: [number, number, number] = [0, 0, 0];
  const mappings = lines.map((segments) => {
    let column = 0;
    return segments
      .map((segment) => {
        const numbers = [segment[0] - column, ...previous.map((value, index) => (segment[index + 1] ?? 0) - value)];
        column = segment[0];
        previous.forEach((_, index) => (previous[index] = segment[index + 1] ?? 0));
        return numbers.map(encodeNumber).join("");
      })
      .join(",");
  });
  return JSON.stringify({ version: 3, sources: [source], names: [], mappings: mappings.join(";") });
}

function encodeNumber(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += ALPHABET[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
