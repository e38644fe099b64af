import { readFile } from "node:fs/promises";
import { shorten } from "../tables/shorten.js";
import type { TypedTable } from "../tables/typed-table.js";
import type { CellValue } from "../tables/types.js";
import type { Difference, FilePair } from "./types.js";

/**
 * Finds the first value in which two Parquet or Arrow files differ, row by row.
 *
 * @returns null where the values are the same, or a file can't be read
 */
export async function findTypedDifference({ recorded, found }: FilePair, format: "parquet" | "arrow"): Promise<Difference | null> {
  const [left, right] = await Promise.all([recorded, found].map((file) => openTable(file, format)));
  if (left === undefined || right === undefined || left === null || right === null) return null;
  return compareColumns(left, right) ?? (await compareValues(left, right).catch(() => null));
}

async function openTable(file: string, format: "parquet" | "arrow"): Promise<TypedTable | null> {
  try {
    if (format === "parquet") return await (await import("../tables/parquet-table.js")).openParquet(file);
    return await (await import("../tables/arrow-table.js")).openArrow(await readFile(file));
  } catch {
    // What can't be read as a table is compared by its bytes.
    return null;
  }
}

function compareColumns(left: TypedTable, right: TypedTable): Difference | null {
  for (let index = 0; index < Math.max(left.columns.length, right.columns.length); index += 1) {
    const [a, b] = [left.columns[index], right.columns[index]].map((column) => (column === undefined ? null : `${column.name}: ${column.type}`));
    if (a !== b) return { place: { kind: "header", position: index + 1 }, recorded: a ?? null, found: b ?? null };
  }
  return null;
}

async function compareValues(left: TypedTable, right: TypedTable): Promise<Difference | null> {
  const [leftRows, rightRows] = [readRows(left), readRows(right)];
  for (let row = 1; ; row += 1) {
    const [a, b] = [await leftRows.next(), await rightRows.next()];
    if (a.done === true || b.done === true) {
      if (a.done === b.done) return null;
      return { place: { kind: "row", row }, recorded: a.done === true ? null : showRow(a.value), found: b.done === true ? null : showRow(b.value) };
    }
    for (const [index, { name }] of left.columns.entries()) {
      const [was, is] = [showValue(a.value[index]), showValue(b.value[index])];
      if (was !== is) return { place: { kind: "cell", row, column: name }, recorded: shorten(was), found: shorten(is) };
    }
  }
}

async function* readRows(table: TypedTable): AsyncGenerator<readonly CellValue[]> {
  for await (const batch of table.read(table.columns.map(({ name }) => name))) {
    for (let row = 0; row < batch.rows; row += 1) yield table.columns.map((column, index) => column.toValue(batch.columns[index]?.[row]));
  }
}

function showRow(values: readonly CellValue[]): string {
  return shorten(values.map(showValue).join(", "));
}

function showValue(value: CellValue | undefined): string {
  return typeof value === "bigint" || Object.is(value, -0) ? `${Object.is(value, -0) ? "-0" : value}` : JSON.stringify(value ?? null);
}
