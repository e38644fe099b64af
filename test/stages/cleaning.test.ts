import { describe, expect, it } from "vitest";
import { cleanWeather, type Quality } from "../../stages/cleaning.js";
import { dayNumberOf, toDayNumber } from "../../stages/calendar.js";
import { interpolate } from "../../stages/gaps.js";
import { createRandom } from "../../stages/random.js";
import { cleanColumns, groupByLocation, measures, type RawDay } from "../../stages/weather.js";
import { writeRecords } from "../../stages/records.js";
import { rawDay, rawDays, readSources } from "./weather-samples.js";

const clean = (rows: readonly RawDay[], maxGapDays = 3) => cleanWeather(rows, { maxGapDays });

describe("cleaning the shipped record", () => {
  it("keeps every day and fills nothing", () => {
    const { days, quality } = clean(readSources());
    expect(days).toHaveLength(2922);
    expect(quality).toMatchObject({ rows_in: 2922, rows_out: 2922, rows_dropped: 0, values_filled: 0, days_absent: 0 });
    expect(quality.by_location.map((place) => place.location)).toEqual(["New York", "Seattle"]);
  });
});

describe("rows that can't be used", () => {
  it.each<[string, Partial<RawDay>, keyof Quality["dropped"]]>([
    ["without a place", { location: " " }, "missing_location"],
    ["with a date that is none", { date: "2020-02-30" }, "invalid_date"],
    ["that repeat a day", { date: "2020-05-01" }, "duplicate"],
    ["that contradict an earlier one", { date: "2020-05-01", temp_max: "30.0" }, "conflicting_duplicate"],
  ])("%s are dropped and counted", (_, change, reason) => {
    const { days, quality } = clean([...rawDays(3), rawDay(change)]);
    expect(days).toHaveLength(3);
    expect(quality.dropped[reason]).toBe(1);
    expect(quality.rows_dropped).toBe(1);
    expect(days[0]?.temp_max).toBe(12);
  });
});

describe("values that can't be true", () => {
  it.each<[string, Partial<RawDay>, keyof Quality["missing"], number]>([
    ["an empty field", { wind: "" }, "empty", 1],
    ["a text", { temp_max: "n/a" }, "not_a_number", 1],
    ["a decimal comma", { temp_max: "12,5" }, "not_a_number", 1],
    ["more than 60 °C", { temp_max: "60.1" }, "out_of_range", 1],
    ["less than -60 °C", { temp_min: "-999" }, "out_of_range", 1],
    ["negative rain", { precipitation: "-0.1" }, "out_of_range", 1],
    ["negative wind", { wind: "-1" }, "out_of_range", 1],
    ["a minimum above the maximum", { temp_min: "12.1" }, "min_above_max", 2],
  ])("%s counts as not measured and is interpolated", (_, change, reason, count) => {
    const { days, quality } = clean(rawDays(3, (index) => (index === 1 ? change : {})));
    expect(quality.missing[reason]).toBe(count);
    expect(quality.values_filled).toBe(count);
    expect(days[1]).toMatchObject({ precipitation: 0, temp_max: 12, temp_min: 4, wind: 3, filled: true });
    expect(days.filter((day) => day.filled)).toHaveLength(1);
  });
});

