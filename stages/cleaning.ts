/** Stage 2: one table of believable days from the raw files. */
import { dayNumberOf, toDayNumber } from "./calendar.js";
import { fillGaps, type GapCounts } from "./gaps.js";
import { toNumber } from "./records.js";
import { type CleanDay, groupByLocation, type Measure, measures, type RawDay } from "./weather.js";

/** Why a raw row is not in the cleaned table. */
export type DropReason = "missing_location" | "invalid_date" | "duplicate" | "conflicting_duplicate" | "gap_too_long" | "outside_measurements";

/** Why a field of a kept row counts as not measured. */
export type MissingReason = "empty" | "not_a_number" | "out_of_range" | "min_above_max";

/** What cleaning did; all counts. `rows_out` = `rows_in` - all of `dropped` + `days_added`. */
export type Quality = {
  readonly rows_in: number;
  readonly rows_out: number;
  /** Rows by the reason they were dropped for. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly rows_dropped: number;
  /** Fields by the reason they count as missing. */
  readonly missing: Readonly<Record<MissingReason, number>>;
  /** Fields that were missing, by column, before anything was filled or dropped. */
  readonly missing_by_column: Readonly<Record<Measure, number>>;
  /** Fields that were interpolated, by column. */
  readonly filled_by_column: Readonly<Record<Measure, number>>;
  readonly values_filled: number;
  /** Days that no row was about and that were interpolated. */
  readonly days_added: number;
  /** Days between the first and the last that no row of the cleaned table is about. */
  readonly days_absent: number;
  readonly days_filled: number;
  readonly by_location: readonly { readonly location: string; readonly rows: number; readonly from: string; readonly to: string }[];
};

/** A day whose fields are numbers; null is "not measured". */
export type ReadDay = Readonly<Record<Measure, number | null>> & {
  readonly location: string;
  readonly date: string;
  readonly weather: string;
};

export type CleaningOptions = {
  /** Gaps of at most so many days are interpolated. */
  readonly maxGapDays: number;
};

/** What a station on Earth can have measured, with room: beyond it an instrument or a file is wrong. */
export const believable: Readonly<Record<Measure, readonly [number, number]>> = {
  precipitation: [0, 2000],
  temp_max: [-60, 60],
  temp_min: [-60, 60],
  wind: [0, 120],
};

/**
 * Cleans raw rows of any number of places.
 * @param raw - rows in file order; of rows about the same day the first is kept.
 * @returns the days, ordered by place and date, one row a day and place, and the account of what was done.
 * @throws Error where no place has a day left.
 */
export function cleanWeather(raw: readonly RawDay[], { maxGapDays }: CleaningOptions): { readonly days: CleanDay[]; readonly quality: Quality } {
  const dropped: Record<DropReason, number> = {
    missing_location: 0,
    invalid_date: 0,
    duplicate: 0,
    conflicting_duplicate: 0,
    gap_too_long: 0,
    outside_measurements: 0,
  };
  const missing: Record<MissingReason, number> = { empty: 0, not_a_number: 0, out_of_range: 0, min_above_max: 0 };
  const read = dropUnusable(raw, dropped).map((day) => readDay(day, missing));
  const gaps: GapCounts = { filled: countMissing([]), days_added: 0, days_filled: 0, days_absent: 0 };
  const days = groupByLocation(read).flatMap(([, series]) => fillGaps(series, maxGapDays, { gaps, dropped }));
  if (days.length === 0) throw new Error(`None of the ${raw.length} raw rows is a usable day; look at the raw files.`);
  return {
    days,
    quality: {
      rows_in: raw.length,
      rows_out: days.length,
      dropped,
      rows_dropped: sum(dropped),
      missing,
      missing_by_column: countMissing(read),
      filled_by_column: gaps.filled,
      values_filled: sum(gaps.filled),
      days_added: gaps.days_added,
      days_absent: gaps.days_absent,
      days_filled: gaps.days_filled,
      by_location: groupByLocation(days).map(([location, rows]) => ({
        location,
        rows: rows.length,
        from: rows[0]?.date ?? "",
        to: rows[rows.length - 1]?.date ?? "",
      })),
    },
  };
}

/** Leaves out rows that can't be placed or that repeat a day; what is left is ordered by date within its place. */
function dropUnusable(raw: readonly RawDay[], dropped: Record<DropReason, number>): RawDay[] {
  const kept = new Map<string, RawDay>();
  for (const row of raw) {
    const trimmed = trimFields(row);
    const key = `${trimmed.location}\n${trimmed.date}`;
    const earlier = kept.get(key);
    if (trimmed.location === "") dropped.missing_location += 1;
    else if (toDayNumber(trimmed.date) === null) dropped.invalid_date += 1;
    else if (earlier === undefined) kept.set(key, trimmed);
    else dropped[isSameDay(earlier, trimmed) ? "duplicate" : "conflicting_duplicate"] += 1;
  }
  return [...kept.values()].sort((a, b) => dayNumberOf(a.date) - dayNumberOf(b.date));
}

/** Reads the measurements of a row; what can't be true counts as not measured. */
function readDay(row: RawDay, missing: Record<MissingReason, number>): ReadDay {
  const read = (name: Measure): number | null => {
    const value = toNumber(row[name]);
    const [least, most] = believable[name];
    if (row[name] === "") missing.empty += 1;
    else if (value === null) missing.not_a_number += 1;
    else if (value < least || value > most) missing.out_of_range += 1;
    else return value;
    return null;
  };
  const day = { precipitation: read("precipitation"), temp_max: read("temp_max"), temp_min: read("temp_min"), wind: read("wind") };
  const weather = row.weather === "" ? "unknown" : row.weather;
  if (day.temp_max !== null && day.temp_min !== null && day.temp_min > day.temp_max) {
    // Which of the two is wrong can't be known.
    missing.min_above_max += 2;
    return { location: row.location, date: row.date, ...day, temp_max: null, temp_min: null, weather };
  }
  return { location: row.location, date: row.date, ...day, weather };
}

function trimFields(row: RawDay): RawDay {
  return {
    location: row.location.trim(),
    date: row.date.trim(),
    precipitation: row.precipitation.trim(),
    temp_max: row.temp_max.trim(),
    temp_min: row.temp_min.trim(),
    wind: row.wind.trim(),
    weather: row.weather.trim(),
  };
}

function isSameDay(a: RawDay, b: RawDay): boolean {
  return a.weather === b.weather && measures.every((name) => a[name] === b[name]);
}

function countMissing(days: readonly ReadDay[]): Record<Measure, number> {
  const count = (name: Measure): number => days.filter((day) => day[name] === null).length;
  return { precipitation: count("precipitation"), temp_max: count("temp_max"), temp_min: count("temp_min"), wind: count("wind") };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
