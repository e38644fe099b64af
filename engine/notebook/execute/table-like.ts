import { types } from "node:util";

/** What is used of an arquero table. Tables are known by their shape: a project may bring its own arquero. */
export type TableLike = {
  numRows(): number;
  columnNames(): string[];
  /** Value of a row that is seen, counted after filter and order. */
  getter(name: string): (row: number) => unknown;
  /** The stored column, before filter and order. */
  column(name: string): ColumnLike;
  /** Calls back with the stored position of every row that is seen, until `stop` is called. */
  scan(visit: (row: number, data: unknown, stop: () => void) => void): void;
  isFiltered(): boolean;
  isOrdered(): boolean;
  /** Which of two stored positions is seen first, where the table is ordered. */
  comparator(): (a: number, b: number, data: unknown) => number;
  /** Names of the columns that it is grouped by; null where it is not. */
  groups?(): { readonly names?: readonly string[] } | null;
};

export type ColumnLike = { readonly length: number; at(row: number): unknown };

const methods = ["numRows", "columnNames", "getter", "column", "scan", "isFiltered", "isOrdered", "comparator"] as const;

/** Whether a value is an arquero table. */
export function isTable(value: unknown): value is TableLike {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  // Most objects are none, and must not be asked for what they may have as getters.
  return methods.every((method) => typeof findMethod(value, method) === "function");
}

function findMethod(value: object, name: string): unknown {
  for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    if (property !== undefined) return property.value;
  }
  return undefined;
}

/** null, undefined and NaN are arquero's missing values. */
export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value !== value;
}

/** The rows of a table as objects, in the order that is seen. */
export function rowsOf(table: TableLike): Record<string, unknown>[] {
  const getters = table.columnNames().map((name) => [name, table.getter(name)] as const);
  return Array.from({ length: table.numRows() }, (_, row) => Object.fromEntries(getters.map(([name, get]) => [name, get(row)])));
}