describe("gaps", () => {
  it("of a few days are bridged by a straight line", () => {
    expect(interpolate([1, null, null, 4, null, null, null, 8], 2)).toEqual([1, 2, 3, 4, null, null, null, 8]);
    expect(interpolate([null, 2, null], 5)).toEqual([null, 2, null]);
    expect(interpolate([0, null, null, 1], 2)).toEqual([0, 0.3, 0.7, 1]);
  });

  it("without rows give days of their own", () => {
    const rows = rawDays(6, (index) => ({ temp_max: String(10 + index) })).filter((_, index) => index !== 2 && index !== 3);
    const { days, quality } = clean(rows);
    expect(days.map((day) => day.temp_max)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(days.map((day) => day.weather)).toEqual(["sun", "sun", "unknown", "unknown", "sun", "sun"]);
    expect(quality).toMatchObject({ rows_in: 4, rows_out: 6, days_added: 2, days_filled: 2, days_absent: 0 });
  });

  it("that are longer stay open", () => {
    const rows = rawDays(10).filter((_, index) => index < 3 || index > 6);
    const { days, quality } = clean(rows);
    expect(days).toHaveLength(6);
    expect(quality).toMatchObject({ days_added: 0, days_absent: 4, rows_dropped: 0 });
  });

  it("with rows but without values drop those rows, inside and at the ends", () => {
    const { days, quality } = clean(rawDays(12, (index) => ([0, 4, 5, 6, 7, 11].includes(index) ? { temp_max: "" } : {})));
    expect(days).toHaveLength(6);
    expect(quality.dropped).toMatchObject({ gap_too_long: 4, outside_measurements: 2 });
    expect(quality.missing_by_column.temp_max).toBe(6);
    expect(quality.days_absent).toBe(4);
  });

  it("never put a minimum above its maximum", () => {
    const rows = rawDays(3, (index) => (index === 1 ? { temp_max: "1.0", temp_min: "" } : {}));
    expect(clean(rows).days[1]).toMatchObject({ temp_max: 1, temp_min: 1, filled: true });
  });

  it("belong to one place", () => {
    const rows = [...rawDays(3).filter((_, index) => index !== 1), rawDay({ location: "Bern", date: "2020-05-02", temp_max: "30.0" })];
    expect(clean(rows).days.map((day) => [day.location, day.temp_max])).toEqual([["Bern", 30], ["Oslo", 12], ["Oslo", 12], ["Oslo", 12]]);
  });
});

it("says so when nothing is left", () => {
  expect(() => clean([rawDay({ date: "never" })])).toThrow("None of the 1 raw rows is a usable day");
});

/** A record with faults of every kind, and how many of each were put in. */
function dirty(seed: number): { rows: RawDay[]; faults: Record<string, number> } {
  const random = createRandom(seed);
  const faults: Record<string, number> = { absent: 0, duplicate: 0, conflicting: 0, date: 0, place: 0, empty: 0, text: 0, range: 0, swapped: 0 };
  const count = (name: string): void => void (faults[name] = (faults[name] ?? 0) + 1);
  const rows = readSources().flatMap((row): RawDay[] => {
    const fate = random();
    if (fate < 0.01) return count("absent"), [];
    if (fate < 0.02) return count("duplicate"), [row, { ...row }];
    if (fate < 0.03) return count("conflicting"), [row, { ...row, wind: "11.1" }];
    if (fate < 0.04) return count("date"), [{ ...row, date: row.date.replaceAll("-", "/") }];
    if (fate < 0.05) return count("place"), [{ ...row, location: "" }];
    if (fate < 0.07) return count("empty"), [{ ...row, [measures[Math.floor(random() * 4)] ?? "wind"]: "" }];
    if (fate < 0.08) return count("text"), [{ ...row, temp_max: "M" }];
    if (fate < 0.09) return count("range"), [{ ...row, precipitation: "-9999" }];
    if (fate < 0.1) return count("swapped"), [{ ...row, temp_max: row.temp_min, temp_min: String(Number(row.temp_max) + 1) }];
    return [row];
  });
  return { rows, faults };
}

describe.each([1, 2, 3])("a dirtied copy of the record (seed %i)", (seed) => {
  const { rows, faults } = dirty(seed);
  const { days, quality } = clean(rows);

  it("has every fault counted", () => {
    expect(quality.rows_in).toBe(rows.length);
    expect(quality.dropped).toMatchObject({
      duplicate: faults["duplicate"],
      conflicting_duplicate: faults["conflicting"],
      invalid_date: faults["date"],
      missing_location: faults["place"],
    });
    expect(quality.missing).toEqual({ empty: faults["empty"], not_a_number: faults["text"], out_of_range: faults["range"], min_above_max: 2 * (faults["swapped"] ?? 0) });
  });

  it("has an account that adds up", () => {
    expect(quality.rows_out).toBe(days.length);
    expect(quality.rows_out).toBe(quality.rows_in - quality.rows_dropped + quality.days_added);
    expect(quality.rows_dropped).toBe(Object.values(quality.dropped).reduce((sum, each) => sum + each, 0));
    expect(days.filter((day) => day.filled)).toHaveLength(quality.days_filled);
    for (const [location, series] of groupByLocation(days)) {
      const place = quality.by_location.find((each) => each.location === location);
      expect(place).toMatchObject({ rows: series.length, from: series[0]?.date, to: series[series.length - 1]?.date });
    }
    const spans = quality.by_location.map((place) => dayNumberOf(place.to) - dayNumberOf(place.from) + 1);
    expect(spans.reduce((sum, span) => sum + span, 0) - days.length).toBe(quality.days_absent);
  });

  it("leaves believable days only, one a day and place, in order", () => {
    const keys = days.map((day) => `${day.location} ${day.date}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect([...keys].sort()).toEqual(keys);
    for (const day of days) {
      expect(toDayNumber(day.date)).not.toBeNull();
      expect(day.temp_min).toBeLessThanOrEqual(day.temp_max);
      expect(Math.min(day.precipitation, day.wind)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(day.temp_max)).toBeLessThanOrEqual(60);
    }
  });

  it("changes no measurement that was sound", () => {
    const sound = new Map(readSources().map((row) => [`${row.location} ${row.date}`, row]));
    for (const day of days.filter((each) => !each.filled)) {
      const row = sound.get(`${day.location} ${day.date}`);
      for (const name of measures) expect(day[name]).toBe(Number(row?.[name]));
    }
  });

  it("gives the same bytes again, also for rows in another order where none contradict", () => {
    const text = writeRecords(days, cleanColumns);
    expect(writeRecords(clean(rows).days, cleanColumns)).toBe(text);
    const [first, second] = groupByLocation(rows.map((row) => ({ ...row })));
    expect(writeRecords(clean([...(second?.[1] ?? []), ...(first?.[1] ?? []), ...groupByLocation(rows).slice(2).flatMap(([, rest]) => rest)]).days, cleanColumns)).toBe(text);
  });
});
