import { type ColumnLike, isMissing } from "./table-like.js";
import { kindOf, type KindSet, onlyBigints, onlyNumbers } from "./value-kinds.js";

/** What the examined rows of a column hold. */
export type Examined = { readonly kinds: KindSet; readonly missing: number };

/** What it costs to look at a row, in reads of an array one after the other: by its position, at what an object is, through a method. */
const costs = { position: 4, object: 3, method: 12 };

/** What it costs to look at one row of a column. */
export function readCost(column: ColumnLike, isFiltered: boolean): number {
  const position = isFiltered ? costs.position : 0;
  if (Array.isArray(column)) return position + (typeof column[0] === "object" && column[0] !== null ? costs.object : 1);
  if (isFloats(column)) return position + 1;
  return ArrayBuffer.isView(column) ? 0 : costs.method;
}

/**
 * Counts missing values and finds the kinds of the others. One loop for each way to store a column, so that each is quick.
 *
 * @param rows How many of the first rows, or the positions of those to look at.
 */
export function examineColumn(column: ColumnLike, rows: number | Uint32Array): Examined {
  const count = typeof rows === "number" ? rows : rows.length;
  if (Array.isArray(column)) return examineArray(column, rows);
  if (isFloats(column)) return examineFloats(column, rows);
  if (ArrayBuffer.isView(column)) return { kinds: count === 0 ? 0 : isBigints(column) ? onlyBigints : onlyNumbers, missing: 0 };
  return examineEach(count, typeof rows === "number" ? (index) => column.at(index) : (index) => column.at(rows[index] ?? 0));
}

function isFloats(column: ColumnLike): column is Float64Array | Float32Array {
  return column instanceof Float64Array || column instanceof Float32Array;
}

function isBigints(column: ColumnLike): boolean {
  return column instanceof BigInt64Array || column instanceof BigUint64Array;
}

function examineEach(count: number, valueAt: (index: number) => unknown): Examined {
  let missing = 0;
  let kinds: KindSet = 0;
  for (let index = 0; index < count; index += 1) {
    const value = valueAt(index);
    if (isMissing(value)) missing += 1;
    else kinds |= kindOf(value);
  }
  return { kinds, missing };
}

function examineArray(values: readonly unknown[], rows: number | Uint32Array): Examined {
  const count = typeof rows === "number" ? rows : rows.length;
  let missing = 0;
  let kinds: KindSet = 0;
  let last = "";
  for (let index = 0; index < count; index += 1) {
    const value = values[typeof rows === "number" ? index : (rows[index] ?? 0)];
    if (value === null || value === undefined || value !== value) missing += 1;
    else if (typeof value === "object" || typeof value !== last) {
      kinds |= kindOf(value);
      last = typeof value;
    }
  }
  return { kinds, missing };
}

function examineFloats(values: Float64Array | Float32Array, rows: number | Uint32Array): Examined {
  const count = typeof rows === "number" ? rows : rows.length;
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    const value = values[typeof rows === "number" ? index : (rows[index] ?? 0)];
    if (value !== value) missing += 1;
  }
  return { kinds: missing < count ? onlyNumbers : 0, missing };
}
