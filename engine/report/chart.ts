import type { JsonValue, Place, Problem } from "../project/types.js";
import { checkChart } from "./chart-check.js";
import { plotChart, type PlotChart } from "./plot.js";
import { finishInlineSvg, finishSvgFile } from "./svg.js";

export type DrawnChart = {
  /** A file of its own: own paper, light and dark by the reader's setting. Empty where there is an error. */
  readonly svg: string;
  /** The same drawing for a page that has paper and dark rules itself. */
  readonly inlineSvg: string;
  /** Compiled Vega, for the interactive chart of the page; null where there is an error. */
  readonly vega: JsonValue | null;
  readonly problems: readonly Problem[];
};

/**
 * Draws a Vega-Lite chart, with the same bytes in every process, time zone and machine.
 * @param spec Vega-Lite, version 3 or later, with its data inside
 * @param options `id` begins the ids inside the SVG, so that several charts can stand in one page; `place` of the cell that
 * shows it, for messages; `plot` where plots are made or kept elsewhere
 */
export async function drawChart(spec: JsonValue, options: { readonly id: string; readonly place: Place; readonly plot?: PlotChart | undefined }): Promise<DrawnChart> {
  const { id, place, plot = plotChart } = options;
  const found = checkChart(spec, place);
  if (found.some((problem) => problem.severity === "error")) return { svg: "", inlineSvg: "", vega: null, problems: found };
  const { svg, vega, problems } = await plot(spec);
  const all = [...found, ...problems.map((problem): Problem => ({ ...problem, place }))];
  return { svg: svg === "" ? "" : finishSvgFile(svg, id), inlineSvg: svg === "" ? "" : finishInlineSvg(svg, id), vega, problems: all };
}
