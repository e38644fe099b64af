/**
 * What all charts share. Colours are not set here: the report's own palette is safe for people with any kind of colour
 * vision and changes with the reader's light or dark scheme. No chart tells things apart by colour alone: shape, dash,
 * kind of mark or place does it too, for a print in grey.
 */
import type { TopLevelSpec } from "vega-lite";
import { round } from "./stats.js";

/** Of a plot without its axis, in pixels: together they fill a column of text and are still legible on a telephone. */
export const width = 600;

export const schema = "https://vega.github.io/schema/vega-lite/v5.json";

/** Larger letters than Vega-Lite's own, legends above the plot. */
export const config: NonNullable<TopLevelSpec["config"]> = {
  axis: { labelFontSize: 13, titleFontSize: 13, titleFontWeight: "normal", gridOpacity: 0.5, labelFlush: false },
  legend: { orient: "top", labelFontSize: 13, titleFontSize: 13, symbolSize: 90, title: null },
  header: { labelFontSize: 14, labelFontWeight: "bold" },
};

/** The axis under a plot that long names have made narrow: a title in its middle would stick out to the right on a telephone. */
export const besideLongNames = { titleAnchor: "end", tickCount: 6 } as const;

/** Calendar days are drawn as such: in any time zone the same day. */
export const dayAxis = { field: "date", type: "temporal", timeUnit: "utcyearmonthdate", scale: { type: "utc" }, title: null } as const;

export const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Two decimals: what a chart can show, and no more bytes than that. */
export function short(value: number): number {
  return round(value, 2);
}

/** The name of a place above the left end of its panel. */
export const placeHeader = { title: null, labelOrient: "top", labelAnchor: "start" } as const;
