/** Records <-> CSV, with a type for every column. */
import { type CsvOptions, CsvError, csvLine, parseCsv } from "./csv.js";
import { toDayNumber } from "./calendar.js";

export type Field = string | number | boolean | null;
export type FieldType = "string" | "date" | "number" | "number?" | "boolean";

/** What a column of that type holds in a record; `number?` may be missing (null, and empty in CSV). */
export type FieldOf<T extends FieldType> = T extends "number" ? number : T extends "number?" ? number | null : T extends "boolean" ? boolean : string;
export type RecordOf<S extends Readonly<Record<string, FieldType>>> = { -readonly [K in keyof S]: FieldOf<S[K]> };

/** JSON's number syntax: no leading zeros, no blanks. */
const numberSyntax = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The number that a text spells in JSON's syntax; null where it is none. */
export function toNumber(text: string): number | null {
  if (!numberSyntax.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/**
 * Reads a table that an earlier stage wrote.
 * @param text - CSV whose header is the schema's names in order.
 * @throws {@link CsvError} naming row and column of the first field that does not fit.
 */
export function readRecords<S extends Readonly<Record<string, FieldType>>>(text: string, schema: S, source: string): RecordOf<S>[] {
  const options: CsvOptions = { source, header: Object.keys(schema) };
  return parseCsv(text, options).map((fields, index) => {
    const record: Record<string, Field> = {};
    options.header.forEach((name, column) => {
      record[name] = readField(fields[column] ?? "", schema[name] ?? "string", { source, row: index + 2, name });
    });
    return record as RecordOf<S>;
  });
}

/** Records as CSV, in the order given; numbers in their shortest form that reads back the same. */
export function writeRecords<T extends object>(records: readonly T[], columns: readonly (keyof T & string)[]): string {
  const lines = records.map((record) => csvLine(columns.map((name) => fieldText(record[name]))));
  return csvLine(columns) + lines.join("");
}

/** JSON as artifacts hold it: indented, with a final line end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function readField(text: string, type: FieldType, place: { source: string; row: number; name: string }): Field {
  if (type === "string") return text;
  if (type === "number?" && text === "") return null;
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type === "date" && toDayNumber(text) !== null) return text;
  const value = type === "number" || type === "number?" ? toNumber(text) : null;
  if (value !== null) return value;
  throw new CsvError(place.source, place.row, `expected a ${type.replace("?", "")} in column "${place.name}", found "${text}".`);
}

function fieldText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}
