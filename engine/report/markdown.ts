import type { Marked, MarkedExtension, Token, Tokens } from "marked";
import { isSafeLink } from "./chart-check.js";
import { escapeHtml } from "./html.js";

export type Heading = { readonly level: number; readonly id: string; readonly html: string };

export type RenderedMarkdown = { readonly html: string; readonly headings: readonly Heading[] };

/**
 * GitHub's Markdown with footnotes and `> [!NOTE]` call-outs as HTML. Headings get ids, tables scroll in a box of their
 * own, and a table inside `<div class="key-figures">` becomes a row of cards. HTML in the text is kept: it is the author's.
 * @param text Markdown
 * @param options `ids` that the page has already, to which those of the headings are added; `footnotes` begins the ids of footnotes
 */
export async function renderMarkdown(text: string, options: { readonly ids?: Set<string>; readonly footnotes?: string } = {}): Promise<RenderedMarkdown> {
  const headings: Heading[] = [];
  const marked = await createMarked(options.footnotes ?? "footnote-");
  marked.use(reportExtension(headings, options.ids ?? new Set()));
  return { html: await marked.parse(text), headings };
}

/** A caption or another piece of a line as HTML. */
export async function renderInline(text: string): Promise<string> {
  const marked = await createMarked("inline-");
  marked.use({ renderer: { link: safeLink } });
  return marked.parseInline(text);
}

async function createMarked(prefixId: string): Promise<Marked> {
  const [{ Marked }, { default: markedFootnote }, { default: markedAlert }] = await Promise.all([import("marked"), import("marked-footnote"), import("marked-alert")]);
  return new Marked({ gfm: true }, markedAlert(), markedFootnote({ prefixId, sectionClass: "footnotes", headingClass: "sr-only" }));
}

function reportExtension(headings: Heading[], ids: Set<string>): MarkedExtension {
  return {
    renderer: {
      heading({ tokens, depth, text }) {
        const html = this.parser.parseInline(tokens);
        const id = uniqueId(slug(plainText(html) || text), ids);
        headings.push({ level: depth, id, html: html.replace(/<\/?a\b[^>]*>/g, "") });
        return `<h${depth} id="${escapeHtml(id)}">${html}</h${depth}>\n`;
      },
      table(token) {
        return isKeyFigures(token) ? keyFigures(token, (tokens) => this.parser.parseInline(tokens)) : false;
      },
      link: safeLink,
    },
    hooks: {
      processAllTokens: (tokens) => markKeyFigures(tokens),
      postprocess: (html) => html.replace(/<table>/g, '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>').replace(/<\/table>/g, "</table></div>").replace(/<pre>/g, '<pre tabindex="0">'),
    },
  };
}

/** A link whose address would run a script is its text alone. */
function safeLink(this: { parser: { parseInline(tokens: Token[]): string } }, { href, tokens }: Tokens.Link): string | false {
  return isSafeLink(href) ? false : this.parser.parseInline(tokens);
}

const keyFiguresMark = Symbol("key figures");

function isKeyFigures(token: object): boolean {
  return Reflect.get(token, keyFiguresMark) === true;
}

/** Marks the tables that stand alone between `<div class="key-figures">` and `</div>`. */
function markKeyFigures(tokens: Token[]): Token[] {
  const spoken = tokens.filter((token) => token.type !== "space");
  spoken.forEach((token, index) => {
    const before = spoken[index - 1];
    if (token.type === "table" && before?.type === "html" && /^\s*<div class="key-figures">\s*$/.test(before.raw)) Reflect.set(token, keyFiguresMark, true);
  });
  return tokens;
}

/** Header cells name the figures, the first row holds them, further rows are notes. */
function keyFigures(token: { header: Tokens.TableCell[]; rows: Tokens.TableCell[][] }, inline: (tokens: Token[]) => string): string {
  const cards = token.header.map((head, column) => {
    const [value, ...notes] = token.rows.map((row) => inline(row[column]?.tokens ?? []));
    const lines = notes.filter((note) => note !== "").map((note) => `<dd class="note">${note}</dd>`);
    return `<div><dt>${inline(head.tokens)}</dt><dd class="value">${value ?? ""}</dd>${lines.join("")}</div>`;
  });
  return `<dl>${cards.join("")}</dl>\n`;
}

/** The id that GitHub gives to a heading. */
function slug(text: string): string {
  return text.toLowerCase().trim().replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").replace(/\s/g, "-") || "section";
}

function uniqueId(id: string, ids: Set<string>): string {
  let candidate = id;
  for (let count = 1; ids.has(candidate); count += 1) candidate = `${id}-${count}`;
  ids.add(candidate);
  return candidate;
}

function plainText(html: string): string {
  return html.replace(/<[^>]*>/g, "").replace(/&amp;/g, "&").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&#39;/g, "'");
}
