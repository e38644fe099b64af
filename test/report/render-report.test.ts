import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { RenderError } from "../../engine/report/render-error.js";
import { renderReport, type ReportContext } from "../../engine/report/render-report.js";
import type { Problem } from "../../engine/project/types.js";
import { chartOutput, embed, embedded, lines, report, sampleReport, tableOutput } from "./sample-report.js";

const removers: (() => void)[] = [];
afterEach(() => removers.splice(0).forEach((remove) => remove()));
function sample(changes: Partial<ReportContext> = {}): ReportContext {
  const { context, remove } = sampleReport(changes);
  removers.push(remove);
  return context;
}
const withBody = (body: string, changes: Partial<ReportContext> = {}) => sample({ report: { ...report, body }, ...changes });
const text = (files: ReadonlyMap<string, string | Uint8Array>, path: string) => String(files.get(path));
async function problemsOf(context: ReportContext): Promise<readonly Problem[]> {
  try {
    return (await renderReport(context)).problems;
  } catch (error) {
    if (error instanceof RenderError) return error.problems;
    throw error;
  }
}
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("a rendered report", () => {
  it("is Markdown, one page and one picture a chart, the same bytes every time", async () => {
    const context = sample();
    const first = await renderReport(context);
    expect([...first.files.keys()]).toEqual(["reports/summary.md", "reports/images/forecast.svg", "reports/images/lines.svg", "reports/images/scatter.svg", "reports/images/errors.svg", "reports/summary.html"]);
    const again = await renderReport(sample());
    for (const [path, content] of first.files) expect(again.files.get(path) === content, path).toBe(true);
    expect(first.problems).toEqual([]);
    expect(text(first.files, "reports/summary.html").length).toBeLessThan(700_000);
  });

  it("numbers figures and tables in the order of the text, and refers to them before they come", async () => {
    const { files } = await renderReport(withBody('See {% ref "errors" %}, {% ref "coefficients" %}.\n\n{% embed "lines" %}\n{% embed "coefficients" %}\ntext {% embed "errors" %} more\n'));
    const markdown = text(files, "reports/summary.md");
    expect(markdown).toContain("See [Figure 2](#figure-errors), [Table 1](#table-coefficients).");
    expect(markdown).toContain('<a id="figure-lines"></a>\n\n![Line chart of two places](images/lines.svg)\n\n**Figure 1.** Observed maximum temperature, November and December 2015. [Source](../notebooks/05-reporting.ipynb)\n\n<a id="table-coefficients"></a>\n\n**Table 1.** Coefficients of the linear model. [Source](../notebooks/04-training.ipynb)\n\n| term |');
    expect(markdown).toContain("\n\ntext\n\n<a id=\"figure-errors\"></a>");
    expect(markdown).not.toContain("5 rows, 4 columns");
    const html = text(files, "reports/summary.html");
    expect(html).toContain('<a href="#figure-errors">Figure 2</a>');
    expect(html).toMatch(/<figure class="figure" id="figure-errors">[\s\S]*<b>Figure 2\.<\/b> Error by month and place\. <a href="notebooks\/reporting\.html#errors">Notebook<\/a>/);
    expect(html).toMatch(/<figure class="table" id="table-coefficients">[\s\S]*notebooks\/training\.html#coefficients/);
  });

  it("keeps apart the same label of several data sets", async () => {
    const both = new Map(["new-york", "seattle"].map((name) => [`lines@${name}`, embed("lines", [chartOutput(lines)], { alt: name, task: `plot@${name}` })]));
    const { files } = await renderReport(withBody('{% embed "lines", dataset: "seattle" %}{% embed "lines", dataset: "new-york" %}{% ref "lines", dataset: "new-york" %}', { embedded: both }));
    expect([...files.keys()]).toEqual(["reports/summary.md", "reports/images/lines@seattle.svg", "reports/images/lines@new-york.svg", "reports/summary.html"]);
    expect(text(files, "reports/summary.md")).toContain("[Figure 2](#figure-lines-new-york)");
    expect(text(files, "reports/summary.md")).toContain("![seattle](images/lines@seattle.svg)");
    expect(text(files, "reports/summary.html")).toContain('href="notebooks/plot@seattle.html#lines"');
  });

  it("takes pictures, several charts of a cell, shown Markdown and printed text", async () => {
    const all = new Map([
      ["photo", embed("photo", [{ output_type: "display_data", data: { "image/png": png, "text/plain": "x" }, metadata: {} }])],
      ["two", embed("two", [chartOutput(lines), chartOutput(lines)])],
      ["said", embed("said", [{ output_type: "stream", name: "stdout", text: "a ```` b\n<i>\n" }])],
      ["plain", embed("plain", [{ output_type: "execute_result", execution_count: 1, data: { "text/plain": "42" }, metadata: {} }])],
    ]);
    const { files } = await renderReport(withBody('{% embed "photo" %}{% embed "two" %}{% embed "said" %}{% embed "plain" %}', { embedded: all }));
    expect([...files.keys()].filter((path) => path.includes("images"))).toEqual(["reports/images/photo.png", "reports/images/two.svg", "reports/images/two-2.svg"]);
    expect(Buffer.from(files.get("reports/images/photo.png") ?? "").toString("base64")).toBe(png);
    expect(text(files, "reports/summary.md")).toContain("`````text\na ```` b\n<i>\n`````");
    const html = text(files, "reports/summary.html");
    expect(html).toContain(`<img src="data:image/png;base64,${png}" alt="photo">`);
    expect(html).toContain("&lt;i&gt;");
    expect(new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])).size).toBe([...html.matchAll(/ id="([^"]+)"/g)].length);
  });

  it("says that a shown table leaves rows out", async () => {
    const cut = tableOutput("| a |\n| --- |\n| 1 |\n\n50 rows, 1 column; the first 20 rows. a: number.");
    const { files } = await renderReport(withBody('{% embed "cut" %}', { embedded: new Map([["cut", embed("cut", [cut])]]) }));
    expect(text(files, "reports/summary.md")).toContain("| 1 |\n\n50 rows, 1 column; the first 20 rows.");
  });

  it("lets no value or data become markup, in either form", async () => {
    const evil = '</script><script>alert(1)</script><img src=x onerror=alert(1)>';
    const chart = { data: { values: [{ a: evil, b: 1 }] }, mark: "bar", title: evil, encoding: { x: { field: "a", title: evil }, y: { field: "b", type: "quantitative" } } };
    const { files } = await renderReport(withBody('{{ metrics.name }}\n\n{% embed "evil" %}', { embedded: new Map([["evil", embed("evil", [chartOutput(chart)], { alt: `a ] (x) ${evil}"`, caption: null })]]) }));
    const html = text(files, "reports/summary.html");
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain("<script>alert");
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(text(files, "reports/images/evil.svg")).not.toContain("<script");
    expect(text(files, "reports/summary.md")).toContain("ridge &#124; &#42;x&#42;");
  });

  it("has its title as heading, unless the template has one", async () => {
    expect(text((await renderReport(withBody("text"))).files, "reports/summary.md")).toBe("# Tomorrow's maximum temperature\n\ntext\n");
    const own = await renderReport(withBody("# Own\n\ntext"));
    expect(text(own.files, "reports/summary.md")).toBe("# Own\n\ntext\n");
    expect(text(own.files, "reports/summary.html").match(/<h1/g)).toHaveLength(1);
    const none = await renderReport(withBody("text", { report: { ...report, body: "text", outputs: { ...report.outputs, html: null } } }));
    expect([...none.files.keys()]).toEqual(["reports/summary.md"]);
  });
});

