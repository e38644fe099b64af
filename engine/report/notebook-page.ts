import type { CellOptions, JsonValue } from "../project/types.js";
import { readCellOptions } from "../project/cell-options.js";
import { escapeHtml } from "./html.js";
import { renderInline, renderMarkdown, type Heading } from "./markdown.js";
import { outputHtml } from "./notebook-output.js";
import { renderPage, type PageContent } from "./page.js";
import type { PlotChart } from "./plot.js";

/** A notebook as nbformat 4 has it, as far as its page needs it. */
export type NotebookJson = { readonly cells: readonly { readonly [key: string]: JsonValue }[] };

/**
 * An executed notebook as one page that needs nothing else: its prose, its code folded, what it showed. A labelled
 * cell has its label as anchor, every cell `cell-<position>`.
 * @param notebook nbformat 4
 * @param options `title` of the page; `file` project path of the notebook, for messages; `plot` where plots are made or kept elsewhere
 */
export async function renderNotebookPage(options: {
  readonly notebook: NotebookJson; readonly title: string; readonly file: string; readonly frame?: PageContent["frame"]; readonly plot?: PlotChart;
}): Promise<string> {
  const { notebook, title, file, plot } = options;
  const cells = await Promise.all(notebook.cells.map((cell, index) => readCell(file, cell, index + 1)));
  const ids = new Set(["content", ...cells.flatMap(({ options: { label }, position }) => [`cell-${position}`, ...(label === undefined ? [] : [label])])]);
  const headings: Heading[] = [];
  const parts: string[] = [];
  for (const cell of cells) {
    if (cell.type === "markdown") {
      const rendered = await renderMarkdown(cell.source, { ids, footnotes: `cell-${cell.position}-note-` });
      headings.push(...rendered.headings);
      parts.push(isTitle(parts, rendered.html) ? rendered.html : `<section id="cell-${cell.position}">${rendered.html}</section>`);
    } else if (cell.type === "code" && cell.source.trim() !== "") {
      parts.push(await codeCellHtml(cell, { file, ids, plot }));
    }
  }
  return renderPage({ title, body: parts.join("\n"), headings, charts: [], footer: `<p>From <code>${escapeHtml(file)}</code>.</p>`, frame: options.frame ?? null });
}

export type NotebookCell = {
  readonly type: "code" | "markdown" | "raw";
  readonly position: number;
  readonly source: string;
  readonly options: CellOptions;
  readonly executionCount: number | null;
  readonly outputs: readonly JsonValue[];
};

async function readCell(file: string, cell: { readonly [key: string]: JsonValue }, position: number): Promise<NotebookCell> {
  const type = cell.cell_type === "code" || cell.cell_type === "markdown" ? cell.cell_type : "raw";
  const source = textOfLines(cell.source);
  const { cell: { options } } = await readCellOptions(file, { type, position, id: `cell-${position}`, source, tags: [] });
  return { type, position, source, options, executionCount: typeof cell.execution_count === "number" ? cell.execution_count : null, outputs: Array.isArray(cell.outputs) ? cell.outputs : [] };
}

/** nbformat writes text whole or as a list of lines. */
export function textOfLines(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(String).join("") : "";
}

/** The notebook's own first heading heads the page. */
function isTitle(parts: readonly string[], html: string): boolean {
  return parts.length === 0 && html.startsWith("<h1");
}

async function codeCellHtml(cell: NotebookCell, { file, ids, plot }: { file: string; ids: Set<string>; plot: PlotChart | undefined }): Promise<string> {
  const { label, caption } = cell.options;
  const failed = cell.outputs.some((output) => typeof output === "object" && output !== null && "output_type" in output && output.output_type === "error");
  const outputs: string[] = [];
  for (const [index, output] of cell.outputs.entries()) outputs.push(await outputHtml(output, { cell, file, ids, index, plot }));
  const count = cell.executionCount === null ? "" : ` [${cell.executionCount}]`;
  const code = `<details${failed ? " open" : ""}><summary>Code${count}${label === undefined ? "" : ` · ${escapeHtml(label)}`}</summary><pre tabindex="0"><code>${await highlight(cell.source)}</code></pre></details>`;
  const note = caption === undefined ? "" : `<figcaption>${await renderInline(caption)}</figcaption>`;
  const shown = outputs.length === 0 ? "" : note === "" ? outputs.join("\n") : `<figure>${outputs.join("\n")}${note}</figure>`;
  const anchor = label === undefined ? "" : `<span id="${escapeHtml(label)}"></span>`;
  return `<section class="cell" id="cell-${cell.position}">${anchor}${code}${shown}</section>`;
}

async function highlight(source: string): Promise<string> {
  const [{ default: hljs }, { default: typescript }] = await Promise.all([import("highlight.js/lib/core"), import("highlight.js/lib/languages/typescript")]);
  if (hljs.getLanguage("typescript") === undefined) hljs.registerLanguage("typescript", typescript);
  return hljs.highlight(source, { language: "typescript", ignoreIllegals: true }).value;
}
