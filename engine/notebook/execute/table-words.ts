import { formatCount } from "../../observe/format.js";
import type { ColumnSummary, TableSummary } from "./summarise-table.js";

/** Size of a table, and what of it is shown and was looked at. */
export function aboutTable({ rowCount, shownRows, columnCount, columns, groups, examinedCount }: TableSummary): string {
  const parts = [`${counted(rowCount, "row")}, ${counted(columnCount, "column")}`];
  if (groups.length > 0) parts.push(`grouped by ${groups.join(", ")}`);
  if (shownRows < rowCount) parts.push(`the first ${shownRows} rows`);
  if (columns.length < columnCount) parts.push(`the first ${columns.length} columns`);
  if (examinedCount < rowCount) parts.push(`types and missing values of the first ${formatCount(examinedCount)} rows`);
  return parts.join("; ");
}

/** Type and missing values. */
export function aboutColumn({ type, missing }: ColumnSummary): string {
  return missing === 0 ? type : `${type}, ${formatCount(missing)} missing`;
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
