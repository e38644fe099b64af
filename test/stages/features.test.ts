import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays } from "../../stages/calendar.js";
import { readFeatures, writeFeatures } from "../../stages/feature-file.js";
import { describeFeatures, featureNames, type FeatureRow, type FeatureTable, makeFeatures, placeColumn } from "../../stages/features.js";
import { cleanWeather } from "../../stages/cleaning.js";
import { cleanDays, cleanSources, rawDays } from "./weather-samples.js";

const ramp = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function named(table: { features: readonly string[] }, row: FeatureRow | undefined): Record<string, number | undefined> {
  return Object.fromEntries(table.features.map((name, index) => [name, row?.values[index]]));
}

describe("a row", () => {
  const table = makeFeatures(cleanDays(ramp(16), (index) => ({ precipitation: index === 13 ? Math.E - 1 : 0, wind: index })));

  it("holds what was known that evening", () => {
    expect(table.rows[0]).toMatchObject({ location: "Oslo", date: "2020-05-14", target_date: "2020-05-15", target: 14 });
    expect(named(table, table.rows[0])).toMatchObject({
      temp_max: 13,
      temp_min: 5,
      temp_max_lag_1: 12,
      temp_max_lag_2: 11,
      temp_max_lag_3: 10,
      temp_max_lag_7: 6,
      temp_mid_mean_3: 8,
      temp_mid_mean_7: 6,
      temp_mid_mean_14: 2.5,
      precipitation_log: 1,
      wind: 13,
    });
  });

  it("has the season of the day that is forecast", () => {
    const days = makeFeatures(cleanDays(ramp(14), (index) => ({ date: addDays("2020-12-18", index) })));
    expect(days.rows[0]?.target_date).toBe("2021-01-01");
    expect(named(days, days.rows[0])).toMatchObject({ season_sin: 0, season_cos: 1 });
  });

  it("has no answer on the last day", () => {
    expect(table.rows.map((row) => row.target)).toEqual([14, 15, null]);
  });
});

describe("places", () => {
  const two = [...cleanDays(ramp(15)), ...cleanDays(ramp(15), () => ({ location: "Sankt Gallen" }))];

  it("after the first have columns of their own", () => {
    const table = makeFeatures(two);
    expect(table.features).toEqual(featureNames(["Oslo", "Sankt Gallen"]));
    expect(named(table, table.rows[0])).toMatchObject({ place_sankt_gallen: 0, place_sankt_gallen_x_temp_max: 0 });
    expect(named(table, table.rows[2])).toMatchObject({ place_sankt_gallen: 1, place_sankt_gallen_x_temp_max: 13 });
    expect(placeColumn("São Paulo / Süd")).toBe("place_são_paulo_süd");
  });

  it("don't see each other", () => {
    const alone = makeFeatures(cleanDays(ramp(15)));
    const together = makeFeatures(two);
    expect(together.rows[0]?.values.slice(0, alone.features.length)).toEqual(alone.rows[0]?.values);
  });
});

describe("gaps", () => {
  it("make no day the day after another one", () => {
    const days = cleanDays(ramp(40)).filter((_, index) => index !== 20);
    const table = makeFeatures(days);
    expect(table.rows.map((row) => row.date)).toEqual([...ramp(6).map((n) => addDays("2020-05-14", n)), ...ramp(6).map((n) => addDays("2020-06-04", n))]);
    expect(table.skipped).toEqual({ short_history: 26, interpolated_day: 0, unknown_target: 1 });
    for (const row of table.rows) expect(row.target_date).toBe(addDays(row.date, 1));
  });

  it("that were filled are history, but neither question nor answer", () => {
    const table = makeFeatures(cleanDays(ramp(20), (index) => ({ filled: index === 16 })));
    expect(table.rows.map((row) => row.date)).toEqual(["2020-05-14", "2020-05-15", "2020-05-18", "2020-05-19", "2020-05-20"]);
    expect(table.skipped).toMatchObject({ interpolated_day: 1, unknown_target: 1 });
  });
});

describe("the future", () => {
  const days = cleanSources();

  it("never moves an earlier row", () => {
    const past = (table: FeatureTable, from: string) => table.rows.filter((row) => row.date < from);
    const before = makeFeatures(days);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1440 }), fc.double({ min: -30, max: 30, noNaN: true }), fc.boolean(), (offset, shift, cut) => {
        const from = addDays("2012-01-01", offset);
        const changed = days.flatMap((day) => {
          if (day.date < from) return [day];
          return cut ? [] : [{ ...day, temp_max: day.temp_max + shift, temp_min: day.temp_min - 5, wind: 0, precipitation: 99, weather: "snow" }];
        });
        const expected = past(before, from).map(({ location, date, values }) => ({ location, date, values }));
        expect(expected.length).toBeGreaterThan(0);
        expect(past(makeFeatures(changed), from).map(({ location, date, values }) => ({ location, date, values }))).toEqual(expected);
      }),
      { numRuns: 20, seed: 7 },
    );
  });

  it("doesn't come in through cleaning either: no row rests on a value made from later days", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 45 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: -20, max: 40 }), (from, gap, later) => {
        // Days from - gap .. from - 1 are missing, so that their values are made from the day `from`.
        const record = (maximum: number) => rawDays(60, (index) => ({ temp_max: String(index >= from ? maximum : 10), temp_min: "-25" })).filter((_, index) => index < from - gap || index >= from);
        const rows = (maximum: number) => makeFeatures(cleanWeather(record(maximum), { maxGapDays: 3 }).days).rows.filter((row) => row.date < addDays("2020-05-01", from));
        expect(rows(later)).toEqual(rows(10));
      }),
      { seed: 7 },
    );
  });
});

describe("the file", () => {
  const table = makeFeatures(cleanSources());

  it("comes back as it was written", () => {
    const { features, rows } = readFeatures(writeFeatures(table), "features.csv");
    expect(features).toEqual(table.features);
    expect(rows).toEqual(table.rows);
  });

  it("is refused with another frame", () => {
    expect(() => readFeatures("date,location,x\n", "features.csv")).toThrow("features.csv, row 1: expected location, date, target_date, the features, and temp_max_next");
  });
});

it("describes every column", () => {
  const [first, second] = describeFeatures(makeFeatures(cleanDays(ramp(20))));
  expect(first).toMatchObject({ column: "temp_max", n: 7, min: 13, median: 16, max: 19, mean: 16 });
  expect(first?.target_correlation).toBeCloseTo(1, 12);
  expect(second?.column).toBe("temp_min");
});
