import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawChart } from "../../engine/report/chart.js";
import { svgToPng } from "../../engine/report/png.js";
import type { JsonValue } from "../../engine/project/types.js";
import { bars, lines, scatter, timeSeries } from "./sample-report.js";

const place = { file: "notebooks/05-reporting.ipynb", cell: 4 };
const draw = (spec: JsonValue, id = "chart") => drawChart(spec, { id, place });
const run = promisify(execFile);
const dated = (date: string): JsonValue => ({ data: { values: [{ date, y: 1 }, { date: "2015-03-01T23:30", y: 2 }] }, mark: "point", encoding: { x: { field: "date", type: "temporal", timeUnit: "hours" }, y: { field: "y", type: "quantitative" }, tooltip: { field: "date", type: "temporal", format: "%H" } } });

describe("a drawn chart", () => {
  it("has the same bytes every time in one process, also when drawn at once", async () => {
    const clipped = { ...(scatter as object), mark: { type: "point", clip: true }, params: [{ name: "grid", select: "interval", bind: "scales" }] } as JsonValue;
    const first = await draw(clipped);
    const again = await Promise.all([draw(clipped), draw(lines), draw(clipped), draw(timeSeries), draw(clipped)]);
    expect(first.problems).toEqual([]);
    expect(first.svg).toMatch(/ id="chart-clip/);
    expect(again[0]?.svg).toBe(first.svg);
    expect(again[2]?.svg).toBe(first.svg);
    expect(again[4]?.svg).toBe(first.svg);
  });

  it("begins its ids with its own, so that two can stand in one page", async () => {
    const gradient = { data: { values: [{ a: 1 }, { a: 2 }] }, mark: { type: "area", color: { gradient: "linear", stops: [{ offset: 0, color: "red" }, { offset: 1, color: "blue" }] } }, encoding: { x: { field: "a", type: "quantitative" }, y: { field: "a", type: "quantitative" } } };
    const ids = async (id: string) => [...(await draw(gradient, id)).inlineSvg.matchAll(/ id="([^"]*)"|url\(#([^)]*)\)/g)].map((match) => match[1] ?? match[2] ?? "");
    const [a, b] = [await ids("a"), await ids("b@x")];
    expect(a.length).toBeGreaterThan(1);
    expect(a.every((id) => id.startsWith("a-"))).toBe(true);
    expect(b.every((id) => id.startsWith("b-x-"))).toBe(true);
  });

  it("is dark where the reader's system is dark, on paper of its own as a file and without in a page", async () => {
    const { svg, inlineSvg } = await draw(lines);
    expect(svg).toMatch(/^<svg[^>]*><style>@media \(prefers-color-scheme:dark\)\{.*<\/style><rect class="paper"/);
    expect(svg).toContain('stroke="#1d5f9e"');
    expect(svg).toContain('[stroke="#1d5f9e"]{stroke:#4b95e0}');
    expect(inlineSvg).not.toMatch(/<style|paper| style=/);
  });

  it("keeps the spec's own look over the default one", async () => {
    const { svg } = await draw({ ...(lines as object), config: { range: { category: ["#123456", "#654321"] }, axis: { labelColor: "#abcdef" } } } as JsonValue);
    expect(svg).toContain('stroke="#123456"');
    expect(svg).toContain('fill="#abcdef"');
  });

  it("gives a plot of few or many categories a width that fits the column", async () => {
    const width = async (spec: JsonValue) => (await draw(spec)).vega;
    expect(await width(bars)).toMatchObject({ width: 620 });
    expect(await width({ data: { values: [{ a: "x", b: 1 }, { a: "y", b: 2 }] }, mark: "bar", encoding: { x: { field: "a" }, y: { field: "b", type: "quantitative" } } })).toMatchObject({ width: 280 });
    expect(await width({ ...(bars as object), width: "container" } as JsonValue)).toMatchObject({ width: 620 });
  });

  it("draws the same random sample every time", async () => {
    const jitter: JsonValue = { data: { values: [{ a: 1 }, { a: 2 }, { a: 3 }] }, transform: [{ calculate: "random()", as: "r" }], mark: "point", encoding: { x: { field: "a", type: "quantitative" }, y: { field: "r", type: "quantitative" } } };
    expect((await draw(jitter)).svg).toBe((await draw(jitter)).svg);
  });
});

describe("a chart that may not be drawn", () => {
  let address = "";
  const asked: string[] = [];
  const server = createServer((request, response) => { asked.push(request.url ?? ""); response.end("[]"); });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => {
    const at = server.address();
    address = typeof at === "object" && at !== null ? `http://127.0.0.1:${at.port}` : "";
    resolve();
  })));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const point = { mark: "point", encoding: { x: { field: "a", type: "quantitative" } } };

  it("asks for an address or a file: nothing is loaded", async () => {
    const specs: JsonValue[] = [
      { ...point, data: { url: `${address}/a.json` } },
      { ...point, data: { url: "/etc/passwd", format: { type: "csv" } } },
      { ...point, data: { values: [{ a: 1 }] }, transform: [{ lookup: "a", from: { data: { url: `${address}/b.json` }, key: "a", fields: ["b"] } }] },
      { data: { values: [{ a: 1, img: `${address}/c.png` }] }, mark: "image", encoding: { x: { field: "a", type: "quantitative" }, url: { field: "img" } } },
    ];
    for (const spec of specs) {
      const { svg, vega, problems } = await draw(spec);
      expect({ svg, vega }).toEqual({ svg: "", vega: null });
      expect(problems[0]).toMatchObject({ severity: "error", code: "chart-address", place });
    }
    expect(asked).toEqual([]);
  });

  it("holds a link that would run a script, written out, hidden in blanks, or made from data", async () => {
    const values = [{ a: 1, link: "javascript:alert(1)" }];
    const specs: JsonValue[] = [
      { data: { values }, mark: { type: "point", href: "javascript:alert(1)" }, encoding: { x: { field: "a", type: "quantitative" } } },
      { data: { values: [{ a: 1, link: " java\nscript:alert(1)" }] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" }, href: { field: "link" } } },
      { data: { values: [{ a: 1 }] }, transform: [{ calculate: "'java' + 'script:alert(1)'", as: "link" }], mark: "point", encoding: { x: { field: "a", type: "quantitative" }, href: { field: "link" } } },
      { data: { values: [{ a: 1, link: "data:text/html,<script>1</script>" }] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" }, href: { field: "link" } } },
    ];
    for (const spec of specs) expect((await draw(spec)).problems[0]).toMatchObject({ severity: "error", code: "chart-link", place });
    const good = await draw({ data: { values: [{ a: 1, link: "https://example.org/" }] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" }, href: { field: "link" } } });
    expect(good.problems).toEqual([]);
    expect(good.svg).toContain("https://example.org/");
  });

  it("isn't Vega-Lite", async () => {
    for (const spec of [{ foo: 1 }, { mark: "nonsense", data: { values: [] } }, 7, null] as JsonValue[]) {
      expect((await draw(spec)).problems[0]).toMatchObject({ severity: "error", code: "chart-invalid", place });
    }
    expect((await draw(lines)).problems).toEqual([]);
  });

  it("holds too many rows: a warning over 20,000, an error over 200,000", async () => {
    const many = (count: number): JsonValue => ({ data: { values: Array.from({ length: count }, (_, a) => ({ a: a % 100 })) }, mark: "bar", encoding: { x: { field: "a", type: "quantitative" }, y: { aggregate: "count" } } });
    expect((await draw(many(20_000))).problems).toEqual([]);
    expect((await draw(many(20_001))).problems).toMatchObject([{ severity: "warning", code: "chart-rows" }]);
    expect((await draw(many(200_001))).problems).toMatchObject([{ severity: "error", code: "chart-rows" }]);
    const named = { ...point, data: { name: "rows" }, datasets: { rows: Array.from({ length: 20_001 }, (_, a) => ({ a })) } };
    expect((await draw(named)).problems).toMatchObject([{ severity: "warning", code: "chart-rows" }]);
  });
});

describe("charts elsewhere", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "chart-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("have the same bytes in another process and time zone, as SVG and as PNG", async () => {
    const spec: JsonValue = { ...(lines as object), title: "Temperature by day" } as JsonValue;
    const entry = path.join(folder, "entry.ts");
    const report = path.resolve("engine/report");
    writeFileSync(entry, `import { drawChart } from ${JSON.stringify(`${report}/chart.js`)}; import { svgToPng } from ${JSON.stringify(`${report}/png.js`)}; import { createHash } from "node:crypto";
      const out = []; for (const spec of ${JSON.stringify([lines, spec, dated("2015-03-01T05:10"), dated("2015-03-01")])}) { const { svg } = await drawChart(spec, { id: "chart", place: { file: "x" } }); out.push(svg, createHash("sha256").update(await svgToPng(svg, { width: 500 })).digest("hex")); }
      console.log(JSON.stringify(out));`);
    const outfile = path.resolve("node_modules", `.chart-test-${process.pid}.mjs`);
    await build({ entryPoints: [entry], bundle: true, platform: "node", format: "esm", packages: "external", outfile, logLevel: "silent" });
    try {
      const outputs = await Promise.all(["UTC", "America/Los_Angeles", "Asia/Kolkata"].map(async (zone) => (await run(process.execPath, [outfile], { env: { ...process.env, TZ: zone, LANG: "de_DE.UTF-8" } })).stdout));
      expect(outputs[1] === outputs[0]).toBe(true);
      expect(outputs[2] === outputs[0]).toBe(true);
      const [first] = JSON.parse(outputs[0] ?? "[]") as string[];
      expect((await draw(lines)).svg === first).toBe(true);
      expect(outputs[0]).toMatch(/>2[0-3]:00</);
      expect(first?.length).toBeGreaterThan(5000);
    } finally {
      rmSync(outfile, { force: true });
    }
  });

  it("have their texts in a PNG, without any system font", async () => {
    const text = (label: string): JsonValue => ({ data: { values: [{ a: label }] }, mark: "text", width: 200, height: 60, encoding: { text: { field: "a" } } });
    const png = async (label: string) => svgToPng((await draw(text(label))).svg, { width: 400 });
    const [empty, short, long] = [await png(" "), await png("one"), await png("one hundred")];
    expect([...empty.slice(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
    expect(short.length).toBeGreaterThan(empty.length + 100);
    expect(long.length).toBeGreaterThan(short.length + 100);
  });

  it("show times in UTC, in labels, time units and tooltips", async () => {
    const vega = JSON.stringify((await draw(dated("2015-03-01T05:10"))).vega);
    expect(vega).toContain("utcFormat(");
    expect(vega).toContain('"timezone":"utc"');
    expect(vega).toContain('"type":"utc"');
    expect(vega).toContain(" + 'Z')");
    expect(vega).not.toMatch(/[^\w]timeFormat\(/);
  });
});
