import type { TableLike } from "./table-like.js";

/**
 * Stored positions of the first rows of a table, in the order that is seen. A table that is ordered is not sorted for this,
 * as asking it for a row would do.
 */
export function firstRows(table: TableLike, count: number): readonly number[] {
  if (table.isOrdered()) return leastRows(table, count);
  if (!table.isFiltered()) return Array.from({ length: Math.min(count, table.numRows()) }, (_, row) => row);
  return [...firstKept(table, Math.min(count, table.numRows()))];
}

/** Stored positions of the first rows that a filter leaves, whatever the order. @param count No more than there are. */
export function firstKept(table: TableLike, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  table.scan((row, _data, stop) => {
    if (found < count) rows[found] = row;
    found += 1;
    if (found >= count) stop();
  });
  return rows;
}

function leastRows(table: TableLike, count: number): readonly number[] {
  const compare = table.comparator();
  const least: number[] = [];
  table.scan((row, data) => {
    const last = least[count - 1];
    if (last !== undefined && compare(row, last, data) >= 0) return;
    // Of equal rows the earlier one stands first, as in a stable sort.
    const after = least.findIndex((other) => compare(row, other, data) < 0);
    least.splice(after === -1 ? least.length : after, 0, row);
    if (least.length > count) least.pop();
  });
  return least;
}
