import type { RowsContract } from "./types.js";

/**
 * Reads the `rows` of an output: a number, `"> n"`, `">= n"`, `"< n"`, `"<= n"` or `"a..b"`.
 * @returns null where it is none of these. An open end is `Number.MAX_SAFE_INTEGER`, since a project is kept as JSON.
 */
export function parseRowBounds(value: unknown): RowsContract | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const text = String(value).trim();
  const range = /^(\d+)\s*\.\.\s*(\d+)$/.exec(text);
  if (range !== null) return makeBounds(Number(range[1]), Number(range[2]), text);
  const bound = /^(>=|<=|>|<)?\s*(\d+)$/.exec(text);
  if (bound === null) return null;
  const count = Number(bound[2]);
  switch (bound[1]) {
    case ">":
      return makeBounds(count + 1, Number.MAX_SAFE_INTEGER, text);
    case ">=":
      return makeBounds(count, Number.MAX_SAFE_INTEGER, text);
    case "<":
      return makeBounds(0, count - 1, text);
    case "<=":
      return makeBounds(0, count, text);
    default:
      return makeBounds(count, count, text);
  }
}

function makeBounds(min: number, max: number, text: string): RowsContract | null {
  return Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max ? { min, max, text } : null;
}
