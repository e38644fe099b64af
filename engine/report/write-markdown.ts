import { posix } from "node:path";
import { altOf, type FigurePart } from "./figure.js";
import type { Layout, NumberedFigure } from "./layout.js";
import { trendText, type Trend } from "./trend.js";

/**
 * A report as one Markdown file that reads well on GitHub: pictures with their captions, anchors for the references.
 * @param layout the report's text and figures
 * @param paths project paths of the Markdown file and of the images folder
 */
export function writeMarkdown(layout: Layout, paths: { readonly markdown: string; readonly images: string; readonly title: string }): string {
  const text = joinPieces(layout, { block: (block) => (typeof block === "string" ? block : figureMarkdown(block, paths)), trend: trendText });
  return withTitle(text, paths.title);
}

/** The pieces as one text; blocks stand between blank lines. */
export function joinPieces(layout: Layout, write: { readonly block: (block: string | NumberedFigure) => string; readonly trend: (trend: Trend) => string }): string {
  let text = "";
  let isAfterBlock = false;
  for (const piece of layout.pieces) {
    if (typeof piece === "string") {
      text += isAfterBlock ? `\n\n${piece.replace(/^\s*\n|^[ \t]+/, "")}` : piece;
      isAfterBlock = false;
    } else if ("trend" in piece) {
      text += write.trend(piece.trend);
      isAfterBlock = false;
    } else if ("link" in piece) {
      text += `[${piece.link.name}](#${piece.link.anchor})`;
      isAfterBlock = false;
    } else {
      text = `${text.trimEnd()}\n\n${write.block(piece.block)}`;
      isAfterBlock = true;
    }
  }
  return `${text.trim()}\n`;
}

/** The report's title heads its text, where the template doesn't begin with a heading of its own. */
export function withTitle(text: string, title: string): string {
  return /^#\s/.test(text) ? text : `# ${title}\n\n${text}`;
}

function figureMarkdown(figure: NumberedFigure, paths: { markdown: string; images: string }): string {
  const parts = figure.parts.map((part) => partMarkdown(part, altOf(figure), (file) => relativeLink(paths.markdown, `${paths.images}/${file}`)));
  if (figure.name === null) return parts.join("\n\n");
  const anchor = `<a id="${figure.anchor}"></a>`;
  const source = `[Source](${relativeLink(paths.markdown, figure.source.notebook)})`;
  const caption = [`**${figure.name}.**`, captionOf(figure), source].filter((text) => text !== "").join(" ");
  return [anchor, ...(figure.kind === "table" ? [caption, ...parts] : [...parts, caption])].join("\n\n");
}

function partMarkdown(part: FigurePart, alt: string, link: (file: string) => string): string {
  switch (part.kind) {
    case "chart":
    case "image":
      return `![${alt.replace(/\s+/g, " ").replace(/[\\[\]]/g, "\\$&")}](${link(part.file)})`;
    case "text":
      return fencedText(part.text);
    default:
      return part.text.trim();
  }
}

/** The author's caption on one line, with a full stop where it ends without a mark. */
export function captionOf(figure: NumberedFigure): string {
  const caption = (figure.source.caption ?? "").replace(/\s+/g, " ").trim();
  return caption === "" || /[.!?:…)]$/.test(caption) ? caption : `${caption}.`;
}

/** Plain text as a code block that nothing in it can end. */
export function fencedText(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** A link from one project file to another. */
export function relativeLink(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to).split("/").map(encodeURIComponent).join("/").replace(/%40/g, "@");
}
