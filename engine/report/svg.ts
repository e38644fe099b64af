import { darkChartRules, paper } from "./chart-theme.js";

/** A plot as a file of its own (paper behind it, dark colours where the reader's system is dark), and for a page. */
export function finishSvg(svg: string, id: string): { readonly svg: string; readonly inlineSvg: string } {
  const finished = finishIds(svg, id);
  return { svg: makeFile(finished), inlineSvg: makeInline(finished) };
}

function makeFile(svg: string): string {
  const style = `<style>@media (prefers-color-scheme:dark){.paper{fill:${paper.dark}}${darkChartRules("")}}</style>`;
  const sheet = `<rect class="paper" width="100%" height="100%" fill="${paper.light}"/>`;
  return `${svg.replace(/^(<svg[^>]*>)/, `$1${style}${sheet}`)}\n`;
}

/** The page brings paper, dark rules and the text alternative. Style attributes are against its security policy. */
function makeInline(svg: string): string {
  return insideTags(svg, (tag) => tag.replace(/ style="[^"]*"/, ""))
    .replace(/^<svg([^>]*)>/, (_, attributes: string) => `<svg${attributes.replace(/ (?:xmlns(?::xlink)?|version)="[^"]*"/g, "")} focusable="false">`);
}

/** Ids begin with the chart's own, coordinates have two places, and what isn't seen is left out. */
function finishIds(svg: string, id: string): string {
  const prefix = id.replace(/[^A-Za-z0-9_-]/g, "-");
  const seen = svg.replace(/<text\b[^>]* opacity="0"[^>]*>[^<]*<\/text>/g, "").replace(/<path\b[^>]* display="none"[^>]*\/>/g, "");
  return insideTags(seen, (tag) =>
    tag
      .replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, "")
      .replace(/ id="([^"]*)"/g, ` id="${prefix}-$1"`)
      .replace(/url\(#([^)]*)\)/g, `url(#${prefix}-$1)`)
      .replace(/ (xlink:href|href)="#([^"]*)"/g, ` $1="#${prefix}-$2"`)
      .replace(/ (d|transform|x|y|x1|x2|y1|y2|width|height|points)="([^"]*)"/g, (_, name: string, value: string) => ` ${name}="${roundNumbers(value)}"`),
  );
}

function insideTags(svg: string, change: (tag: string) => string): string {
  return svg.replace(/<[^<>]+>/g, change);
}

function roundNumbers(text: string): string {
  return text.replace(/-?\d*\.\d{3,}(?:e[-+]?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)) + 0));
}
