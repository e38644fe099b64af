import type { Problem } from "../project/types.js";
import { altOf, type FigurePart } from "./figure.js";
import { escapeHtml } from "./html.js";
import type { Layout, NumberedFigure } from "./layout.js";
import { renderInline, renderMarkdown } from "./markdown.js";
import { renderPage, type PageContent } from "./page.js";
import { trendSvg } from "./trend.js";
import { captionOf, fencedText, joinPieces, relativeLink, withTitle } from "./write-markdown.js";

/** A page stays below this, so that it can be sent by mail. */
const pageLimit = 2_000_000;
/** What the script, the style and the frame take of it. */
const fixedSize = 600_000;

/**
 * A report as one HTML page with live charts.
 * @param layout the report's text and figures
 * @param options `file` project path of the page; `notebookPages` project folder of the notebooks' pages
 * @returns the page, and a warning where its charts are too big to be live or the page is too big to be sent
 */
export async function writePage(layout: Layout, options: {
  readonly title: string; readonly file: string; readonly notebookPages: string; readonly frame: PageContent["frame"]; readonly footer: string | null;
}): Promise<{ readonly html: string; readonly problems: readonly Problem[] }> {
  const blocks: string[] = [];
  const live = chooseLive(layout.figures);
  const ids = new Set(layout.figures.map((figure) => figure.anchor));
  const mark = (figure: NumberedFigure) => `<!--figure ${layout.figures.indexOf(figure)}-->`;
  const text = withTitle(joinPieces(layout, { block: (block) => (typeof block === "string" ? block : mark(block)), trend: trendSvg }), options.title);
  const { html, headings } = await renderMarkdown(text, { ids });
  for (const figure of layout.figures) blocks.push(await figureHtml(figure, { ...options, live, ids }));
  const body = html.replace(/<!--figure (\d+)-->/g, (_, index: string) => blocks[Number(index)] ?? "");
  const page = await renderPage({ title: options.title, body, headings, charts: [...live.values()], footer: options.footer, frame: options.frame });
  return { html: page, problems: sizeProblems(page, { layout, live, file: options.file }) };
}

type LiveCharts = ReadonlyMap<FigurePart, PageContent["charts"][number]>;

/** The charts that fit into the page with their data; the smaller ones first. */
function chooseLive(figures: readonly NumberedFigure[]): LiveCharts {
  const charts = figures.flatMap((figure) => chartsOf(figure).map((part, index) => ({ part, anchor: index === 0 ? figure.anchor : `${figure.anchor}-${index + 1}`, vega: part.vega })));
  const sized = charts.map((chart) => ({ chart, size: JSON.stringify(chart.vega).length })).sort((a, b) => a.size - b.size);
  let room = pageLimit - fixedSize - charts.reduce((sum, { part }) => sum + part.inlineSvg.length, 0);
  const fitting = new Set(sized.filter(({ size }) => (room -= size) > 0).map(({ chart }) => chart));
  return new Map(charts.filter((chart) => fitting.has(chart)).map(({ part, anchor, vega }) => [part, { anchor, vega }]));
}

function chartsOf(figure: NumberedFigure) {
  return figure.parts.flatMap((part) => (part.kind === "chart" ? [part] : []));
}

async function figureHtml(figure: NumberedFigure, context: { file: string; notebookPages: string; live: LiveCharts; ids: Set<string> }): Promise<string> {
  const parts: string[] = [];
  for (const part of figure.parts) parts.push(await partHtml(part, { ...context, figure }));
  if (figure.name === null) return parts.join("\n");
  const page = `${relativeLink(context.file, `${context.notebookPages}/${figure.source.task}.html`)}#${encodeURIComponent(figure.source.label)}`;
  const caption = await renderInline(captionOf(figure));
  const figcaption = `<figcaption><b>${figure.name}.</b> ${caption} <a href="${escapeHtml(page)}">Notebook</a></figcaption>`;
  const content = figure.kind === "table" ? [figcaption, ...parts] : [...parts, figcaption];
  return `<figure class="${figure.kind}" id="${escapeHtml(figure.anchor)}">${content.join("\n")}</figure>`;
}

async function partHtml(part: FigurePart, { figure, live, ids }: { figure: NumberedFigure; live: LiveCharts; ids: Set<string> }): Promise<string> {
  const alt = escapeHtml(altOf(figure));
  switch (part.kind) {
    case "chart": {
      const chart = live.get(part);
      const data = chart === undefined ? "" : ` data-chart="${escapeHtml(chart.anchor)}" data-file="${escapeHtml(part.file.replace(/\.svg$/, ""))}"`;
      return `<div class="plot" role="img" aria-label="${alt}"${data}>${part.inlineSvg}</div>`;
    }
    case "image":
      return `<img src="data:${part.type};base64,${Buffer.from(part.content).toString("base64")}" alt="${alt}">`;
    default:
      return (await renderMarkdown(part.kind === "text" ? fencedText(part.text) : part.text, { ids, footnotes: `${figure.anchor}-note-` })).html;
  }
}

function sizeProblems(page: string, { layout, live, file }: { layout: Layout; live: LiveCharts; file: string }): Problem[] {
  const charts = layout.figures.flatMap((figure) => chartsOf(figure).map((part) => ({ figure, part })));
  const still = charts.filter(({ part }) => !live.has(part)).map(({ figure, part }): Problem => ({
    severity: "warning", code: "chart-size", place: { file: figure.source.notebook, cell: figure.source.cell },
    message: `the chart \`${figure.key}\` is too big to be interactive in the page (${Math.ceil(JSON.stringify(part.vega).length / 1000)} kB)`, hint: "aggregate or sample its table before showing it",
  }));
  const size = Buffer.byteLength(page);
  if (size <= pageLimit) return still;
  return [...still, { severity: "warning", code: "page-size", place: { file }, message: `the page has ${(size / 1e6).toFixed(1)} MB; pages above 2 MB are hard to send`, hint: "show fewer points in its charts, or fewer pictures" }];
}