describe("a report that can't be rendered", () => {
  it("names unknown labels, references, paths and columns together, with their places", async () => {
    const found = await problemsOf(withBody('{% embed "forecst" %}\n{% ref "lines" %}\n{% ref "nope" %}\n{% table "data/qualty.csv" %}\n{% table "data/quality.csv", columns: "stage,row" %}\n{% table "model/metrics.json" %}'));
    expect(found.map(({ message, hint, place }) => [place.file, place.line, message, hint])).toEqual([
      ["templates/summary.md", 8, "there is no label `forecst`", "did you mean `forecast`?"],
      ["templates/summary.md", 9, "`lines` is not embedded in this report", undefined],
      ["templates/summary.md", 10, "there is no label `nope`", undefined],
      ["templates/summary.md", 11, "`data/qualty.csv` is not among the report's inputs", "did you mean `data/quality.csv`?"],
      ["templates/summary.md", 12, "`data/quality.csv` has no column `row`", expect.any(String)],
      ["templates/summary.md", 13, "`model/metrics.json` is no table: expected a list of records", undefined],
    ]);
  });

  it("names the cell of a chart that loads something, and of a label that shows nothing", async () => {
    const bad = new Map([["bad", embed("bad", [chartOutput({ data: { url: "http://127.0.0.1/x" }, mark: "point" })])], ["empty", embed("empty", [])]]);
    expect((await problemsOf(withBody('{% embed "bad" %}{% embed "empty" %}', { embedded: bad }))).map(({ code, place }) => [code, place])).toEqual([
      ["chart-address", { file: "notebooks/05-reporting.ipynb", cell: 4 }], ["empty-embed", { file: "notebooks/05-reporting.ipynb", cell: 4 }],
    ]);
  });

  it("embeds a label in a loop, or refers to text", async () => {
    expect(await problemsOf(withBody('{% for q in quality %}{% embed "lines" %}{% endfor %}{% embed "note" %}{% ref "note" %}'))).toMatchObject([{ code: "duplicate-embed" }, { code: "duplicate-embed" }, { message: expect.stringContaining("no number") }]);
  });

  it("has a mistake in the project's own frame", async () => {
    expect(await problemsOf(withBody("x", { frame: "<html>\n{{ bdy }}" }))).toMatchObject([{ place: { file: "templates/page.html", line: 2 } }]);
  });
});

