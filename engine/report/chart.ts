import type { JsonValue, Place, Problem } from "../project/types.js";
import { checkChart } from "./chart-check.js";
import { plotChart, type Plot, type PlotChart } from "./plot.js";
import { finishSvg } from "./svg.js";

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
  const made = await plot(spec);
  const all = [...found, ...made.problems.map((problem): Problem => ({ ...problem, place }))];
  return { ...finish(made, id), vega: made.vega, problems: all };
}

type Finished = Pick<DrawnChart, "svg" | "inlineSvg">;

/** Whoever draws for many runs gives the same plot again and again. */
const finished = new WeakMap<Plot, Map<string, Finished>>();

function finish(plot: Plot, id: string): Finished {
  const known = finished.get(plot) ?? new Map<string, Finished>();
  finished.set(plot, known);
  const { svg } = plot;
  const found = known.get(id) ?? (svg === "" ? { svg: "", inlineSvg: "" } : finishSvg(svg, id));
  known.set(id, found);
  return found;
}
