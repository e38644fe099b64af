/** Reads source maps (version 3): small, without dependencies, decoded at the first question. */

export type SourcePosition = { readonly line: number; readonly column: number };

/** One entry of a map's line: generated column, then source index, line and column; all 0-based. */
export type Segment = readonly [generatedColumn: number, source: number, line: number, column: number];

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Makes a function that maps places in generated code back to its source.
 *
 * @param mapJson Text of a source map (version 3).
 * @returns A function from a 1-based line and column of the generated code to those of the source; null where the map
 * knows no source for the place.
 * @see https://tc39.es/ecma426/
 */
export function createMapper(mapJson: string): (line: number, column: number) => SourcePosition | null {
  let lines: readonly (readonly Segment[])[] | null = null;
  return (line, column) => {
    lines ??= decodeMappings(readMappings(mapJson));
    const segment = findSegment(lines[line - 1] ?? [], column - 1);
    return segment === null ? null : { line: segment[2] + 1, column: segment[3] + 1 };
  };
}

/** The last segment that starts at or before the column; a column left of the first segment belongs to the first. */
export function findSegment(segments: readonly Segment[], column: number): Segment | null {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.[0] ?? Infinity) <= column) low = middle + 1;
    else high = middle;
  }
  return segments[Math.max(0, low - 1)] ?? null;
}

/** The `mappings` of a map's JSON; empty where the text is no source map. */
export function readMappings(mapJson: string): string {
  const parsed: unknown = JSON.parse(mapJson);
  if (typeof parsed !== "object" || parsed === null || !("mappings" in parsed)) return "";
  return typeof parsed.mappings === "string" ? parsed.mappings : "";
}

/** Decodes `mappings`; segments without a source are left out. One entry a generated line. */
export function decodeMappings(mappings: string): Segment[][] {
  const position: [number, number, number] = [0, 0, 0];
  return mappings.split(";").map((line) => {
    const segments: Segment[] = [];
    let generatedColumn = 0;
    for (const text of line === "" ? [] : line.split(",")) {
      const [column = 0, ...source] = decodeNumbers(text);
      generatedColumn += column;
      if (source.length < 3) continue;
      position.forEach((value, index) => (position[index] = value + (source[index] ?? 0)));
      segments.push([generatedColumn, ...position]);
    }
    return segments.sort((a, b) => a[0] - b[0]);
  });
}

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
