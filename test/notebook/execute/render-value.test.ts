import * as aq from "arquero";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
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
    expect(html).toContain("<p>4 rows, 3 columns</p>");
    expect(html).toContain('<th scope="col">city<br><small>string, 1 missing</small></th>');
    expect(html).toContain("<td>2012-01-02 03:04:05Z</td>");
    expect(html).toContain('<td align="right" title="1.23456789" data-value="1.23456789">1.23457</td>');
    expect(markdown.split("\n")).toEqual([
      "| city       | \\<b\\>t\\|emp\\</b\\> | day                  |",
      "| ---------- | ----------------: | -------------------- |",
      "| Oslo       |           1.23457 | 2012-01-02 00:00:00Z |",
      "|            |               NaN | 2012-01-02 03:04:05Z |",
      "| a\\|b \\<i\\> |             1e+21 |                      |",
      "| x y        |           7.00000 | Invalid Date         |",
      "",
      "4 rows, 3 columns. city: string, 1 missing; \\<b\\>t\\|emp\\</b\\>: number, 1 missing; day: date, 1 missing.",
    ]);
    expect(plain.split("\n")).toEqual([
      "4 rows, 3 columns",
      "city                    <b>t|emp</b>  day",
      "string, 1 missing  number, 1 missing  date, 1 missing",
      "Oslo                         1.23457  2012-01-02 00:00:00Z",
      "null                             NaN  2012-01-02 03:04:05Z",
      "a|b <i>                        1e+21  undefined",
      "x↵y                          7.00000  Invalid Date",
    ]);
  });

  it("escape everything, headers too", () => {
    const { html } = render(table);
    expect(html).not.toMatch(/<b>|<i>/);
    expect(html).toContain("&lt;b&gt;t|emp&lt;/b&gt;");
    const quoted = render(aq.table({ 'a" onclick="x': ['"'.repeat(90) + "<script>"] })).html;
    expect(quoted).not.toMatch(/ onclick="x|"<script>/);
    expect(render(aq.table({ a: ["\u0000\u001b[31m\t"] })).plain).toContain("␀␛[31m⇥");
  });

  it("show missing values apart from texts, cut long texts and keep them whole below the pointer", () => {
    const long = "wörd ".repeat(40);
    const { html, plain } = render(aq.table({ a: ["null", null, undefined, "", long, `${"x".repeat(78)}😀 more`], b: [10n, [1, { c: [2] }], { d: 1 }, new Map([[1, 2]]), aq.table({ e: [1] }), () => 1] }));
    for (const cell of ["<td>null</td>", "<td><em>null</em></td>", "<td><em>undefined</em></td>", "<td></td>", `<td title="${long}">`, "<td>10n</td>", "<td><code>{ d: 1 }</code></td>", "<td><code>[Table: 1 row, 1 column (e)]</code></td>"]) expect(html).toContain(cell);
    expect(html).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    expect(html).toContain("string, 2 missing");
    expect(html).toContain("array | bigint | function | object");
    expect(plain).toContain(`${long.slice(0, 79)}…`);
  });

  it("give numbers of a column the same decimals, and no more digits than tell something", () => {
    const column = (...values: readonly number[]): string[] => render(aq.table({ n: values })).plain.split("\n").slice(3).map((line) => line.trim());
    expect(column(1.5, 7, -0.25)).toEqual(["1.50", "7.00", "-0.25"]);
    expect(column(2012, 1e6, -3)).toEqual(["2012", "1000000", "-3"]);
    expect(column(1 / 3, 1e-9, 1234567.891)).toEqual(["0.333333", "1e-9", "1234567.891000"]);
    expect(column(123456.78, 0.5)).toEqual(["123456.78", "0.50"]);
    expect(column(Infinity, 0.1 + 0.2)).toEqual(["Infinity", "0.3"]);
  });

  it("show dates to the precision that they need, years far off too", () => {
    const column = (...values: readonly string[]): string[] => render(aq.table({ d: values.map((value) => new Date(value)) })).plain.split("\n").slice(3);
    expect(column("2020-01-02", "1969-12-31")).toEqual(["2020-01-02", "1969-12-31"]);
    expect(column("2020-01-02T03:04Z", "+012020-01-02")).toEqual(["2020-01-02 03:04Z", "+012020-01-02 00:00Z"]);
    expect(column("2020-01-02T03:04:05.678Z")).toEqual(["2020-01-02 03:04:05.678Z"]);
  });

  it("show the first twenty rows of what a filter and an order leave, and what they are grouped by", () => {
    const many = aq.table({ n: Array.from({ length: 1500 }, (_, index) => index), v: Array.from({ length: 1500 }, (_, index) => (index % 3 === 0 ? null : "x")), w: Int8Array.from({ length: 1500 }, (_, index) => index % 7) });
    const seen = many.filter((row: { n: number }) => row.n >= 500).orderby("w", aq.desc("n"));
    const { html, plain } = render(seen.groupby("v", "w"));
    expect(html).toContain("1,000 rows, 3 columns; grouped by v, w; the first 20 rows");
    expect(html).toContain("string, 333 missing");
    expect(html.match(/<tr>/g)).toHaveLength(21);
    const expected = seen.slice(0, 20).array("n");
    expect(plain.split("\n").slice(3).map((line) => Number(line.trim().split(/\s+/)[0]))).toEqual([...expected]);
    expect(render(many.filter((row: { n: number }) => row.n > 1497)).plain.split("\n").slice(3)).toEqual(["  1498  x            0", "  1499  x            1"]);
  });

  it("of one row, of none, without columns, with very many, and with a column named like a part of every object are fine", () => {
    expect(render(aq.table({ a: [1] })).plain).toContain("1 row, 1 column\n");
    expect(render(aq.table({ a: [] })).plain).toContain("0 rows, 1 column\n");
    expect(render(aq.table({})).markdown).toBe("0 rows, 0 columns.");
    expect(render(aq.table({ a: [1], constructor: [2] })).markdown).toMatch(/\|\s+a \| constructor \|/);
    const wide = render(aq.table(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`c${index}`, [1]]))));
    expect(wide.plain).toContain("1 row, 300 columns; the first 100 columns\n");
    expect(wide.html).not.toContain("c100");
  });

  it("from Arrow count their missing values, too, and wide letters keep columns straight", () => {
    const arrow = aq.fromArrow(aq.toArrowIPC(aq.table({ a: ["漢字", null, "e\u0301"], n: [1, null, 2] })));
    expect(render(arrow).plain.split("\n").slice(1)).toEqual(["a                                  n", "string, 1 missing  number, 1 missing", "漢字                               1", "null                            null", "e\u0301                                  2"]);
  });

  it("always give the same text", () => {
    expect(render(table)).toEqual(render(table));
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
    expect(render(wide).html).toContain("types and missing values of the first 200,000 rows");
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

  it("take filtered, ordered and grouped tables as they are seen", () => {
    const base = aq.table({ a: [3, 1, 2], b: ["x", "y", "x"] });
    const values = (data: unknown) => (render({ mark: "bar", data }).chart as { data: { values: unknown } }).data.values;
    expect(values(base.orderby("a"))).toEqual([{ a: 1, b: "y" }, { a: 2, b: "x" }, { a: 3, b: "x" }]);
    expect(values(base.filter((row: { b: string }) => row.b === "x").orderby("a"))).toEqual([{ a: 2, b: "x" }, { a: 3, b: "x" }]);
    expect(values(base.groupby("b"))).toHaveLength(3);
  });

  it("with too many rows are refused before anything is copied, and with many warned of", () => {
    const data = aq.table({ a: new Float64Array(150_000) });
    expect(() => renderValue({ layer: [{ mark: "line", data }, { mark: "point", data: { values: data } }] })).toThrow(/^The chart holds 300,000 rows; more than 200,000 are not drawn\. Aggregate/);
    expect(() => renderValue({ mark: "bar", data: { name: "x" }, datasets: { x: Array.from({ length: 200_001 }, () => ({})) } })).toThrow(RangeError);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    try {
      const few = { mark: "bar", data: { values: data.slice(0, 20_000) }, encoding: { x: { axis: { values: [1, 2] } } } };
      render({ ...few, encoding: {} });
      expect(warn.mock.calls).toEqual([]);
      render(few);
      expect(warn.mock.calls).toEqual([["%s", expect.stringMatching(/^The chart holds 20,002 rows; over 20,000/)]]);
    } finally {
      warn.mockRestore();
    }
  });

  it("have a text", () => {
    expect(render({ mark: "bar", data: {}, title: "Rain" }).plain).toBe("Chart: Rain");
    expect(render({ mark: "bar", data: {}, title: { text: ["Rain", "by month"] } }).plain).toBe("Chart: Rain by month");
  });
});

