/** Translates between offsets and places of a text, with the line ends that TypeScript knows. */
export type TextLines = {
  /** 1-based line and column of an offset. */
  readonly placeOf: (offset: number) => { readonly line: number; readonly column: number };
  /** Offset of a 0-based line and column. */
  readonly offsetOf: (line: number, column: number) => number;
};

/** @param text Any text. */
export function indexLines(text: string): TextLines {
  const starts = [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((match) => (match.index ?? 0) + match[0].length)];
  return {
    placeOf: (offset) => {
      let low = 0;
      let high = starts.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? Infinity) <= offset) low = middle;
        else high = middle;
      }
      return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    },
    offsetOf: (line, column) => (starts[line] ?? text.length) + column,
  };
}
