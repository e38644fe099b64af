import { stripVTControlCharacters } from "node:util";
import type { MimeBundle } from "../notebook/types.js";
import type { JsonValue } from "../project/types.js";
import { drawChart } from "./chart.js";
import { chartOf } from "./chart-output.js";
import { anchorOf, imageOf, textOf } from "./figure.js";
import { escapeHtml } from "./html.js";
import { renderMarkdown } from "./markdown.js";
import type { PlotChart } from "./plot.js";
import { textOfLines, type NotebookCell } from "./notebook-page.js";

type OutputContext = { readonly cell: NotebookCell; readonly file: string; readonly ids: Set<string>; readonly index: number; readonly plot: PlotChart | undefined };

/** One output of a cell: a stream, a table, a chart as drawn, a picture, text, or an error. */
export async function outputHtml(output: JsonValue, context: OutputContext): Promise<string> {
  if (!isObject(output)) return "";
  switch (output.output_type) {
    case "stream":
      return preformatted(textOfLines(output.text));
    case "error": {
      const traceback = Array.isArray(output.traceback) ? output.traceback.map(String).join("\n") : "";
      return preformatted(traceback === "" ? `${textOfLines(output.ename)}: ${textOfLines(output.evalue)}` : traceback, "error");
    }
    case "display_data":
    case "execute_result":
      return isObject(output.data) ? `<div class="output">${await dataHtml(joinLines(output.data), context)}</div>` : "";
    default:
      return "";
  }
}

async function dataHtml(data: MimeBundle, { cell, file, ids, index, plot }: OutputContext): Promise<string> {
  const { label, alt, caption } = cell.options;
  const name = `${label ?? `cell-${cell.position}`}-${index + 1}`;
  const description = escapeHtml(alt ?? caption ?? label ?? `Chart of cell ${cell.position}`);
  const chart = chartOf(data);
  if (chart !== null) {
    const { inlineSvg, problems } = await drawChart(chart, { id: anchorOf(name), place: { file, cell: cell.position }, plot });
    if (inlineSvg !== "") return `<div class="plot" role="img" aria-label="${description}">${inlineSvg}</div>`;
    return preformatted(problems.map(({ message }) => message).join("\n"), "error");
  }
  const image = imageOf(data, name);
  if (image !== null) return `<img src="data:${image.type};base64,${Buffer.from(image.content).toString("base64")}" alt="${description}">`;
  const text = textOf(data);
  if (text === null) return "";
  return text.kind === "text" ? preformatted(text.text) : (await renderMarkdown(text.text, { ids, footnotes: `${anchorOf(name)}-note-` })).html;
}

function preformatted(text: string, className = ""): string {
  const plain = stripVTControlCharacters(text).trimEnd();
  return plain === "" ? "" : `<div class="output"><pre tabindex="0"${className === "" ? "" : ` class="${className}"`}>${escapeHtml(plain)}</pre></div>`;
}

/** Texts as one string; JSON stays as it is. */
function joinLines(data: { readonly [key: string]: JsonValue }): MimeBundle {
  return Object.fromEntries(Object.entries(data).map(([type, content]) => [type, Array.isArray(content) && !type.endsWith("json") ? textOfLines(content) : content]));
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
