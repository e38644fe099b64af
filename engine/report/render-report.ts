import type { Report, Problem } from "../project/types.js";
import type { EmbeddedOutput } from "./figure.js";
import { layOut, type NumberedFigure } from "./layout.js";
import type { PlotChart } from "./plot.js";
import { renderTemplate, type QuotedValues } from "./template.js";
import { writeMarkdown } from "./write-markdown.js";

/** Project folder of the notebooks' pages, one `<task>.html` each. */
export const notebookPages = "reports/notebooks";

export type ReportContext = QuotedValues & {
  readonly report: Report;
  /** Project path of a partial -> its text. */
  readonly partials: ReadonlyMap<string, string>;
  /** `label` or `label@dataset` -> what the cell displayed, and where. */
  readonly embedded: ReadonlyMap<string, EmbeddedOutput>;
  /** Metric as the text names it -> the values that it had, the present one last; none where absent. */
  readonly trends?: Readonly<Record<string, readonly number[]>>;
  /** Names of metrics that the text may use -> present values. */
  readonly metrics?: () => Readonly<Record<string, number>>;
  /** Text of the project's own templates/page.html; null: the frame that comes with Stitchbook. */
  readonly frame: string | null;
  /** Where plots are made or kept elsewhere. */
  readonly plot?: PlotChart;
};

/**
 * Renders a report: its Markdown, its page, and the pictures of its charts. The same context gives the same bytes.
 * @returns project path -> content of every file of the report; warnings
 * @throws RenderError with every name, label and value that is missing, and every chart that can't be drawn, with places
 */
export async function renderReport(context: ReportContext): Promise<{ readonly files: ReadonlyMap<string, string | Uint8Array>; readonly problems: readonly Problem[] }> {
  const { report, embedded } = context;
  const { markdown, html, images } = report.outputs;
  const layout = await layOut(await renderTemplate(context), { ...context, embedded });
  const files = new Map<string, string | Uint8Array>([[markdown, writeMarkdown(layout, { markdown, images, title: report.title })]]);
  for (const [name, content] of layout.figures.flatMap(pictures)) files.set(`${images}/${name}`, content);
  if (html === null) return { files, problems: layout.problems };
  const { writePage } = await import("./write-page.js");
  const frame = context.frame === null ? null : { text: context.frame, file: "templates/page.html" };
  const page = await writePage(layout, { title: report.title, file: html, notebookPages, frame, footer: null });
  files.set(html, page.html);
  return { files, problems: [...layout.problems, ...page.problems] };
}

function pictures(figure: NumberedFigure): [string, string | Uint8Array][] {
  return figure.parts.flatMap((part): [string, string | Uint8Array][] =>
    part.kind === "chart" ? [[part.file, part.svg]] : part.kind === "image" ? [[part.file, part.content]] : [],
  );
}
