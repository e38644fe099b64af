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
};

export type ColumnLike = { readonly length: number; at(row: number): unknown };

const methods = ["numRows", "columnNames", "getter", "column", "scan", "isFiltered"] as const;

/** Whether a value is an arquero table. */
export function isTable(value: unknown): value is TableLike {
  if (typeof value !== "object" || value === null) return false;
  return methods.every((method) => typeof Reflect.get(value, method) === "function");
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
