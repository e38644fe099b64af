import { inspect, type InspectOptions, types } from "node:util";
import { isTable, type TableLike } from "./table-like.js";

/** How deep, and in how many elements, tables are looked for. */
const maxDepth = 4;
const maxElements = 100;

/**
 * A value as `util.inspect` writes it, but for tables inside of it, of which size and columns are told instead of how they
 * are stored.
 *
 * @throws what the value's own code throws when it is looked at, as `util.inspect` does
 */
export function inspectValue(value: unknown, options: InspectOptions = {}): string {
  return inspect(replaceTables(value, 0), options);
}

/** The value itself where it holds no table. */
function replaceTables(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > maxDepth || types.isProxy(value)) return value;
  if (isTable(value)) return { [inspect.custom]: () => describeTable(value) };
  if (Array.isArray(value)) return replaceElements(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value)).slice(0, maxElements);
  const replaced = entries.map(([key, property]) => [key, "value" in property ? replaceTables(property.value, depth + 1) : undefined, property] as const);
  if (replaced.every(([, found, property]) => !("value" in property) || found === property.value)) return value;
  const changes = replaced.flatMap(([key, found, property]) => ("value" in property ? [[key, { ...property, value: found }] as const] : []));
  return Object.create(prototype, { ...Object.getOwnPropertyDescriptors(value), ...Object.fromEntries(changes) });
}

function replaceElements(values: readonly unknown[], depth: number): readonly unknown[] {
  const first = values.slice(0, maxElements).map((each) => replaceTables(each, depth + 1));
  return first.every((each, index) => each === values[index]) ? values : [...first, ...values.slice(maxElements)];
}

function describeTable(table: TableLike): string {
  const names = table.columnNames();
  const [rows, columns] = [table.numRows(), names.length];
  const shown = names.slice(0, 10).join(", ") + (columns > 10 ? ", …" : "");
  return `[Table: ${rows} ${rows === 1 ? "row" : "rows"}, ${columns} ${columns === 1 ? "column" : "columns"}${columns === 0 ? "" : ` (${shown})`}]`;
}
