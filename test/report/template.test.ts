import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { RenderError } from "../../engine/report/render-error.js";
import { renderTemplate } from "../../engine/report/template.js";
import type { JsonValue, Problem, Report } from "../../engine/project/types.js";

const folder = mkdtempSync(path.join(tmpdir(), "template-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(path.join(folder, "model"));
const files: Record<string, string> = {
  "model/metrics.json": JSON.stringify({ r2: 0.83126, rmse: 2.3141592653, count: 2922, day: "2015-12-31", at: "2015-12-31T23:30", name: "a|b *x* <i>", none: null, nested: { "a.b": 1 }, "dash-ed": 2, list: [1, "x"] }),
  "rows.csv": "\ufeffplace,code,n,ok,empty\nSeattle,02139,1.50,true,\n\"New, York\",10001,,false,\n",
  "broken.json": "{", "ragged.csv": "a,b\n1,2\n3\n", "big.csv": "id\n12345678901234567890\n1\n", "x.parquet": "PAR1",
};
for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);

type Options = { inputs?: Record<string, string>; partials?: Record<string, string>; previous?: JsonValue };
function reportOf(body: string, inputs: Record<string, string>): Report {
  const place = { file: "templates/summary.md", line: 4, column: 3 };
  return {
    kind: "report", id: "summary", title: "Summary", file: "templates/summary.md", outputs: { markdown: "summary.md", html: null, images: "images" },
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, pattern]) => [name, { pattern, place }])), body, bodyLineOffset: 6, references: { embeds: [], tables: [], stages: [], previous: [], trends: [], partials: [], notes: [] }, place,
  };
}
const render = (body: string, { inputs = { metrics: "model/metrics.json", rows: "rows.csv" }, partials = {}, previous = null }: Options = {}) =>
  renderTemplate({
    report: reportOf(body, inputs), partials: new Map(Object.entries(partials)), inputs: folder, previous,
    stages: { cleaning: [{ path: "data/cleaned.csv", bytes: 10, sha256: "x", rows: 2918, schema: null, schemaHash: "abc" }] },
    run: { id: "2026-01-02T030405Z-ab12", date: "2026-01-02T03:04:05Z" },
  });
const text = async (body: string, options?: Options) => (await render(body, options)).pieces.map((piece) => (typeof piece === "string" ? piece : `<${piece.kind}>`)).join("");
async function problems(body: string, options?: Options): Promise<readonly Problem[]> {
  try {
    await render(body, options);
  } catch (error) {
    if (error instanceof RenderError) return error.problems;
    throw error;
  }
  return [];
}

describe("values of a template", () => {
  it("are inputs, stages and the run", async () => {
    expect(await text('{{ metrics.count }} {{ metrics.nested["a.b"] }} {{ metrics["dash-ed"] }} {{ metrics.list }} {{ stages.cleaning.outputs["data/cleaned.csv"].rows }} {{ stages.cleaning.outputs["data/cleaned.csv"].schema_hash }} {{ run.id }}'))
      .toBe("2922 1 2 1, x 2918 abc 2026-01-02T030405Z-ab12");
  });

  it("of a CSV are records: numbers by column, leading zeros kept, empty cells null, the mark at the start gone", async () => {
    expect(await text('{% for row in rows %}{{ row.place }};{{ row.code }};{{ row.n }};{{ row.ok }};{{ row.empty | default: "none" }}/{% endfor %}')).toBe("Seattle;02139;1.5;true;none/New, York;10001;;false;none/");
    expect(await text("{% for row in big %}{{ row.id }} {% endfor %}", { inputs: { big: "big.csv" } })).toBe("12345678901234567890 1 ");
  });

  it("are escaped, but for those marked raw", async () => {
    expect(await text("{{ metrics.name }} {{ metrics.name | raw }}")).toBe("a&#124;b &#42;x&#42; &lt;i&gt; a|b *x* <i>");
    expect(await text("{% echo metrics.name %}{{ metrics.name | upcase }}")).toBe("a&#124;b &#42;x&#42; &lt;i&gt;A&#124;B &#42;X&#42; &lt;I&gt;");
  });

  it("captured by the template are escaped once, and its own Markdown stays", async () => {
    expect(await text("{% capture x %}**{{ metrics.name }}**{% endcapture %}{{ x }}")).toBe("**a&#124;b &#42;x&#42; &lt;i&gt;**");
  });

  it("are formatted by d3's formats, dates in UTC, weeks as ISO counts them", async () => {
    expect(await text('{{ metrics.r2 | format: ".3f" }} {{ metrics.count | format: "," }} {{ metrics.r2 | format: ".0%" }}')).toBe("0.831 2,922 83%");
    expect(await text('{{ metrics.day | date: "%d %b %Y, week %V" }}; {{ metrics.at | date: "%H:%M" }}; {{ run.date | date: "%Y" }}; {{ 0 | date: "%Y" }}')).toBe("31 Dec 2015, week 53; 23:30; 2026; 1970");
    expect(await text('{{ metrics.none | format: ".1f" | default: "no value" }}')).toBe("no value");
  });

  it("of the last run may be missing: they count as false and take a default", async () => {
    const body = '{% if previous.metrics.r2 %}was {{ previous.metrics.r2 | format: ".2f" }}{% else %}first{% endif %} {{ previous.a.b.c | format: ".1f" | default: "none" }}';
    expect(await text(body)).toBe("first none");
    expect(await text(body, { previous: { metrics: { r2: 0.8 } } })).toBe("was 0.80 none");
  });

  it("are known in partials too", async () => {
    expect(await text('{% render "a", x: 1 %}{% include "a", x: 2 %}', { partials: { "templates/a.md": "{{ metrics.count }}{{ x }}{% ref 'l' %}" } })).toBe("29221<ref>29222<ref>");
  });
});

