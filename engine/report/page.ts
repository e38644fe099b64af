import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { JsonValue, Place } from "../project/types.js";
import { browserRuntime, runtimeSizeFor } from "./browser-runtime.js";
import { escapeHtml, scriptJson } from "./html.js";
import type { Heading } from "./markdown.js";
import { findPackageFile } from "./package-file.js";
import { pageStyle, savedChartLook } from "./page-style.js";
import { RenderError } from "./render-error.js";

export type PageContent = {
  readonly title: string;
  /** What stands between title and footer. */
  readonly body: string;
  readonly headings: readonly Heading[];
  /** Compiled Vega of the charts that the body holds as `<div class="plot" data-chart="anchor">`; none: no script. */
  readonly charts: readonly { readonly anchor: string; readonly vega: JsonValue }[];
  /** HTML below the text; null: none. */
  readonly footer: string | null;
  /** A frame of the project's own (LiquidJS), and its place for messages; null: the one that comes with Stitchbook. */
  readonly frame: { readonly text: string; readonly file: string } | null;
};

/**
 * One HTML file that needs nothing else: style, script and data inside, and a Content-Security-Policy under which only
 * the frame's own styles and scripts run, by their hashes. Nothing of the text can run.
 * @throws RenderError where the frame has a mistake
 */
export async function renderPage(content: PageContent): Promise<string> {
  const mark = (name: string) => `\u0000${name}\u0000`;
  const { heading, body } = splitHeading(content.body, content.title);
  const contents = tableOfContents(content.headings);
  const specs = content.charts.map(({ vega }) => vega);
  const script = specs.length === 0 ? "" : `<script>${await browserRuntime(runtimeSizeFor(specs))}</script>`;
  const frame = await renderFrame(content.frame, {
    title: escapeHtml(content.title), policy: mark("policy"), style: `<style>${pageStyle()}</style>`, script,
    heading: mark("heading"), body: mark("body"), data: mark("data"), contents: contents === "" ? null : mark("contents"), footer: content.footer === null ? null : mark("footer"),
  });
  const texts: Readonly<Record<string, string>> = {
    policy: securityPolicy(frame), heading, body, contents, footer: content.footer ?? "", data: chartData(content.charts),
  };
   
  return `${frame.replace(/\u0000(\w+)\u0000/g, (_, name: string) => texts[name] ?? "").replace(/\n{2,}/g, "\n").trim()}\n`;
}

/** The text's own first heading, or the title. */
function splitHeading(body: string, title: string): { heading: string; body: string } {
  const found = /^\s*(<h1\b[^>]*>[\s\S]*?<\/h1>)/.exec(body);
  if (found === null) return { heading: `<h1>${escapeHtml(title)}</h1>`, body };
  return { heading: found[1] ?? "", body: body.slice(found[0].length) };
}

/** Links to the sections, and to the parts of each. */
function tableOfContents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.filter(({ level }) => level === 2).length < 2) return "";
  const link = ({ id, html }: Heading) => `<a href="#${escapeHtml(encodeURIComponent(id))}">${html}</a>`;
  const item = (heading: Heading, parts: string) => `<li>${link(heading)}${parts === "" ? "" : `<ol>${parts}</ol>`}</li>`;
  const sections: { heading: Heading; parts: string }[] = [];
  for (const heading of shown) {
    const section = sections.at(-1);
    if (heading.level === 2 || section === undefined) sections.push({ heading, parts: "" });
    else section.parts += item(heading, "");
  }
  return `<ol>${sections.map(({ heading, parts }) => item(heading, parts)).join("")}</ol>`;
}

function chartData(charts: PageContent["charts"]): string {
  if (charts.length === 0) return "";
  const blocks = charts.map(({ anchor, vega }) => `<script type="application/json" id="spec-${escapeHtml(anchor)}">${scriptJson(vega)}</script>`);
  return [`<script type="application/json" id="chart-look">${scriptJson(savedChartLook)}</script>`, ...blocks].join("\n");
}

async function renderFrame(own: PageContent["frame"], names: Readonly<Record<string, string | null>>): Promise<string> {
  const { text, file } = own ?? (await defaultFrame());
  const { createTemplateLanguage } = await import("../project/templates/template-language.js");
  const language = createTemplateLanguage({ file, body: text, bodyLineOffset: 0, partials: new Map() });
  const { templates, problems } = language.parse(file, text.replace(/\r\n?/g, "\n"));
  if (problems.length > 0) throw new RenderError(problems);
  const start: Place = { file, line: 1, column: 1 };
  try {
    return String(await language.liquid.render(templates, { ...names }));
  } catch (error) {
    throw new RenderError(language.explain(error, start));
  }
}

let loadedFrame: Promise<string> | null = null;

async function defaultFrame(): Promise<{ text: string; file: string }> {
  const file = findPackageFile("page.html", "templates/page.html");
  if (file === null) throw new Error("Internal error: the frame of pages, templates/page.html, is not there");
  loadedFrame ??= readFile(file, "utf8");
  return { text: await loadedFrame, file: "templates/page.html" };
}

/** Allows the frame's inline styles and scripts by their hashes, pictures inside the file, and nothing else. */
function securityPolicy(frame: string): string {
  const hashes = (name: string) => [...frame.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))].map((match) => `'sha256-${createHash("sha256").update(match[1] ?? "").digest("base64")}'`);
  const rules = ["default-src 'none'", "img-src data:", allow("style-src", hashes("style")), allow("script-src", hashes("script")), "base-uri 'none'", "form-action 'none'"];
  return `<meta http-equiv="Content-Security-Policy" content="${rules.join("; ")}">`;
}

function allow(rule: string, hashes: readonly string[]): string {
  return `${rule} ${hashes.length === 0 ? "'none'" : [...new Set(hashes)].join(" ")}`;
}