describe("the page of a report", () => {
  it("uses the project's own frame, and allows only the frame's styles and scripts", async () => {
    const { files } = await renderReport(withBody("text <script>evil()</script> <style>p{color:red}</style>", { frame: "<!doctype html>{{ policy }}<style>p{margin:0}</style>{{ style }}<script>own()</script>{{ heading }}{{ body }}" }));
    const html = text(files, "reports/summary.html");
    const policy = /content="(default-src[^"]*)"/.exec(html)?.[1] ?? "";
    expect(policy).toMatch(/^default-src 'none'; img-src data:; style-src 'sha256-[^']+' 'sha256-[^']+'; script-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/);
    expect(policy).not.toMatch(/unsafe|eval/);
  });

  it("leaves the biggest charts still when the page would be too big, and says so", async () => {
    const values = Array.from({ length: 19_000 }, (_, a) => ({ a: a % 50, text: `a rather long text in every row of this table, number ${a}` }));
    const big = { data: { values }, mark: "bar", encoding: { x: { field: "a", type: "quantitative" }, y: { aggregate: "count" } } };
    const { files, problems } = await renderReport(withBody('{% embed "big" %}{% embed "lines" %}', { embedded: new Map([...embedded, ["big", embed("big", [chartOutput(big)])]]) }));
    expect(problems).toMatchObject([{ severity: "warning", code: "chart-size", place: { cell: 4 } }]);
    const html = text(files, "reports/summary.html");
    expect(html.length).toBeLessThan(2_000_000);
    expect([...html.matchAll(/data-chart="([^"]+)"/g)].map((match) => match[1])).toEqual(["figure-lines"]);
  });

  it("lists sections in its contents", async () => {
    const { files } = await renderReport(withBody("## A\n\n### A1\n\n### A2\n\n## B & C\n\n## D\n\n### D1"));
    expect(text(files, "reports/summary.html")).toContain('<ol><li><a href="#a">A</a><ol><li><a href="#a1">A1</a></li><li><a href="#a2">A2</a></li></ol></li><li><a href="#b--c">B &amp; C</a></li><li><a href="#d">D</a><ol><li><a href="#d1">D1</a></li></ol></li></ol>');
    expect(text((await renderReport(withBody("## Only one"))).files, "reports/summary.html")).not.toContain("<nav");
  });

  it("asks for nothing from elsewhere", async () => {
    const html = text((await renderReport(sample())).files, "reports/summary.html");
    const outside = html.replace(/<script[\s\S]*?<\/script>/g, "");
    expect(outside).not.toMatch(/<link|<iframe|src="(?!data:)|@import|url\((?!#)/);
    expect(readFileSync("templates/page.html", "utf8")).toContain("{{ policy }}");
  });
});
