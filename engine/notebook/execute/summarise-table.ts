import { inspect } from "node:util";
import { type ColumnLike, isMissing, type TableLike } from "./table-like.js";

/** What is shown of one column. */
export type ColumnSummary = {
  readonly name: string;
  /** `number`, `string`, `boolean`, `date`, `bigint`, `object`, several with `|`, or `empty`. */
  readonly type: string;
  readonly missing: number;
};

/** What is shown of a table. */
export type TableSummary = {
  readonly rowCount: number;
  readonly columns: readonly ColumnSummary[];
  /** The first rows, each value as text; missing ones are empty. */
  readonly rows: readonly (readonly string[])[];
  /** How many rows the missing values were counted in. */
  readonly examinedCount: number;
};

/** Rows that are shown. */
const shownRows = 20;
/** Values that tell a column's type. */
const typedRows = 1000;
/** Reads that counting may cost, in array reads: keeps a table of any size quick to show. */
const countingBudget = 8_000_000;
/** A read through a method of the column costs about as much as this many array reads. */
const methodReadCost = 12;

/** Looks at a table: its first rows, the types, and how many values are missing. */
export function summariseTable(table: TableLike): TableSummary {
  const rowCount = table.numRows();
  const names = table.columnNames();
  const columns = names.map((name) => table.column(name));
  const getters = names.map((name) => table.getter(name));
  const examinedCount = Math.min(rowCount, affordableRows(columns, table.isFiltered()));
  const visit = rowVisitor(table, examinedCount);
  return {
    rowCount,
    examinedCount,
    columns: columns.map((column, index) => ({ name: names[index] ?? "", type: typeOf(getters[index], rowCount), missing: visit(column) })),
    rows: Array.from({ length: Math.min(rowCount, shownRows) }, (_, row) => getters.map((get) => formatValue(get(row)))),
  };
}

function affordableRows(columns: readonly ColumnLike[], isFiltered: boolean): number {
  const cost = columns.reduce((sum, column) => sum + (isFiltered ? methodReadCost : readCost(column)), 0);
  return Math.floor(countingBudget / Math.max(1, cost));
}

function readCost(column: ColumnLike): number {
  if (Array.isArray(column) || column instanceof Float64Array || column instanceof Float32Array) return 1;
  return ArrayBuffer.isView(column) ? 0 : methodReadCost;
}

/** Gives a function that counts a column's missing values among the examined rows. */
function rowVisitor(table: TableLike, examinedCount: number): (column: ColumnLike) => number {
  if (!table.isFiltered()) return (column) => countMissing(column, examinedCount);
  const rows = new Uint32Array(examinedCount);
  let found = 0;
  table.scan((row, _data, stop) => {
    if (found < examinedCount) rows[found] = row;
    found += 1;
    if (found >= examinedCount) stop();
  });
  return (column) => countAtRows(column, rows);
}

/** One loop for each way to store a column, so that each stays quick. */
function countMissing(column: ColumnLike, rowCount: number): number {
  if (Array.isArray(column)) return countInArray(column, rowCount);
  if (column instanceof Float64Array || column instanceof Float32Array) return countNaN(column, rowCount);
  if (ArrayBuffer.isView(column)) return 0;
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) if (isMissing(column.at(row))) count += 1;
  return count;
}

function countAtRows(column: ColumnLike, rows: Uint32Array): number {
  let count = 0;
  for (const row of rows) if (isMissing(column.at(row))) count += 1;
  return count;
}

function countInArray(values: readonly unknown[], rowCount: number): number {
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const value = values[row];
    if (value === null || value === undefined || value !== value) count += 1;
  }
  return count;
}

function countNaN(values: Float64Array | Float32Array, rowCount: number): number {
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const value = values[row];
    if (value !== value) count += 1;
  }
  return count;
}

function typeOf(get: ((row: number) => unknown) | undefined, rowCount: number): string {
  const types = new Set<string>();
  for (let row = 0; get !== undefined && row < Math.min(rowCount, typedRows); row += 1) {
    const value = get(row);
    if (!isMissing(value)) types.add(value instanceof Date ? "date" : typeof value);
  }
  return types.size === 0 ? "empty" : [...types].sort().join(" | ");
}

function formatValue(value: unknown): string {
  if (isMissing(value)) return "";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return shorten(value);
  if (value instanceof Date) return formatDate(value);
  if (typeof value === "object" || typeof value === "function") return shorten(inspect(value, { depth: 1, breakLength: Infinity }));
  return String(value);
}

/** Six significant digits tell enough; whole numbers are shown whole. */
function formatNumber(value: number): string {
  return Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function formatDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  const text = date.toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
