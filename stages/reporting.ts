/** Stage 5: what the trained model says, and how it fared. */
import type { FeatureRow, FeatureTable } from "./features.js";
import { groupBy } from "./groups.js";
import type { Outcome } from "./metrics.js";
import type { Model } from "./model.js";
import { predict } from "./predictors.js";
import { splitByDate } from "./samples.js";

/** A forecast of the test beside what happened; °C. */
export type TestDay = Outcome & {
  /** Ends of the interval around the forecast. */
  readonly lower: number;
  readonly upper: number;
  /** What "as warm as the day before" would have said. */
  readonly persistence: number;
};

/** The forecast for the day after the last measured one, at one place; °C. */
export type NextDay = {
  readonly location: string;
  /** The last measured day. */
  readonly issued_on: string;
  readonly target_date: string;
  /** The maximum of the last measured day. */
  readonly today: number;
  readonly forecast: number;
  readonly lower: number;
  readonly upper: number;
};

/** What `model/forecast.json` holds. */
export type ForecastFile = {
  /** The last measured day of any place. */
  readonly data_to: string;
  /** Share of days that the interval should hold. */
  readonly level: number;
  /** Places in code-unit order. */
  readonly places: readonly NextDay[];
};

type Table = Pick<FeatureTable, "features" | "rows">;

/**
 * Forecasts every day of the model's test anew.
 * @returns one row a day and place, ordered by place and date.
 * @throws Error where the table lacks a feature of the model.
 */
export function forecastTest(table: Table, model: Model): TestDay[] {
  const forecast = forecaster(table, model);
  const today = table.features.indexOf("temp_max");
  return splitByDate(table.rows, model.split.test_from).after.flatMap((row) => {
    if (row.target === null) return [];
    const { location, target_date, target } = row;
    return [{ location, target_date, actual: target, ...forecast(row), persistence: row.values[today] ?? Number.NaN }];
  });
}

/**
 * Forecasts the day after the last measured one of each place.
 * @throws Error where the table lacks a feature of the model, or no place ends with a day to start from.
 */
export function forecastNextDay(table: Table, model: Model): ForecastFile {
  const forecast = forecaster(table, model);
  const today = table.features.indexOf("temp_max");
  const places = table.rows
    .filter((row) => row.target === null)
    .map((row) => ({
      location: row.location,
      issued_on: row.date,
      target_date: row.target_date,
      today: row.values[today] ?? Number.NaN,
      ...forecast(row),
    }));
  const last = places.map((place) => place.issued_on).sort()[places.length - 1];
  if (last === undefined) throw new Error("No place ends with a measured day that a forecast could start from.");
  return { data_to: last, level: model.interval.level, places };
}

/** The `count` days whose forecast was farthest off, the farthest first; of equal ones the earlier. */
export function worstDays(days: readonly TestDay[], count: number): (TestDay & { readonly error: number })[] {
  return days
    .map((day) => ({ ...day, error: day.forecast - day.actual }))
    .sort((a, b) => Math.abs(b.error) - Math.abs(a.error) || (a.target_date < b.target_date ? -1 : 1))
    .slice(0, count);
}

/** The last `count` days of each place. */
export function lastDays<T extends { readonly location: string; readonly target_date: string }>(days: readonly T[], count: number): T[] {
  return groupBy(days, (day) => day.location).flatMap(([, ofPlace]) => ofPlace.slice(-count));
}

function forecaster({ features }: Table, model: Model): (row: FeatureRow) => { forecast: number; lower: number; upper: number } {
  const positions = model.features.map((name) => {
    const position = features.indexOf(name);
    if (position < 0) throw new Error(`The model needs the feature "${name}", which the table lacks; train it again.`);
    return position;
  });
  const intervals = new Map(model.interval.by_location.map((entry) => [entry.location, entry]));
  return ({ location, values }) => {
    const interval = intervals.get(location);
    if (interval === undefined) throw new Error(`The model was not trained on "${location}"; train it again.`);
    const forecast = predict(model.predictor, model.scaling, positions.map((position) => values[position] ?? Number.NaN));
    return { forecast, lower: forecast + interval.lower, upper: forecast + interval.upper };
  };
}
