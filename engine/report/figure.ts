import type { CellOutput, MimeBundle } from "../notebook/types.js";
import type { LabelledOutput } from "../plan/types.js";
import type { JsonValue, Place, Problem } from "../project/types.js";
import { drawChart } from "./chart.js";
import { chartOf } from "./chart-output.js";
import type { PlotChart } from "./plot.js";

/** A labelled cell that a report embeds, and where it comes from. */
export type EmbeddedOutput = LabelledOutput & {
  /** Task id, `stage` or `stage@dataset`. */
  readonly task: string;
  /** Project path of the notebook. */
  readonly notebook: string;
};

export type FigurePart =
  | { readonly kind: "chart"; readonly file: string; readonly svg: string; readonly inlineSvg: string; readonly vega: JsonValue }
  | { readonly kind: "image"; readonly file: string; readonly type: string; readonly content: string | Uint8Array }
  | { readonly kind: "table" | "markdown" | "text"; readonly text: string };

/** What an embedded label shows. Only figures and tables are numbered. */
export type Figure = {
  /** `label` or `label@dataset`. */
  readonly key: string;
  /** Id in the page and anchor in the Markdown. */
  readonly anchor: string;
  readonly kind: "figure" | "table" | "text";
  readonly source: EmbeddedOutput;
  readonly parts: readonly FigurePart[];
  readonly problems: readonly Problem[];
};

/**
 * Makes a figure of what a labelled cell displayed: charts are drawn, images taken out, tables and text kept as Markdown.
 * @param key `label` or `label@dataset`
 * @param plot where plots are made or kept elsewhere
 */
export async function makeFigure(key: string, source: EmbeddedOutput, plot?: PlotChart): Promise<Figure> {
  const place: Place = { file: source.notebook, cell: source.cell };
  const parts: FigurePart[] = [];
  const problems: Problem[] = [];
  const shown = source.outputs.flatMap((output) => (output.output_type === "display_data" || output.output_type === "execute_result" ? [output.data] : []));
  for (const data of shown) {
    const pictures = parts.filter((part) => part.kind === "chart" || part.kind === "image").length;
    const name = pictures === 0 ? key : `${key}-${pictures + 1}`;
    const { part, found } = await makePart(data, { name, place, plot });
    problems.push(...found);
    if (part !== null) parts.push(part);
  }
  if (shown.length === 0) parts.push(...printedText(source.outputs));
  if (parts.length === 0 && problems.length === 0) {
    problems.push({ severity: "error", code: "empty-embed", place, message: `the cell labelled \`${source.label}\` displays nothing`, hint: "end it with a table or a chart, or call show(...)" });
  }
  const kind = parts.some((part) => part.kind === "chart" || part.kind === "image") ? "figure" : parts.some((part) => part.kind === "table") ? "table" : "text";
  return { key, anchor: `${kind === "table" ? "table" : "figure"}-${anchorOf(key)}`, kind, source, parts, problems };
}

/** `label@dataset` as an id. */
export function anchorOf(key: string): string {
  return key.replace(/[^A-Za-z0-9._-]/g, "-");
}

/** The text alternative of a figure: its alt text, else its caption, else its label. */
export function altOf(figure: Figure): string {
  return figure.source.alt ?? figure.source.caption ?? figure.source.label;
}

type Part = { readonly part: FigurePart | null; readonly found: readonly Problem[] };

async function makePart(data: MimeBundle, { name, place, plot }: { name: string; place: Place; plot: PlotChart | undefined }): Promise<Part> {
  const chart = chartOf(data);
  if (chart !== null) {
    const { svg, inlineSvg, vega, problems } = await drawChart(chart, { id: anchorOf(name), place, plot });
    return { part: vega === null ? null : { kind: "chart", file: `${name}.svg`, svg, inlineSvg, vega }, found: problems };
  }
  return { part: imageOf(data, name) ?? textOf(data), found: [] };
}

const imageTypes: Readonly<Record<string, string>> = { "image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp" };

/** The image of an output; base64 but for SVG, as notebooks keep it. */
export function imageOf(data: MimeBundle, name: string): (FigurePart & { kind: "image" }) | null {
  for (const [type, ending] of Object.entries(imageTypes)) {
    const content = data[type];
    if (typeof content !== "string") continue;
    return { kind: "image", file: `${name}.${ending}`, type, content: ending === "svg" ? content : Uint8Array.from(Buffer.from(content, "base64")) };
  }
  return null;
}

/** An output as a table, as Markdown or as plain text. HTML is never taken over: nobody checked it. */
export function textOf(data: MimeBundle): (FigurePart & { text: string }) | null {
  const markdown = data["text/markdown"];
  if (typeof markdown === "string") {
    return "text/html" in data ? { kind: "table", text: tableAlone(markdown) } : { kind: "markdown", text: markdown };
  }
  const plain = data["text/plain"];
  return typeof plain === "string" ? { kind: "text", text: plain } : null;
}

/** A shown table without the line about its columns; that rows were left out is kept. */
function tableAlone(markdown: string): string {
  const [table = "", about = ""] = markdown.split(/\n\n/, 2);
  const [note] = /^[^.]*; the first [\d,]+ rows/.exec(about) ?? [];
  return note === undefined ? table : `${table}\n\n${note}.`;
}

function printedText(outputs: readonly CellOutput[]): FigurePart[] {
  const text = outputs.flatMap((output) => (output.output_type === "stream" && output.name === "stdout" ? [output.text] : [])).join("");
  return text.trim() === "" ? [] : [{ kind: "text", text: text.trimEnd() }];
}
