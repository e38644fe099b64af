/** The tables that pass between the stages, and their units. */
import type { Cleaned } from "stitchbook/data";
import { groupBy } from "./groups.js";
import type { FieldType } from "./records.js";

/** Columns of a raw file, in order. */
export const rawColumns = ["location", "date", "precipitation", "temp_max", "temp_min", "wind", "weather"] as const;

/** One day at one place as it came: text, empty where nothing was measured. */
export type RawDay = Readonly<Record<(typeof rawColumns)[number], string>>;

/** The columns that hold measurements. */
export const measures = ["precipitation", "temp_max", "temp_min", "wind"] as const;
export type Measure = (typeof measures)[number];

/** What the report writes beside a number of that column. */
export const units: Readonly<Record<Measure, string>> = { precipitation: "mm", temp_max: "°C", temp_min: "°C", wind: "m/s" };

/** Columns of `data/processed/cleaned.csv`. */
export const cleanSchema = {
  location: "string",
  date: "date",
  precipitation: "number",
  temp_max: "number",
  temp_min: "number",
  wind: "number",
  weather: "string",
  filled: "boolean",
} as const satisfies Record<keyof Cleaned, FieldType>;

/**
 * One day at one place after cleaning: precipitation in mm, temperatures in °C, wind in m/s. `filled` is true where at
 * least one of the measurements was not measured but interpolated; `weather` is then `unknown` where it was missing. Its
 * words are the source's own until the checkpoint holds the table against its contract.
 */
export type CleanDay = Readonly<Omit<Cleaned, "weather">> & { readonly weather: string };

export const cleanColumns = Object.keys(cleanSchema) as (keyof CleanDay)[];

/** Items by place, places in code-unit order, items in the order they came. */
export function groupByLocation<T extends { readonly location: string }>(items: readonly T[]): [string, T[]][] {
  return groupBy(items, (item) => item.location);
}
