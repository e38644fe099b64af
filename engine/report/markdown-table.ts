import type { JsonValue, Place } from "../project/types.js";
import { hintName } from "../project/suggest-name.js";
import { escapeText, printValue } from "./escape.js";
import { RenderError } from "./render-error.js";

/**
 * A list of records as a Markdown table; numbers stand to the right.
 * @param rows the data of a declared input
 * @param options `columns` to show, in this order (default: all); `limit` of rows; `path` and `place` for messages
 * @throws RenderError where the data is no list of records, or a column isn't there
 */
export function markdownTable(rows: JsonValue, options: {
  readonly columns: readonly string[] | null; readonly limit: number | null; readonly path: string; readonly place: Place;
}): string {
  const records = Array.isArray(rows) ? rows.filter(isRecord) : [];
  if (!Array.isArray(rows) || records.length < rows.length) throw failure(options.place, "not-a-table", `\`${options.path}\` is no table: expected a list of records`);
  const known = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const columns = options.columns ?? known;
  const missing = columns.find((column) => !known.includes(column));
  if (missing !== undefined) throw failure(options.place, "unknown-name", `\`${options.path}\` has no column \`${missing}\``, hintName(missing, known));
  const shown = options.limit === null ? records : records.slice(0, options.limit);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(escapeText)),
    line(columns.map((column) => (records.every((record) => isNumberOrNull(record[column])) ? "---:" : "---"))),
    ...shown.map((record) => line(columns.map((column) => escapeText(printCell(record[column]))))),
  ].join("\n");
}

function printCell(value: JsonValue | undefined): string {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(value) : printValue(value);
}

function isRecord(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumberOrNull(value: JsonValue | undefined): boolean {
  return typeof value === "number" || value === null || value === undefined;
}

function failure(place: Place, code: string, message: string, hint?: string): RenderError {
  return new RenderError([{ severity: "error", code, place, message, ...(hint === undefined ? {} : { hint }) }]);
}
