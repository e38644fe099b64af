import { posix } from "node:path";
import type { JsonValue, Problem } from "../project/types.js";
import { hintName } from "../project/suggest-name.js";
import { makeFigure, type EmbeddedOutput, type Figure } from "./figure.js";
import { markdownTable } from "./markdown-table.js";
import type { PlotChart } from "./plot.js";
import { RenderError } from "./render-error.js";
import type { PlacedReference } from "./template.js";
import type { Trend } from "./trend.js";

/** A figure with its place in the report's own counting; null for text, which isn't counted. */
export type NumberedFigure = Figure & { readonly name: string | null };

/** A report's text with its figures made and numbered, before it becomes Markdown or a page. */
export type Layout = {
  readonly pieces: readonly (string | { readonly block: NumberedFigure } | { readonly block: string } | { readonly link: NumberedFigure } | { readonly trend: Trend })[];
  readonly figures: readonly NumberedFigure[];
  readonly problems: readonly Problem[];
};

/**
 * Puts figures and tables in the places that the template left for them, and numbers them in the order they appear in.
 * @param rendered pieces of Markdown with references between them; `data` is project path -> data of the declared inputs
 * @param from `embedded`: `label` or `label@dataset` -> what the cell displayed; `plot`: where plots are made or kept elsewhere
 * @throws RenderError with every label and path that isn't there
 */
export async function layOut(
  rendered: { readonly pieces: readonly (string | PlacedReference)[]; readonly data: ReadonlyMap<string, JsonValue> },
  from: LayoutSources,
): Promise<Layout> {
  const { embedded, plot } = from;
  const problems: Problem[] = [];
  const references = rendered.pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece]));
  const figures = await makeFigures(references, { embedded, problems, plot });
  const numbered = new Map(numberFigures(figures).map((figure) => [figure.key, figure]));
  const pieces = rendered.pieces.map((piece) => (typeof piece === "string" ? piece : place(piece, { ...from, numbered, data: rendered.data, problems })));
  const errors = problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new RenderError(errors);
  return { pieces, figures: [...numbered.values()], problems };
}

type LayoutSources = {
  readonly embedded: ReadonlyMap<string, EmbeddedOutput>;
  readonly plot?: PlotChart | undefined;
  /** Metric as the text names it -> the values that it had, the present one last. */
  readonly trends?: Readonly<Record<string, readonly number[]>>;
  /** Names of metrics that the text may use -> present values. */
  readonly metrics?: () => Readonly<Record<string, number>>;
};

async function makeFigures(references: readonly PlacedReference[], { embedded, problems, plot }: { embedded: ReadonlyMap<string, EmbeddedOutput>; problems: Problem[]; plot: PlotChart | undefined }): Promise<Figure[]> {
  const making = new Map<string, Promise<Figure>>();
  for (const reference of references) {
    if (reference.kind !== "embed") continue;
    const key = keyOf(reference);
    const source = embedded.get(key);
    if (source === undefined) {
      problems.push(unknown(reference.place, `there is no label \`${key}\``, hintName(key, embedded.keys())));
    } else if (making.has(key)) {
      problems.push({ severity: "error", code: "duplicate-embed", place: reference.place, message: `\`${key}\` is embedded a second time`, hint: `refer to the first with {% ref "${reference.label}" %}` });
    } else {
      making.set(key, makeFigure(key, source, plot));
    }
  }
  const figures = await Promise.all(making.values());
  problems.push(...figures.flatMap((figure) => figure.problems));
  return figures;
}

function numberFigures(figures: readonly Figure[]): NumberedFigure[] {
  const counts = { figure: 0, table: 0 };
  return figures.map((figure) => {
    if (figure.kind === "text") return { ...figure, name: null };
    counts[figure.kind] += 1;
    return { ...figure, name: `${figure.kind === "figure" ? "Figure" : "Table"} ${counts[figure.kind]}` };
  });
}

function place(reference: PlacedReference, context: LayoutSources & {
  numbered: ReadonlyMap<string, NumberedFigure>; data: ReadonlyMap<string, JsonValue>; problems: Problem[];
}): Layout["pieces"][number] {
  const { numbered, data, embedded, problems } = context;
  if (reference.kind === "trend") return trendOf(reference, context);
  if (reference.kind === "table") return { block: tableOf(reference, data, problems) };
  const figure = numbered.get(keyOf(reference));
  if (reference.kind === "embed") return figure === undefined ? "" : { block: figure };
  if (figure !== undefined && figure.name !== null) return { link: figure };
  const isLabel = embedded.has(keyOf(reference));
  if (figure === undefined) {
    const message = isLabel ? `\`${keyOf(reference)}\` is not embedded in this report` : `there is no label \`${keyOf(reference)}\``;
    problems.push(unknown(reference.place, message, hintName(keyOf(reference), numbered.keys())));
  } else {
    problems.push(unknown(reference.place, `\`${figure.key}\` is text, neither a figure nor a table: it has no number`));
  }
  return "";
}

function trendOf({ metric, place: at }: PlacedReference & { kind: "trend" }, { trends = {}, metrics, problems }: LayoutSources & { problems: Problem[] }): Layout["pieces"][number] {
  const values = Object.hasOwn(trends, metric) ? trends[metric] : undefined;
  if (values === undefined) problems.push(unknown(at, `there is no metric \`${metric}\``, hintName(metric, Object.keys(metrics?.() ?? {})) ?? "metrics are numbers of JSON files that a stage names under `metrics`, or of the report's inputs"));
  return { trend: { metric, values: values ?? [] } };
}

function tableOf(reference: PlacedReference & { kind: "table" }, data: ReadonlyMap<string, JsonValue>, problems: Problem[]): string {
  const path = posix.normalize(reference.path);
  const rows = data.get(path);
  if (rows === undefined) {
    problems.push(unknown(reference.place, `\`${reference.path}\` is not among the report's inputs`, hintName(path, data.keys()) ?? `declare it: inputs: { table: ${path} }`));
    return "";
  }
  try {
    return markdownTable(rows, { ...reference, path });
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    problems.push(...error.problems);
    return "";
  }
}

function keyOf({ label, dataset }: { readonly label: string; readonly dataset: string | null }): string {
  return dataset === null ? label : `${label}@${dataset}`;
}

function unknown(place: Problem["place"], message: string, hint?: string): Problem {
  return { severity: "error", code: "unknown-name", place, message, ...(hint === undefined ? {} : { hint }) };
}
