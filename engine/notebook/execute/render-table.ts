import type { MimeBundle } from "../types.js";
import { summariseTable } from "./summarise-table.js";
import { tableToHtml } from "./table-html.js";
import type { TableLike } from "./table-like.js";
import { tableToMarkdown, tableToPlainText } from "./table-text.js";

/** A table as HTML, Markdown and plain text: its first rows, with type and missing values of each column. */
export function renderTable(table: TableLike): MimeBundle {
  const summary = summariseTable(table);
  return { "text/html": tableToHtml(summary), "text/markdown": tableToMarkdown(summary), "text/plain": tableToPlainText(summary) };
}
