import type { ShownValue } from "./format-column.js";
import type { ColumnSummary, TableSummary } from "./summarise-table.js";
import { aboutColumn, aboutTable } from "./table-words.js";
import { onOneLine, pad, textWidth } from "./text-columns.js";

/** A table for a terminal: size, names, types, the first rows. */
export function tableToPlainText(summary: TableSummary): string {
  const columns = summary.columns.map((column) => alignRight(column, [column.name, aboutColumn(column), ...column.values.map(({ text }) => text)].map(onOneLine)));
  return [aboutTable(summary), ...toLines(columns).map((cells) => cells.join("  ").trimEnd())].join("\n");
}

/**
 * A table in GitHub's Markdown, its source aligned as well. It is what a report shows: missing values are empty, but for NaN,
 * which somebody computed.
 */
export function tableToMarkdown(summary: TableSummary): string {
  if (summary.columns.length === 0) return `${aboutTable(summary)}.`;
  const columns = summary.columns.map((column) => {
    const texts = [column.name, ...column.values.map(readerText)].map(escapeMarkdown);
    const width = Math.max(3, ...texts.map(textWidth));
    const rule = column.isNumeric ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
    return alignRight(column, [texts[0] ?? "", rule, ...texts.slice(1)]);
  });
  const about = summary.columns.map((column) => `${escapeMarkdown(column.name)}: ${escapeMarkdown(aboutColumn(column))}`).join("; ");
  return [...toLines(columns).map((cells) => `| ${cells.join(" | ")} |`), "", `${escapeMarkdown(aboutTable(summary))}. ${about}.`].join("\n");
}

/** Pads all texts of a column to one width. */
function alignRight({ isNumeric }: ColumnSummary, texts: readonly string[]): readonly string[] {
  const width = Math.max(...texts.map(textWidth));
  return texts.map((text) => pad(text, width, isNumeric));
}

function toLines(columns: readonly (readonly string[])[]): string[][] {
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, line) => columns.map((texts) => texts[line] ?? ""));
}

function readerText({ kind, text }: ShownValue): string {
  return kind === "missing" && text !== "NaN" ? "" : text;
}

function escapeMarkdown(text: string): string {
  return onOneLine(text.replace(/\s*[\r\n\u2028\u2029]\s*/g, " ")).replace(/[\\`*_[\]<>|~&$]/g, "\\$&");
}
