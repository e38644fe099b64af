import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeFeatures } from "../../stages/features.js";
import type { Score } from "../../stages/metrics.js";
import { forecastNextDay, forecastTest } from "../../stages/reporting.js";
import { jsonText } from "../../stages/records.js";
import { trainModel, type TrainingOptions } from "../../stages/training.js";
import { cleanDays, cleanSources } from "./weather-samples.js";

/** Written by reference/reference.py from the shipped sources alone; see there. */
type Reference = {
  features: string[];
  means: number[];
  deviations: number[];
  weights: number[];
  intercept: number;
  standard_errors: number[];
  best: string;
  candidates: Record<string, Score>;
  train: Score;
  test: Score;
  persistence: Score;
  climatology: Score;
  by_location: Record<string, Score>;
  by_month: Record<string, Score>;
  interval: Record<string, [number, number]>;
  interval_coverage: number;
  tomorrow: Record<string, number>;
};

const reference = JSON.parse(readFileSync(new URL("reference/reference.json", import.meta.url), "utf8")) as Reference;
const options: TrainingOptions = { testFrom: "2015-01-01", folds: 4, seed: 7, kernelRows: 300, climatologyDays: 7, intervalLevel: 0.9 };
const table = makeFeatures(cleanSources());
const { model, metrics } = trainModel(table, options);

function near(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-8));
}

function sameScore(actual: Score | undefined, expected: Score | undefined): void {
  const values = (each: Score | undefined) => [each?.n ?? 0, each?.r2 ?? 0, each?.rmse ?? 0, each?.mae ?? 0, each?.bias ?? 0];
  expect(actual?.n).toBeGreaterThan(0);
  near(values(actual), values(expected));
}

describe("on the shipped record, next to the reference", () => {
  it("the features have the same names, means and deviations", () => {
    expect(model.features).toEqual(reference.features);
    near(model.scaling.means, reference.means);
    near(model.scaling.deviations, reference.deviations);
  });

  it("the regression has the same coefficients and standard errors", () => {
    near(model.linear.coefficients.map(({ weight }) => weight), reference.weights);
    near(model.linear.coefficients.map((each) => each.standard_error), reference.standard_errors);
    near([model.linear.intercept], [reference.intercept]);
  });

  it("every candidate has the same score in cross-validation, and the same one wins", () => {
    expect(metrics.candidates.map(({ name }) => name)).toEqual(Object.keys(reference.candidates));
    for (const candidate of metrics.candidates) sameScore(candidate, reference.candidates[candidate.name]);
    expect(model.name).toBe(reference.best);
  });

  it("training, test and baselines have the same scores", () => {
    sameScore(metrics.train, reference.train);
    sameScore(metrics.test, reference.test);
    sameScore(metrics.baselines.persistence, reference.persistence);
    sameScore(metrics.baselines.climatology, reference.climatology);
  });

  it("months and places have the same scores", () => {
    expect(metrics.by_month).toHaveLength(12);
    for (const month of metrics.by_month) sameScore(month, reference.by_month[month.month]);
    expect(metrics.by_location.map(({ location }) => location)).toEqual(Object.keys(reference.by_location));
    for (const place of metrics.by_location) sameScore(place, reference.by_location[place.location]);
  });

  it("the interval is the same, and holds as many days", () => {
    for (const { location, lower, upper } of model.interval.by_location) near([lower, upper], reference.interval[location] ?? []);
    near([metrics.interval_coverage], [reference.interval_coverage]);
  });

  it("tomorrow is the same", () => {
    const { places } = forecastNextDay(table, model);
    near(places.map(({ forecast }) => forecast), places.map(({ location }) => reference.tomorrow[location] ?? Number.NaN));
  });
});

describe("the files", () => {
  it("have the test's scores at the top level of the metrics", () => {
    expect(metrics).toMatchObject({ n: 730, r2: metrics.test.r2, rmse: metrics.test.rmse, mae: metrics.test.mae });
    expect(metrics.skill.persistence).toBeCloseTo(1 - metrics.rmse ** 2 / metrics.baselines.persistence.rmse ** 2, 12);
  });

  it("have months of places that add up to the whole", () => {
    expect(metrics.by_location_month.map(({ location, month }) => `${location} ${month}`)).toEqual(
      ["New York", "Seattle"].flatMap((place) => Array.from({ length: 12 }, (_, index) => `${place} ${index + 1}`)));
    const whole = (key: "mae" | "persistence_mae") => metrics.by_location_month.reduce((sum, each) => sum + (each.n * each[key]) / metrics.n, 0);
    expect(whole("mae")).toBeCloseTo(metrics.mae, 12);
    expect(whole("persistence_mae")).toBeCloseTo(metrics.baselines.persistence.mae, 12);
  });

  it("are the same bytes for the same seed", () => {
    const again = trainModel(table, options);
    expect(jsonText(again.model)).toBe(jsonText(model));
    expect(jsonText(again.metrics)).toBe(jsonText(metrics));
  });

  it("are enough to make the same forecasts without training", () => {
    const read = JSON.parse(jsonText(model)) as typeof model;
    expect(forecastTest(table, read)).toEqual(forecastTest(table, model));
  });

  it("have another kernel model for another seed", () => {
    const kernel = (seed: number) => trainModel(table, { ...options, seed, kernelRows: 60 }).metrics.candidates.find(({ name }) => name === "kernel-6")?.rmse;
    expect(kernel(8)).not.toBe(kernel(7));
  });
});

describe("the split", () => {
  it("keeps the test out of everything that is learned", () => {
    const changed = makeFeatures(cleanSources().map((day) => (day.date >= "2015-01-02" ? { ...day, temp_max: 50, temp_min: -50, wind: 100 } : day)));
    const other = trainModel(changed, options);
    expect(other.model).toEqual(model);
    expect(other.metrics.candidates).toEqual(metrics.candidates);
    expect(other.metrics.rmse).not.toBe(metrics.rmse);
  });

  it.each(["2011-01-01", "2016-06-01"])("refuses to leave one side empty (%s)", (testFrom) => {
    expect(() => trainModel(table, { ...options, testFrom })).toThrow(`The split at ${testFrom} leaves`);
  });
});

it("leaves out features that others already tell", () => {
  const series = Array.from({ length: 400 }, (_, index) => 10 + 8 * Math.sin(index / 9) + 3 * Math.sin(index * index));
  const { model: plain } = trainModel(makeFeatures(cleanDays(series)), { ...options, testFrom: "2021-02-01", kernelRows: 40 });
  // In these days the wind never changes, it never rains, and the minimum is always 8 degrees below the maximum.
  expect(plain.dropped_features).toEqual(["temp_min", "temp_mid_mean_3", "precipitation_log", "wind"]);
  for (const { weight, standard_error } of plain.linear.coefficients) expect(Math.abs(weight) + standard_error).toBeLessThan(100);
});
