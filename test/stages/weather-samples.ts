/** Data for the tests of the stages. */
import { readFileSync } from "node:fs";
import { cleanWeather } from "../../stages/cleaning.js";
import { readRaw } from "../../stages/files.js";
import type { CleanDay, RawDay } from "../../stages/weather.js";
import { addDays } from "../../stages/calendar.js";

/** The shipped record of both places. */
export function readSources(): RawDay[] {
  return ["new-york", "seattle"].flatMap((name) => {
    const path = `data/sources/${name}.csv`;
    return readRaw(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"), path);
  });
}

export function cleanSources(): CleanDay[] {
  return cleanWeather(readSources(), { maxGapDays: 3 }).days;
}

/** A raw row with believable values. */
export function rawDay(change: Partial<RawDay> = {}): RawDay {
  return { location: "Oslo", date: "2020-05-01", precipitation: "0.0", temp_max: "12.0", temp_min: "4.0", wind: "3.0", weather: "sun", ...change };
}

/** Raw rows of consecutive days, the `index`th changed by `change(index)`. */
export function rawDays(count: number, change: (index: number) => Partial<RawDay> = () => ({})): RawDay[] {
  return Array.from({ length: count }, (_, index) => rawDay({ date: addDays("2020-05-01", index), ...change(index) }));
}

/** Clean days of one place with the given maxima, from 1 May 2020. */
export function cleanDays(maxima: readonly number[], change: (index: number) => Partial<CleanDay> = () => ({})): CleanDay[] {
  return maxima.map((temp_max, index) => ({
    location: "Oslo",
    date: addDays("2020-05-01", index),
    precipitation: 0,
    temp_max,
    temp_min: temp_max - 8,
    wind: 3,
    weather: "sun",
    filled: false,
    ...change(index),
  }));
}
