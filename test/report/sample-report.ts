/** A report as a project would have it: two places, a season of days, all kinds of outputs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CellOutput } from "../../engine/notebook/types.js";
import type { JsonValue, Report } from "../../engine/project/types.js";
import type { EmbeddedOutput } from "../../engine/report/figure.js";
import type { ReportContext } from "../../engine/report/render-report.js";

const places = [{ name: "New York", mean: 9 }, { name: "Seattle", mean: 11 }];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const days = Array.from({ length: 60 }, (_, day) => new Date(Date.UTC(2015, 10, 2 + day)).toISOString().slice(0, 10));
const rows = places.flatMap(({ name, mean }, place) =>
  days.map((date, day) => {
    const actual = mean + 5 * Math.sin((day + place * 9) / 6) + ((day * 7 + place * 3) % 5) - day / 12;
    const forecast = mean + 4.4 * Math.sin((day - 0.6 + place * 9) / 6) + 1.8 - day / 12;
    return { date, place: name, actual: Number(actual.toFixed(1)), forecast: Number(forecast.toFixed(1)), residual: Number((actual - forecast).toFixed(2)) };
  }),
);

export const timeSeries: JsonValue = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  data: { values: rows },
  transform: [{ fold: ["actual", "forecast"], as: ["kind", "temperature"] }],
  facet: { row: { field: "place", type: "nominal", title: null } },
  spec: {
    height: 150, mark: "line",
    encoding: {
      x: { field: "date", type: "temporal", title: null },
      y: { field: "temperature", type: "quantitative", title: "Maximum temperature (°C)" },
      color: { field: "kind", type: "nominal", title: null },
      strokeDash: { field: "kind", type: "nominal", title: null },
    },
  },
};
export const lines: JsonValue = {
  data: { values: rows }, mark: "line",
  encoding: { x: { field: "date", type: "temporal", title: null }, y: { field: "actual", type: "quantitative", title: "Maximum temperature (°C)" }, color: { field: "place", type: "nominal", title: null } },
};
export const scatter: JsonValue = {
  data: { values: rows }, mark: "point",
  encoding: { x: { field: "forecast", type: "quantitative", title: "Forecast (°C)" }, y: { field: "actual", type: "quantitative", title: "Observed (°C)" }, color: { field: "place", type: "nominal", title: null } },
};
export const bars: JsonValue = {
  data: { values: months.flatMap((month, index) => places.map(({ name }, place) => ({ month, place: name, error: Number((2 + Math.cos(index / 2 + place) * 0.7).toFixed(2)) }))) },
  mark: "bar",
  encoding: { x: { field: "month", type: "nominal", sort: months, title: null }, xOffset: { field: "place" }, y: { field: "error", type: "quantitative", title: "RMSE (°C)" }, color: { field: "place", type: "nominal", title: null } },
};

export function chartOutput(spec: JsonValue): CellOutput {
  return { output_type: "display_data", data: { "application/vnd.vegalite.v5+json": spec, "text/plain": "chart" }, metadata: {} };
}
export function tableOutput(markdown: string): CellOutput {
  return { output_type: "execute_result", execution_count: 1, data: { "text/html": "<table></table>", "text/markdown": markdown, "text/plain": "table" }, metadata: {} };
}
export function embed(label: string, outputs: readonly CellOutput[], more: Partial<EmbeddedOutput> = {}): EmbeddedOutput {
  return { label, cell: 4, caption: null, alt: null, outputs, task: "reporting", notebook: "notebooks/05-reporting.ipynb", ...more };
}

const table = [
  "| term | coefficient | standard error | t |", "| --- | ---: | ---: | ---: |", "| temp\\_lag\\_1 | 0.782 | 0.014 | 55.9 |", "| temp\\_lag\\_2 | -0.081 | 0.016 | -5.1 |",
  "| rolling\\_7 | 0.164 | 0.021 | 7.8 |", "| season\\_sin | -1.204 | 0.093 | -12.9 |", "| \\<b\\>wind\\</b\\> | 0.012 | 0.031 | 0.4 |", "", "5 rows, 4 columns. term: string; coefficient: number.",
].join("\n");

export const embedded: ReadonlyMap<string, EmbeddedOutput> = new Map([
  ["forecast", embed("forecast", [chartOutput(timeSeries)], { caption: "Observed maximum temperature and the forecast made the day before, last 60 days. Source: NOAA.", alt: "Two line charts, one a place; the forecast follows the observation closely" })],
  ["lines", embed("lines", [chartOutput(lines)], { caption: "Observed maximum temperature, November and December 2015", alt: "Line chart of two places" })],
  ["scatter", embed("scatter", [chartOutput(scatter)], { caption: "Forecast against observation; a perfect forecast lies on the diagonal", alt: "Scatter plot along the diagonal" })],
  ["errors", embed("errors", [chartOutput(bars)], { caption: "Error by month and place", alt: "Grouped bars, highest in January" })],
  ["coefficients", embed("coefficients", [tableOutput(table)], { caption: "Coefficients of the linear model", task: "training", notebook: "notebooks/04-training.ipynb" })],
  ["note", embed("note", [{ output_type: "display_data", data: { "text/markdown": "The **ridge** model was chosen by cross-validation.", "text/plain": "x" }, metadata: {} }])],
]);

const body = `
Tomorrow's maximum temperature is forecast to within **{{ metrics.rmse | format: ".1f" }} °C** in Seattle and New York, {{ metrics.gain | format: ".0%" }} closer than "the same as today".

<div class="key-figures">

| Typical error | Better than naive | Tomorrow, Seattle | Data to |
|---|---|---|---|
| {{ metrics.rmse | format: ".1f" }} °C | {{ metrics.gain | format: ".0%" }} | 8.4 °C | {{ metrics.last_day | date: "%d %b %Y" }} |
| RMSE of the last year | RMSE against persistence | 90 % interval 4.1 to 12.7 | run {{ run.date | date: "%d %b %Y" }} |

</div>

{% ref "forecast" %} shows the last two months.

{% embed "forecast" %}

> [!NOTE]
> A forecast is made from what is known on the day before.[^leak]

[^leak]: A test shifts the future and sees no change in the features.

## Data quality

Cleaning kept {{ stages.cleaning.outputs["data/processed/cleaned.csv"].rows | format: "," }} rows. {% ref "lines" %} and {% ref "coefficients" %} tell more.

{% embed "lines" %}

{% table "data/quality.csv", columns: "stage,rows in,rows out,dropped because a sensor reported nothing", limit: 5 %}

## The model

{% embed "note" %}

{% embed "coefficients" %}

{% embed "scatter" %}

### Where it fails

{% embed "errors" %}

> [!WARNING]
> Winter storms are forecast badly.

## Methods

The code of a stage is pure: \`fitRidge(table, { lambda: 0.1 })\`.

\`\`\`ts
const model = fitRidge(features, { lambda: 0.1 }); // chosen by cross-validation over the years before the test period
\`\`\`

1. Persistence: tomorrow is as today.
2. Climatology: tomorrow is as this day was on average.

{% if previous.metrics.rmse %}Last run: {{ previous.metrics.rmse }}.{% else %}There is no earlier run.{% endif %} Name: {{ metrics.name }}.
`;

export const report: Report = {
  kind: "report", id: "summary", title: "Tomorrow's maximum temperature", file: "templates/summary.md",
  outputs: { markdown: "reports/summary.md", html: "reports/summary.html", images: "reports/images" },
  inputs: {
    metrics: { pattern: "model/metrics.json", place: { file: "templates/summary.md", line: 5, column: 1 } },
    quality: { pattern: "data/quality.csv", place: { file: "templates/summary.md", line: 5, column: 1 } },
  },
  body, bodyLineOffset: 7, references: { embeds: [], tables: [], stages: [], previous: [], trends: [], partials: [], notes: [] }, place: { file: "templates/summary.md", line: 2 },
};

/** The sample with its inputs in a temporary folder. */
export function sampleReport(changes: Partial<ReportContext> = {}): { readonly context: ReportContext; remove(): void } {
  const inputs = mkdtempSync(path.join(tmpdir(), "report-"));
  for (const folder of ["model", "data"]) mkdirSync(path.join(inputs, folder));
  writeFileSync(path.join(inputs, "model/metrics.json"), JSON.stringify({ rmse: 2.3141592653, gain: 0.283, last_day: "2015-12-31", name: "ridge | *x* <b>y</b> [z](javascript:alert(1))" }));
  writeFileSync(path.join(inputs, "data/quality.csv"), "stage,rows in,rows out,dropped because a sensor reported nothing,note\ningestion,2922,2922,0,\ncleaning,2922,2918,4,\"a, b\"\nfeatures,2918,2890,28,x\n");
  return {
    context: {
      report, embedded, inputs, partials: new Map(), previous: null, frame: null,
      stages: { cleaning: [{ path: "data/processed/cleaned.csv", bytes: 105_000, sha256: "00", rows: 2918, schema: null, schemaHash: "ab" }] },
      run: { id: "2026-01-02T030405Z-ab12", date: "2026-01-02T03:04:05Z" }, ...changes,
    },
    remove: () => rmSync(inputs, { recursive: true, force: true }),
  };
}