describe("a template that can't be rendered", () => {
  it("names every missing value with file, line, column and the nearest name", async () => {
    expect(await problems("a\n{{ metrics.r3 }}\n{% if metrics.x %}{% endif %}\n{{ stages.cleaning.outputs[\"data/clean.csv\"].rows }} {{ metrics.r2 }}")).toEqual([
      { severity: "error", code: "unknown-name", place: { file: "templates/summary.md", line: 8, column: 4 }, message: "there is no `metrics.r3`", hint: "did you mean `r2`?" },
      { severity: "error", code: "unknown-name", place: { file: "templates/summary.md", line: 9, column: 7 }, message: "there is no `metrics.x`", hint: expect.any(String) },
      { severity: "error", code: "unknown-name", place: { file: "templates/summary.md", line: 10, column: 4 }, message: "there is no `stages.cleaning.outputs.data/clean.csv`", hint: "did you mean `data/cleaned.csv`?" },
    ]);
  });

  it("is told even where a default follows: only `previous` may be missing", async () => {
    expect(await problems('{{ metrics.nope | default: "x" }}')).toMatchObject([{ code: "unknown-name" }]);
    expect(await problems("{{ metrics.constructor }}{{ metrics.__proto__ }}")).toMatchObject([{ code: "unknown-name" }, { code: "unknown-name" }]);
  });

  it("names the place in a partial", async () => {
    expect(await problems('{% render "a" %}', { partials: { "templates/a.md": "\n {{ metrics.nope }}" } })).toMatchObject([{ place: { file: "templates/a.md", line: 2, column: 5 } }]);
  });

  it("writes an object, or formats what is no number or date", async () => {
    expect(await problems("{{ metrics }}")).toMatchObject([{ code: "not-a-value", place: { line: 7, column: 1 }, hint: expect.stringContaining("`r2`") }]);
    expect(await problems('{{ metrics.name | format: ".1f" }}')).toMatchObject([{ code: "filter-value", message: expect.stringContaining("needs a number") }]);
    expect(await problems('{{ metrics.r2 | format: "nonsense" }}')).toMatchObject([{ message: "`nonsense` is no number format" }]);
    expect(await problems('{{ "now" | date: "%Y" }}')).toMatchObject([{ hint: expect.stringContaining("run.date") }]);
    expect(await problems('{{ "today" | date: "%Y" }}')).toMatchObject([{ code: "filter-value" }]);
  });

  it("quotes a file that can't be read, with the place of its declaration", async () => {
    const all = await problems("x", { inputs: { a: "nowhere.json", b: "broken.json", c: "ragged.csv", d: "x.parquet" } });
    expect(all.map(({ code, place }) => [code, place.line])).toEqual([["report-input", 4], ["report-input", 4], ["report-input", 4], ["report-input", 4]]);
    expect(all[2]?.message).toBe("`ragged.csv`, row 2: expected 2 cells, found 1");
    expect(all[3]?.hint).toContain(".csv");
  });
});
