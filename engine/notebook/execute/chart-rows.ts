import { formatCount, formatRows } from "../../observe/format.js";
import { manyRows, tooManyRows } from "../../project/chart-rows.js";
import { isPlainObject } from "./plain-object.js";
import { isTable } from "./table-like.js";

const advice = "Aggregate or sample the table first, for example table.groupby(...).rollup(...) or table.sample(5_000).";

/**
 * Refuses a chart with more rows than are drawn, and warns of one that is slow to look at, before any row is copied.
 *
 * @param spec Vega-Lite; may hold arquero tables.
 * @throws RangeError
 */
export function checkRows(spec: Readonly<Record<string, unknown>>): void {
  const rows = countRows(spec, "", new Set());
  if (rows > tooManyRows) throw new RangeError(`The chart holds ${formatRows(rows)}; more than ${formatCount(tooManyRows)} are not drawn. ${advice}`);
  if (rows > manyRows) console.warn("%s", `The chart holds ${formatRows(rows)}; over ${formatCount(manyRows)} make every page that shows it slow. ${advice}`);
}

/** Rows of all tables below a key, each as often as it is embedded. @param ancestors So that a part which contains itself is left to others. */
function countRows(value: unknown, key: string, ancestors: Set<object>): number {
  if (isTable(value)) return value.numRows();
  if (Array.isArray(value)) return key === "values" ? value.length : sum(value.map((each) => countRows(each, "", ancestors)));
  if (!isPlainObject(value) || ancestors.has(value)) return 0;
  ancestors.add(value);
  // Each entry of `datasets` is a list of rows.
  const rows = sum(Object.entries(value).map(([name, each]) => countRows(each, key === "datasets" ? "values" : name, ancestors)));
  ancestors.delete(value);
  return rows;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
