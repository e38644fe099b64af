import { beforeAll, describe, expect, it } from "vitest";
import type { TopLevelSpec } from "vega-lite";
import { candidatesChart, coefficientsChart, correlationChart, monthlyTemperatureChart, seasonChart } from "../../stages/charts.js";
import { describeFeatures, makeFeatures } from "../../stages/features.js";
import { errorByMonthChart, forecastChart, nextDayChart, residualsChart } from "../../stages/forecast-charts.js";
import { forecastNextDay, forecastTest } from "../../stages/reporting.js";
import { trainModel } from "../../stages/training.js";
import { cleanSources } from "./weather-samples.js";

const days = cleanSources();
const table = makeFeatures(days);
const { model, metrics } = trainModel(table, { testFrom: "2015-01-01", folds: 2, seed: 7, kernelRows: 60, climatologyDays: 7, intervalLevel: 0.9 });
const tested = forecastTest(table, model);

const charts: [string, TopLevelSpec][] = [
  ["monthly temperature", monthlyTemperatureChart(days)],
  ["season", seasonChart(days)],
  ["correlation", correlationChart(describeFeatures(table))],
  ["candidates", candidatesChart(metrics.candidates, model.name)],
  ["coefficients", coefficientsChart(model.linear)],
  ["forecast with band", forecastChart(tested.slice(0, 60), { band: true })],
  ["forecast", forecastChart(tested, { band: false })],
  ["residuals", residualsChart(tested)],
  ["error by month", errorByMonthChart(metrics.by_location_month)],
  ["next day", nextDayChart(forecastNextDay(table, model).places)],
];

let compile: (spec: TopLevelSpec) => { svg: Promise<string>; warnings: string[] };
beforeAll(async () => {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  compile = (spec) => {
    const warnings: string[] = [];
    const logger: Record<string, (...args: readonly unknown[]) => unknown> = {};
    for (const level of ["level", "error", "info", "debug"]) logger[level] = () => logger;
    logger["warn"] = (...args) => (warnings.push(args.join(" ")), logger);
    // Vega writes into the rows it is given.
    const { spec: compiled } = vegaLite.compile(structuredClone(spec), { logger: logger as never });
    return { svg: new vega.View(vega.parse(compiled), { renderer: "none" }).toSVG(), warnings };
  };
});

describe.each(charts)("the chart of %s", (_, spec) => {
  it("draws without a warning", async () => {
    const { svg, warnings } = compile(spec);
    expect(warnings).toEqual([]);
    expect((await svg).length).toBeGreaterThan(3000);
    expect(await svg).not.toMatch(/NaN|undefined/);
  });

  it("is plain JSON that names no address and sets no colour", () => {
    const text = JSON.stringify(spec);
    expect(JSON.stringify(structuredClone(spec))).toBe(text);
    expect(text.replace(String(spec.$schema), "")).not.toMatch(/"url"|http|#[0-9a-f]{6}/i);
  });

  it("names the unit of each axis of quantity", () => {
    const titles = [...JSON.stringify(spec).matchAll(/"title":"([^"]+)"/g)].map((match) => match[1]);
    expect(titles.some((title) => /°C|Correlation/.test(title ?? ""))).toBe(true);
  });
});

it("a year of two places is no heavy chart", () => {
  expect(JSON.stringify(forecastChart(tested, { band: false })).length).toBeLessThan(120_000);
});
