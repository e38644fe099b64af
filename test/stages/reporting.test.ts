import { describe, expect, it } from "vitest";
import { makeFeatures } from "../../stages/features.js";
import { score, type Score } from "../../stages/metrics.js";
import { forecastNextDay, forecastTest, lastDays, worstDays } from "../../stages/reporting.js";
import { trainModel } from "../../stages/training.js";
import { cleanSources } from "./weather-samples.js";

const days = cleanSources();
const table = makeFeatures(days);
const { model, metrics } = trainModel(table, { testFrom: "2015-01-01", folds: 2, seed: 7, kernelRows: 60, climatologyDays: 7, intervalLevel: 0.9 });
const tested = forecastTest(table, model);

/** The same days in another order: equal but for rounding. */
function sameScore(actual: Score, expected: Score): void {
  expect(actual.n).toBe(expected.n);
  for (const key of ["r2", "rmse", "mae", "bias"] as const) expect(actual[key]).toBeCloseTo(expected[key], 10);
}

describe("the test, forecast anew", () => {
  it("has the errors that training wrote down", () => {
    sameScore(score(tested), metrics.test);
    sameScore(score(tested.map((day) => ({ ...day, forecast: day.persistence }))), metrics.baselines.persistence);
    const inside = tested.filter((day) => day.actual >= day.lower && day.actual <= day.upper);
    expect(inside.length / tested.length).toBeCloseTo(metrics.interval_coverage, 12);
  });

  it("has a day for each place and day of the test", () => {
    expect(tested).toHaveLength(730);
    expect(tested.every((day) => day.lower < day.forecast && day.forecast < day.upper)).toBe(true);
  });
});

describe("the next day", () => {
  const next = forecastNextDay(table, model);

  it("follows the last measured one, for every place", () => {
    expect(next.data_to).toBe("2015-12-31");
    expect(next.places.map(({ location, issued_on, target_date, today }) => [location, issued_on, target_date, today])).toEqual([
      ["New York", "2015-12-31", "2016-01-01", 11.1],
      ["Seattle", "2015-12-31", "2016-01-01", 5.6],
    ]);
  });

  it("is no later than each place's own record", () => {
    const shorter = makeFeatures(days.filter((day) => day.location === "New York" || day.date <= "2015-12-20"));
    expect(forecastNextDay(shorter, model)).toMatchObject({ data_to: "2015-12-31", places: [{ target_date: "2016-01-01" }, { target_date: "2015-12-21" }] });
  });

  it("is refused where there is nothing to start from", () => {
    expect(() => forecastNextDay({ ...table, rows: table.rows.filter((row) => row.target !== null) }, model)).toThrow("No place ends with a measured day");
  });
});

describe("a model that does not fit the table", () => {
  it("is refused for a missing feature and for an unknown place", () => {
    expect(() => forecastTest({ ...table, features: table.features.map((name) => (name === "wind" ? "gusts" : name)) }, model)).toThrow('The model needs the feature "wind"');
    const elsewhere = table.rows.map((row) => ({ ...row, location: "Oslo" }));
    expect(() => forecastTest({ ...table, rows: elsewhere }, model)).toThrow('The model was not trained on "Oslo"');
  });

  it("finds its features by name, whatever their order", () => {
    const turned = { features: [...table.features].reverse(), rows: table.rows.map((row) => ({ ...row, values: [...row.values].reverse() })) };
    expect(forecastTest(turned, model)).toEqual(tested);
  });
});

describe("errors", () => {
  it("are listed from the worst", () => {
    const [worst, second] = worstDays(tested, 2);
    expect(Math.abs(worst?.error ?? 0)).toBe(Math.max(...tested.map((day) => Math.abs(day.forecast - day.actual))));
    expect(Math.abs(worst?.error ?? 0)).toBeGreaterThanOrEqual(Math.abs(second?.error ?? 0));
  });

  it("can be looked at for the last days of each place", () => {
    expect(lastDays(tested, 3).map(({ location, target_date }) => `${location} ${target_date}`)).toEqual(
      ["New York 2015-12-29", "New York 2015-12-30", "New York 2015-12-31", "Seattle 2015-12-29", "Seattle 2015-12-30", "Seattle 2015-12-31"]);
  });
});