describe("anything else", () => {
  it("is text as util.inspect writes it, lists of records too", () => {
    class Point {
      constructor(readonly x: number) {}
    }
    for (const value of [[1, "a", { b: new Map([[1, 2]]) }], [{ a: 1 }, { a: 2 }], new Point(1), new Date(0), Promise.resolve(1), function named() {}, Buffer.from("ab"), new Float64Array(3), 1n, -0, Symbol("s"), /x/g, new Set([1]), Object.create(null)]) {
      expect(renderValue(value)).toEqual({ "text/plain": inspect(value) });
    }
    expect(render(Object.assign(new RangeError("bad"), { code: "E" })).plain).toMatch(/^RangeError: bad\n {4}at [\s\S]*code: 'E'/);
  });

  it("tells of a table inside of it its size, not how it is stored", () => {
    const table = aq.table({ a: [1, 2], b: [3, 4] });
    const holder = { name: "x", list: [table, 1], deep: { table } };
    expect(render(holder).plain).toBe("{\n  name: 'x',\n  list: [ [Table: 2 rows, 2 columns (a, b)], 1 ],\n  deep: { table: [Table: 2 rows, 2 columns (a, b)] }\n}");
    expect(holder.list[0]).toBe(table);
    const loop: Record<string, unknown> = { a: 1 };
    loop["self"] = loop;
    expect(render(loop).plain).toBe(inspect(loop));
  });

  it("asks no getter and no proxy what it is", () => {
    const trap = new Proxy({}, { get: () => { throw new Error("trap"); }, getPrototypeOf: () => { throw new Error("trap"); }, getOwnPropertyDescriptor: () => { throw new Error("trap"); } });
    expect(render(trap).plain).toBe("{}");
    const getter = { get rows(): number { throw new Error("asked"); } };
    expect(render(getter).plain).toBe("{ rows: [Getter] }");
  });
});
