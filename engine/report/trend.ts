import { drawSparkline } from "../observe/sparkline.js";
import { printNumber } from "./escape.js";
import { escapeHtml } from "./html.js";

/** The values that a metric had, the oldest first, with the present one at the end. */
export type Trend = { readonly metric: string; readonly values: readonly number[] };

/** A trend as small bars of text; nothing where there is only one value. */
export function trendText({ values }: Trend): string {
  return drawSparkline(values.slice(-mostBars));
}

const mostBars = 16;
const height = 16;
const edge = 2.5;
const stepWidth = 6;

/** A trend as a small inline SVG, with a text alternative; nothing where there is only one value. */
export function trendSvg(trend: Trend): string {
  const { metric, values } = trend;
  if (values.length < 2) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const width = Math.round((values.length - 1) * stepWidth + 2 * edge);
  const points = values.map((value, index) => ({
    x: round(edge + index * stepWidth),
    y: round(most === least ? height / 2 : height - edge - ((value - least) / (most - least)) * (height - 2 * edge)),
  }));
  const line = points.map(({ x, y }) => `${x},${y}`).join(" ");
  const last = points.at(-1);
  const dot = last === undefined ? "" : `<circle cx="${last.x}" cy="${last.y}" r="2.2"/>`;
  const label = escapeHtml(`${metric}: ${values.length} values, from ${printNumber(values[0] ?? 0)} to ${printNumber(values.at(-1) ?? 0)}, between ${printNumber(least)} and ${printNumber(most)}`);
  return `<svg class="trend" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${label}</title><polyline points="${line}"/>${dot}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
