import * as aq from "arquero";
import { describe, expect, it } from "vitest";
import { renderValue } from "../../../engine/notebook/execute/render-value.js";

function render(value: unknown) {
  const bundle = renderValue(value);
  return { html: String(bundle["text/html"] ?? ""), markdown: String(bundle["text/markdown"] ?? ""), plain: String(bundle["text/plain"] ?? ""), chart: bundle["application/vnd.vegalite.v5+json"] };
}

describe("tables", () => {
  const table = aq.table({
    city: ["Oslo", null, "a|b <i>", "x\ny"],
    "<b>t|emp</b>": [1.23456789, Number.NaN, 1e21, 7],
    day: [new Date("2012-01-02"), new Date("2012-01-02T03:04:05Z"), undefined, new Date(Number.NaN)],
  });

  it("are shown as HTML, Markdown and text with types, missing values and the number of rows", () => {
    const { html, markdown, plain } = render(table);
    expect(html).toContain("<caption>4 rows, 3 columns</caption>");
    expect(html).toContain("city<br><small>string, 1 missing</small>");
    expect(html).toContain("<td>2012-01-02</td>");
    expect(html).toContain("<td>1.23457</td>");
    expect(markdown.split("\n").slice(0, 3)).toEqual(["| city | \\<b\\>t\\|emp\\</b\\> | day |", "| --- | ---: | --- |", "| Oslo | 1.23457 | 2012-01-02 |"]);
    expect(plain).toContain("4 rows, 3 columns\n");
    expect(plain.split("\n")).toHaveLength(7);
  });

  it("escape everything, headers too", () => {
    const { html, markdown } = render(table);
    expect(html).not.toMatch(/<b>|<i>/);
    expect(html).toContain("&lt;b&gt;t|emp&lt;/b&gt;");
    expect(markdown).toContain("| a\\|b \\<i\\> |");
    expect(markdown).toContain("| x y | 7 |  |");
  });

  it("show the first twenty rows of what a filter and an order leave", () => {
    const many = aq.table({ n: Array.from({ length: 1500 }, (_, index) => index), v: Array.from({ length: 1500 }, (_, index) => (index % 3 === 0 ? null : "x")) });
    const seen = many.filter((row: { n: number }) => row.n >= 500).orderby(aq.desc("n"));
    const { html, plain } = render(seen);
    expect(html).toContain("1,000 rows, 2 columns; the first 20 rows");
    expect(html).toContain("string, 333 missing");
    expect(html.match(/<tr>/g)).toHaveLength(21);
    expect(plain).toContain("1499");
    expect(plain).not.toContain("1479");
  });

  it("of one row, of none, and with a column named like a part of every object are fine", () => {
    expect(render(aq.table({ a: [1] })).plain).toContain("1 row, 1 column\n");
    expect(render(aq.table({ a: [] })).plain).toContain("0 rows, 1 column\n");
    expect(render(aq.table({ a: [1], constructor: [2] })).markdown).toContain("| a | constructor |");
  });

  it("of a million rows show quickly, and say what they counted", () => {
    const size = 1_000_000;
    const base = aq.table({
      a: Float64Array.from({ length: size }, (_, index) => (index % 10 === 0 ? Number.NaN : index)),
      b: Array.from({ length: size }, (_, index) => (index % 4 === 0 ? null : `k${index % 50}`)),
      c: Int32Array.from({ length: size }, (_, index) => index),
      d: Array.from({ length: size }, (_, index) => index),
    });
    // The processor's time, since the machine may be busy with other things.
    const costMs = (value: unknown): number => {
      const costs = Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        renderValue(value);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      });
      return Math.min(...costs);
    };
    expect(render(base).html).toContain("string, 250,000 missing");
    expect(render(base).html).toContain("number, 100,000 missing");
    expect(costMs(base)).toBeLessThan(100);
    const filtered = base.filter((row: { c: number }) => row.c >= 10);
    expect(costMs(filtered)).toBeLessThan(100);
    const wide = aq.table(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`c${index}`, base.array("d")])));
    expect(render(wide).html).toContain("missing values counted in the first 200,000 rows");
  });
});

describe("charts", () => {
  it("are known by their schema or their shape", () => {
    const values = { values: [] };
    const charts = [
      { $schema: "https://vega.github.io/schema/vega-lite/v6.json" },
      { mark: "bar", data: values },
      { mark: { type: "point" }, encoding: {} },
      { data: values, layer: [{ mark: "line" }, { mark: "rule" }] },
      { hconcat: [{ mark: "bar", data: values }, { mark: "bar", encoding: {} }] },
      { data: values, repeat: ["a"], spec: { mark: "bar" } },
      { data: values, facet: { field: "a" }, spec: { mark: "bar" } },
      { data: aq.table({ a: [1] }), mark: "bar" },
    ];
    for (const chart of charts) expect(render(chart).chart, JSON.stringify(chart)).toBeTypeOf("object");
    const others = [{ mark: "good" }, { data: values }, { layer: [] }, { layer: [1] }, { $schema: "https://vega.github.io/schema/vega/v5.json", marks: [] }, [{ mark: "bar", data: values }], { concat: "x" }, null];
    for (const other of others) expect(render(other).chart, JSON.stringify(other)).toBeUndefined();
  });

  it("take tables as data, in layers, concats and datasets", () => {
    const data = aq.table({ a: [1, Number.NaN], d: [new Date("2020-01-01"), null] });
    const rows = [{ a: 1, d: "2020-01-01T00:00:00.000Z" }, { a: null, d: null }];
    expect(render({ mark: "bar", data }).chart).toEqual({ mark: "bar", data: { values: rows } });
    expect(render({ mark: "bar", data: { values: data, name: "x" } }).chart).toEqual({ mark: "bar", data: { values: rows, name: "x" } });
    expect(render({ vconcat: [{ mark: "bar", data }, { data, layer: [{ mark: "line", data }] }] }).chart).toEqual({
      vconcat: [{ mark: "bar", data: { values: rows } }, { data: { values: rows }, layer: [{ mark: "line", data: { values: rows } }] }],
    });
    expect(render({ mark: "bar", data: { name: "data" }, datasets: { data } }).chart).toEqual({ mark: "bar", data: { name: "data" }, datasets: { data: rows } });
  });

  it("are pure JSON", () => {
    const value = { mark: "bar", data: { values: [{ a: Infinity, b: undefined, c: 10n, d: 2n ** 70n, e: new Date(Number.NaN), f: () => 1, g: new Float32Array([1, 2]), h: new URL("https://x.org") }] } };
    const { chart } = render(value);
    expect(chart).toEqual({ mark: "bar", data: { values: [{ a: null, c: 10, d: String(2n ** 70n), e: null, g: [1, 2], h: "https://x.org/" }] } });
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    const loop: Record<string, unknown> = { mark: "bar", data: {} };
    loop["encoding"] = loop;
    expect(() => renderValue(loop)).toThrow(/must not contain itself/);
  });

  it("have a text", () => {
    expect(render({ mark: "bar", data: {}, title: "Rain" }).plain).toBe("Chart: Rain");
    expect(render({ mark: "bar", data: {}, title: { text: ["Rain", "by month"] } }).plain).toBe("Chart: Rain by month");
  });
});

describe("anything else", () => {
  it("is text as util.inspect writes it", () => {
    expect(renderValue([1, "a", { b: new Map([[1, 2]]) }])).toEqual({ "text/plain": "[ 1, 'a', { b: Map(1) { 1 => 2 } } ]" });
  });
});
