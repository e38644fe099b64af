/** Widths of printable ASCII in thousandths of the font size, as common sans-serif system fonts have them. */
const widths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/** System fonts differ; DejaVu Sans, the widest common one, needs up to 1.15. Too little room cuts names off where nothing is live: on paper and in files. */
const margin = 1.15;
const otherWidth = 600;
const wideWidth = 1000;

/**
 * Width of a text in pixels, the same on every machine: charts are laid out without fonts.
 * @param fontSize in pixels
 */
export function estimateTextWidth(text: string, fontSize: number): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    sum += widths[code - 32] ?? (code >= 0x2e80 ? wideWidth : otherWidth);
  }
  return (sum / 1000) * fontSize * margin;
}
