/** Gaps of a daily series: short ones are bridged by a straight line, long ones stay open. */
import { dayNumberOf, toDate } from "./calendar.js";
import type { DropReason, ReadDay } from "./cleaning.js";
import { round } from "./stats.js";
import { type CleanDay, type Measure, measures } from "./weather.js";

export type GapCounts = {
  filled: Record<Measure, number>;
  days_added: number;
  days_filled: number;
  days_absent: number;
};

/** Where {@link fillGaps} writes down what it did. */
export type GapAccount = { readonly gaps: GapCounts; readonly dropped: Record<DropReason, number> };

/** The sources give one decimal; an interpolated value should not look more exact than a measured one. */
const decimals = 1;

/**
 * Fills runs of at most `maxGapDays` days without a value by linear interpolation between the days around them, each
 * column by itself. Days that are then still incomplete are dropped. Rain has no course that a line could follow, but
 * the line keeps the level of the days around it; such days are marked as `filled` and no forecast is measured on them.
 * @param series - days of one place, ascending, without repeats.
 */
export function fillGaps(series: readonly ReadDay[], maxGapDays: number, account: GapAccount): CleanDay[] {
  const calendar = toCalendar(series);
  const columns = new Map(measures.map((name) => [name, interpolate(calendar.map((day) => day.read?.[name] ?? null), maxGapDays)]));
  const first = calendar.findIndex((_, index) => isComplete(columns, index));
  const last = calendar.length - 1 - [...calendar].reverse().findIndex((_, index) => isComplete(columns, calendar.length - 1 - index));
  const days: CleanDay[] = [];
  calendar.forEach((day, index) => {
    if (isComplete(columns, index)) days.push(completeDay(day, columns, { index, gaps: account.gaps }));
    else countLoss(day.read !== null, first >= 0 && index > first && index < last, account);
  });
  return days;
}

/**
 * Bridges inner runs of nulls of at most `maxRun` by a straight line.
 * @returns as many values; longer runs, and runs at either end, stay null.
 */
export function interpolate(values: readonly (number | null)[], maxRun: number): (number | null)[] {
  const result = [...values];
  let before = -1;
  values.forEach((value, index) => {
    if (value === null) return;
    const start = before >= 0 ? values[before] : null;
    const run = index - before - 1;
    if (typeof start === "number" && run > 0 && run <= maxRun) {
      for (let at = before + 1; at < index; at += 1) {
        result[at] = round(start + ((value - start) * (at - before)) / (index - before), decimals);
      }
    }
    before = index;
  });
  return result;
}

type Columns = ReadonlyMap<Measure, readonly (number | null)[]>;
type CalendarDay = { readonly location: string; readonly date: string; readonly read: ReadDay | null };

/** Every day from the first to the last, those without a row too. */
function toCalendar(series: readonly ReadDay[]): CalendarDay[] {
  const byNumber = new Map(series.map((day) => [dayNumberOf(day.date), day]));
  const first = series[0];
  const last = series[series.length - 1];
  if (first === undefined || last === undefined) return [];
  const start = dayNumberOf(first.date);
  return Array.from({ length: dayNumberOf(last.date) - start + 1 }, (_, index) => ({
    location: first.location,
    date: toDate(start + index),
    read: byNumber.get(start + index) ?? null,
  }));
}

function isComplete(columns: Columns, index: number): boolean {
  return measures.every((name) => typeof columns.get(name)?.[index] === "number");
}

function completeDay(day: CalendarDay, columns: Columns, { index, gaps }: { index: number; gaps: GapCounts }): CleanDay {
  const value = (name: Measure): number => columns.get(name)?.[index] ?? Number.NaN;
  const filled = measures.filter((name) => (day.read?.[name] ?? null) === null);
  for (const name of filled) gaps.filled[name] += 1;
  if (day.read === null) gaps.days_added += 1;
  if (filled.length > 0) gaps.days_filled += 1;
  return {
    location: day.location,
    date: day.date,
    precipitation: value("precipitation"),
    ...orderTemperatures(value("temp_max"), value("temp_min"), filled),
    wind: value("wind"),
    weather: day.read?.weather ?? "unknown",
    filled: filled.length > 0,
  };
}

/** A temperature that a line put on the wrong side of a measured one gives way to it. */
function orderTemperatures(highest: number, lowest: number, filled: readonly Measure[]): Pick<CleanDay, "temp_max" | "temp_min"> {
  if (lowest <= highest) return { temp_max: highest, temp_min: lowest };
  const measured = filled.includes("temp_max") ? lowest : highest;
  return { temp_max: measured, temp_min: measured };
}

function countLoss(hasRow: boolean, isInside: boolean, { gaps, dropped }: GapAccount): void {
  if (hasRow) dropped[isInside ? "gap_too_long" : "outside_measurements"] += 1;
  if (isInside) gaps.days_absent += 1;
}
