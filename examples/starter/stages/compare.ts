import type { Fit } from "./fit";
import type { Reading } from "./readings";

/** A week with what was measured and what its temperature lets expect, in kWh. */
export type Week = { readonly week: string; readonly kwh: number; readonly expected: number; readonly difference: number };

/** Compares each reading with the line; above the heating limit the line is level. */
export function compareWeeks(readings: readonly Reading[], { slope, intercept, heatingLimit }: Fit): Week[] {
  return readings.flatMap(({ week, kwh, outdoor }) => {
    if (kwh === null) return [];
    const expected = round(intercept + slope * Math.min(outdoor, heatingLimit));
    return [{ week, kwh, expected, difference: round(kwh - expected) }];
  });
}

/** Weeks as CSV, the largest difference first. */
export function writeComparison(weeks: readonly Week[]): string {
  const sorted = [...weeks].sort((left, right) => Math.abs(right.difference) - Math.abs(left.difference) || (left.week < right.week ? -1 : 1));
  return ["week,kwh,expected,difference", ...sorted.map(({ week, kwh, expected, difference }) => `${week},${kwh},${expected},${difference}`), ""].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
