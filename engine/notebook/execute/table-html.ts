import type { ShownValue } from "./format-column.js";
import type { ColumnSummary, TableSummary } from "./summarise-table.js";
import { tableScript, tableStyle } from "./table-look.js";
import { aboutColumn, aboutTable } from "./table-words.js";
import { onOneLine } from "./text-columns.js";

/**
 * A table as HTML, good without its style and script, too: GitHub keeps neither, and JupyterLab takes both out of outputs
 * that it does not trust. The same table always gives the same text.
 */
export function tableToHtml(summary: TableSummary): string {
  const heads = summary.columns.map(headCell);
  const rows = Array.from({ length: summary.shownRows }, (_, row) => `<tr>${summary.columns.map((column) => bodyCell(column, row)).join("")}</tr>`);
  const about = escapeHtml(aboutTable(summary));
  return [
    '<div class="stitchbook-table">',
    `<style>${tableStyle}</style>`,
    `<div tabindex="0" role="region" aria-label="Table: ${about}"><table>`,
    `<thead><tr>${heads.join("")}</tr></thead>`,
    `<tbody>${rows.join("\n")}</tbody>`,
    "</table></div>",
    `<p>${about}</p>`,
    `<script>${tableScript}</script>`,
    "</div>",
  ].join("\n");
}

function headCell(column: ColumnSummary): string {
  return `<th scope="col"${alignOf(column)}>${escapeHtml(onOneLine(column.name))}<br><small>${escapeHtml(aboutColumn(column))}</small></th>`;
}

function bodyCell(column: ColumnSummary, row: number): string {
  const value = column.values[row];
  if (value === undefined) return "<td></td>";
  return `<td${alignOf(column)}${wholeOf(value)}>${mark(value)}</td>`;
}

/** An attribute, since it is all that GitHub leaves. */
function alignOf({ isNumeric }: ColumnSummary): string {
  return isNumeric ? ' align="right"' : "";
}

/** What the text leaves out can be read below the pointer, and is what rows are sorted by. */
function wholeOf({ full, kind }: ShownValue): string {
  if (full === null) return "";
  return ` title="${escapeHtml(full)}"${kind === "number" ? ` data-value="${escapeHtml(full)}"` : ""}`;
}

function mark({ kind, text }: ShownValue): string {
  const safe = escapeHtml(onOneLine(text));
  if (kind === "missing") return `<em>${safe}</em>`;
  return kind === "object" ? `<code>${safe}</code>` : safe;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
