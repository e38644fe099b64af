/**
 * The look of charts. Every colour is a pair: charts are drawn in the light one, and style rules put the dark one in
 * its place, so that one drawing serves both schemes, in the page and as a file of its own.
 */
type ColourPair = { readonly light: string; readonly dark: string };

/** Apart for people with protanopia, deuteranopia and tritanopia, in grey too, and at least 3:1 against both papers. */
const categories: readonly ColourPair[] = [
  { light: "#1d5f9e", dark: "#4b95e0" },
  { light: "#dc7a00", dark: "#f79d2e" },
  { light: "#0b4a3b", dark: "#a5f0d0" },
  { light: "#d44f8e", dark: "#cf5fae" },
  { light: "#3f1a6b", dark: "#c5b3ff" },
  { light: "#6f7a00", dark: "#efe98a" },
  { light: "#75777c", dark: "#808a98" },
];

const ink = {
  strong: { light: "#1f2328", dark: "#e6e8eb" },
  text: { light: "#4b5563", dark: "#b4bcc8" },
  line: { light: "#9aa3af", dark: "#5c6670" },
  grid: { light: "#e3e6ea", dark: "#2c323a" },
} satisfies Record<string, ColourPair>;

export const paper: ColourPair = { light: "#ffffff", dark: "#14171b" };

/** No quotes in it: names of several words may stand without them. */
export const fontStack = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif";

/** Width of a plot that sets none, in pixels: fills the text column of the page. */
export const plotWidth = 620;

const colours = categories.map((pair) => pair.light);

/** Vega-Lite configuration under the spec's own. */
export const chartConfig = {
  aria: false,
  background: "transparent",
  padding: 4,
  font: fontStack,
  view: { continuousWidth: plotWidth, continuousHeight: 300, discreteWidth: { step: 36 }, discreteHeight: { step: 24 }, stroke: "transparent" },
  title: { anchor: "start", fontSize: 14, fontWeight: 600, color: ink.strong.light, subtitleColor: ink.text.light, subtitleFontSize: 12, offset: 12 },
  axis: {
    labelColor: ink.text.light, titleColor: ink.text.light, gridColor: ink.grid.light, domainColor: ink.line.light, tickColor: ink.line.light,
    labelFontSize: 11, titleFontSize: 12, titleFontWeight: 500, labelPadding: 4, titlePadding: 8, tickSize: 4,
  },
  axisXTemporal: { grid: false },
  axisYQuantitative: { tickCount: 6, domain: false, ticks: false },
  legend: { orient: "top", labelColor: ink.text.light, titleColor: ink.text.light, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, symbolStrokeWidth: 2.5, symbolSize: 90 },
  header: { labelColor: ink.text.light, titleColor: ink.text.light, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
  mark: { color: categories[0]?.light, tooltip: true },
  line: { strokeWidth: 2, strokeJoin: "round" },
  area: { fillOpacity: 0.35 },
  point: { size: 36, strokeWidth: 1.5 },
  circle: { size: 28 },
  rule: { color: ink.text.light },
  text: { color: ink.strong.light, fontSize: 11 },
  range: { category: colours, heatmap: { scheme: "viridis" }, ramp: { scheme: "viridis" }, diverging: { scheme: "purpleorange" } },
} as const;

/** What an author writes for plain black, which would vanish on dark paper. */
const blacks = ["black", "#000", "#000000"];

/**
 * Style rules that give a drawn chart its dark colours.
 * @param scope CSS selector in front of each rule, such as `.chart `; empty for a file of its own
 */
export function darkChartRules(scope: string): string {
  const pairs = [...categories, ...Object.values(ink), ...blacks.map((light) => ({ light, dark: ink.strong.dark }))];
  return pairs
    .flatMap(({ light, dark }) => ["fill", "stroke"].map((name) => `${scope}[${name}="${light}"]{${name}:${dark}}`))
    .join("");
}
