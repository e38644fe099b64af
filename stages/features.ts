/** Stage 3: what is known in the evening of a day, in numbers, beside the maximum of the day after. */
import type { Features } from "stitchbook/data";
import { addDays, dayNumberOf, seasonAngle } from "./calendar.js";
import { correlation, deviation, mean, quantile } from "./stats.js";
import { type CleanDay, groupByLocation } from "./weather.js";

/** Days back whose maximum is a feature. */
export const lags = [1, 2, 3, 7] as const;
/** Lengths in days, today included, of the means of the daily mid temperature. */
export const windows = [3, 7, 14] as const;

/** Columns that identify a row or are the answer; all others are features. */
export const keyColumns = ["location", "date", "target_date"] as const satisfies readonly (keyof Features)[];
export const targetColumn = "temp_max_next" satisfies keyof Features;

/** Features that are the same for every place. */
const commonFeatures = [
  "temp_max",
  "temp_min",
  ...lags.map((lag) => `temp_max_lag_${lag}`),
  ...windows.map((days) => `temp_mid_mean_${days}`),
  "season_sin",
  "season_cos",
  "precipitation_log",
  "wind",
];

/** Features whose effect may be another at another place. */
const localFeatures = ["season_sin", "season_cos", "temp_max", "temp_min", "wind"];

/**
 * One day at one place. `values` are in the order of {@link FeatureTable.features}; `target` is the maximum of
 * `target_date`, the next calendar day, in °C, and null where it was not measured (for the last day: not yet).
 */
export type FeatureRow = Readonly<Pick<Features, (typeof keyColumns)[number]>> & {
  readonly values: readonly number[];
  readonly target: Features[typeof targetColumn];
};

export type FeatureTable = {
  /** Names of the features, in column order. */
  readonly features: readonly string[];
  /** Ordered by place and date. */
  readonly rows: readonly FeatureRow[];
  /** Days of the cleaned table that gave no row, by reason. */
  readonly skipped: { readonly short_history: number; readonly interpolated_day: number; readonly unknown_target: number };
};

/**
 * Makes the feature table. Of each place, a row stands for a measured day with 13 unbroken days before it; it sees that
 * day and earlier ones only. A row whose target was not measured is left out, but for the last day of a place: that
 * one is what a forecast starts from.
 *
 * Interpolated days never stand as a row or as a target: their value was made from the day after the gap, which at
 * the time nobody knew.
 * @param days - the cleaned table: temperatures in °C, precipitation in mm, wind in m/s.
 */
export function makeFeatures(days: readonly CleanDay[]): FeatureTable {
  const groups = groupByLocation(days);
  const places = groups.map(([location]) => location);
  const skipped = { short_history: 0, interpolated_day: 0, unknown_target: 0 };
  const rows: FeatureRow[] = [];
  for (const [location, series] of groups) {
    const byNumber = new Map(series.map((day) => [dayNumberOf(day.date), day]));
    const last = Math.max(...byNumber.keys());
    for (const today of series) {
      const number = dayNumberOf(today.date);
      const past = pastDays(byNumber, number);
      const next = byNumber.get(number + 1);
      const target = next === undefined || next.filled ? null : next.temp_max;
      if (past === null) skipped.short_history += 1;
      else if (today.filled) skipped.interpolated_day += 1;
      else if (target === null && number !== last) skipped.unknown_target += 1;
      else rows.push({ location, date: today.date, target_date: addDays(today.date, 1), values: featuresOf(past, places), target });
    }
  }
  return { features: featureNames(places), rows, skipped };
}

/**
 * The features of a table with these places, in column order. The first place has no column of its own: it is what
 * the others are compared with.
 */
export function featureNames(places: readonly string[]): string[] {
  const local = places.slice(1).flatMap((place) => {
    const column = placeColumn(place);
    return [column, ...localFeatures.map((name) => `${column}_x_${name}`)];
  });
  return [...commonFeatures, ...local];
}

/** `place_new_york` for "New York". */
export function placeColumn(place: string): string {
  return `place_${place.toLowerCase().replace(/[^\p{Letter}\p{Number}]+/gu, "_")}`;
}

/** Summary of one column: what `data/processed/features.csv` should be looked at for before anybody trusts it. */
export type Distribution = {
  readonly column: string;
  readonly n: number;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Pearson's correlation with the target, over the rows that have one. */
  readonly target_correlation: number;
};

/** One summary for each feature, in column order. */
export function describeFeatures(table: FeatureTable): Distribution[] {
  const answered = table.rows.filter((row) => row.target !== null);
  const targets = answered.map((row) => row.target ?? 0);
  return table.features.map((column, index) => {
    const values = table.rows.map((row) => row.values[index] ?? 0);
    return {
      column,
      n: values.length,
      mean: mean(values),
      deviation: deviation(values),
      min: values.reduce((least, value) => Math.min(least, value), Infinity),
      median: quantile(values, 0.5),
      max: values.reduce((most, value) => Math.max(most, value), -Infinity),
      target_correlation: correlation(answered.map((row) => row.values[index] ?? 0), targets),
    };
  });
}

/** How many days the longest look back needs. */
const longestLookBack = Math.max(...windows, ...lags.map((lag) => lag + 1));

/** Today and the days before it, newest first; null where one is absent. */
function pastDays(byNumber: ReadonlyMap<number, CleanDay>, today: number): CleanDay[] | null {
  const past: CleanDay[] = [];
  for (let back = 0; back < longestLookBack; back += 1) {
    const day = byNumber.get(today - back);
    if (day === undefined) return null;
    past.push(day);
  }
  return past;
}

function featuresOf(past: readonly CleanDay[], places: readonly string[]): number[] {
  const [today] = past;
  if (today === undefined) throw new Error("Internal error: a row of features without a day.");
  const angle = seasonAngle(addDays(today.date, 1));
  const common = [
    today.temp_max,
    today.temp_min,
    ...lags.map((lag) => past[lag]?.temp_max ?? Number.NaN),
    ...windows.map((days) => mean(past.slice(0, days).map((day) => (day.temp_max + day.temp_min) / 2))),
    Math.sin(angle),
    Math.cos(angle),
    // Rain is many small days and few huge ones; what it tells about tomorrow grows with its order of magnitude.
    Math.log1p(today.precipitation),
    today.wind,
  ];
  const local = places.slice(1).flatMap((place) => {
    const isHere = place === today.location;
    return [isHere ? 1 : 0, ...localFeatures.map((name) => (isHere ? (common[commonFeatures.indexOf(name)] ?? Number.NaN) : 0))];
  });
  return [...common, ...local];
}
