import { examineColumn, type Examined, readCost } from "./examine-column.js";
import { firstKept, firstRows } from "./first-rows.js";
import { formatColumn, type ShownValue } from "./format-column.js";
import type { ColumnLike, TableLike } from "./table-like.js";
import { isNumeric, nameKinds } from "./value-kinds.js";

/** What is shown of one column. */
export type ColumnSummary = {
  readonly name: string;
  /** `number`, `string`, `boolean`, `date`, `bigint`, `array`, `object`, several with `|`, or `empty`. */
  readonly type: string;
  readonly isNumeric: boolean;
  readonly missing: number;
  /** Of the first rows. */
  readonly values: readonly ShownValue[];
};

/** What is shown of a table. */
export type TableSummary = {
  readonly rowCount: number;
  readonly shownRows: number;
  /** The first columns. */
  readonly columns: readonly ColumnSummary[];
  readonly columnCount: number;
  /** Names of the columns that it is grouped by. */
  readonly groups: readonly string[];
  /** In how many of the first rows types and missing values were looked for. */
  readonly examinedCount: number;
};

/** Rows and columns that are shown. */
const mostRows = 20;
const mostColumns = 100;
/** Reads that the look at all rows may cost, in array reads: keeps a table of any size quick to show. */
const readBudget = 8_000_000;

/** Looks at a table: its first rows, the types, and how many values are missing. */
export function summariseTable(table: TableLike): TableSummary {
  const rowCount = table.numRows();
  const names = table.columnNames();
  const shown = names.slice(0, mostColumns);
  const columns = shown.map((name) => table.column(name));
  const examinedCount = Math.min(rowCount, affordableRows(columns, table.isFiltered()));
  const examined = examineAll(table, columns, examinedCount);
  const rows = firstRows(table, mostRows);
  return {
    rowCount,
    shownRows: rows.length,
    columnCount: names.length,
    groups: table.groups?.()?.names ?? [],
    examinedCount,
    columns: shown.map((name, index) => {
      const found = examined[index] ?? { kinds: 0, missing: 0 };
      const values = formatColumn(rows.map((row) => columns[index]?.at(row)));
      return { name, type: nameKinds(found.kinds), isNumeric: isNumeric(found.kinds), missing: found.missing, values };
    }),
  };
}

function affordableRows(columns: readonly ColumnLike[], isFiltered: boolean): number {
  const cost = columns.reduce((sum, column) => sum + readCost(column, isFiltered), 0);
  return Math.floor(readBudget / Math.max(1, cost));
}

function examineAll(table: TableLike, columns: readonly ColumnLike[], count: number): readonly Examined[] {
  const rows = table.isFiltered() ? firstKept(table, count) : count;
  return columns.map((column) => examineColumn(column, rows));
}
