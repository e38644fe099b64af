import type { MimeBundle } from "../types.js";
import { summariseTable, type ColumnSummary, type TableSummary } from "./summarise-table.js";
import type { TableLike } from "./table-like.js";

/** A table as HTML, Markdown and plain text: its first rows, with type and missing values of each column. */
export function renderTable(table: TableLike): MimeBundle {
  const summary = summariseTable(table);
  return { "text/html": toHtml(summary), "text/markdown": toMarkdown(summary), "text/plain": toPlainText(summary) };
}

function toHtml(summary: TableSummary): string {
  const heads = summary.columns.map((column) => `<th scope="col">${escapeHtml(column.name)}<br><small>${escapeHtml(aboutColumn(column))}</small></th>`);
  const body = summary.rows.map((row) => `<tr>${row.map((value) => `<td>${escapeHtml(value)}</td>`).join("")}</tr>`);
  return [
    '<table class="stitchbook-table">',
    `<caption>${escapeHtml(aboutTable(summary))}</caption>`,
    `<thead><tr>${heads.join("")}</tr></thead>`,
    `<tbody>${body.join("\n")}</tbody>`,
    "</table>",
  ].join("\n");
}

function toMarkdown(summary: TableSummary): string {
  const { columns, rows } = summary;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map((column) => escapeMarkdown(column.name))),
    line(columns.map((column) => (column.type === "number" ? "---:" : "---"))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
    "",
    `${aboutTable(summary)}. ${columns.map((column) => `${escapeMarkdown(column.name)}: ${escapeMarkdown(aboutColumn(column))}`).join("; ")}.`,
  ].join("\n");
}

function toPlainText(summary: TableSummary): string {
  const lines = [summary.columns.map((column) => column.name), summary.columns.map(aboutColumn), ...summary.rows].map((line) => line.map(onOneLine));
  const widths = summary.columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    return summary.columns[index]?.type === "number" ? text.padStart(width) : text.padEnd(width);
  };
  return [aboutTable(summary), ...lines.map((line) => line.map(pad).join("  ").trimEnd())].join("\n");
}

function aboutTable({ rowCount, columns, rows, examinedCount }: TableSummary): string {
  const size = `${counted(rowCount, "row")}, ${counted(columns.length, "column")}`;
  const shown = rows.length < rowCount ? `; the first ${rows.length} rows` : "";
  const examined = examinedCount < rowCount ? `; missing values counted in the first ${grouped(examinedCount)} rows` : "";
  return size + shown + examined;
}

function aboutColumn({ type, missing }: ColumnSummary): string {
  return missing === 0 ? type : `${type}, ${grouped(missing)} missing`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Thousands grouped the same way wherever it runs. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function escapeMarkdown(text: string): string {
  return onOneLine(text).replace(/[\\`*_[\]<>|~&$]/g, "\\$&");
}

function onOneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ");
}
