/** Forecasts that need no model. One that does not beat them is not worth its trouble. */
import { dayOfCommonYear } from "./calendar.js";
import { groupBy } from "./groups.js";
import type { Outcome } from "./metrics.js";
import type { Sample } from "./samples.js";
import { mean } from "./stats.js";

/** Tomorrow will be as warm as today. @param todayIndex - position of today's maximum among the features. */
export function forecastPersistence(samples: readonly Sample[], todayIndex: number): Outcome[] {
  return samples.map((sample) => toOutcome(sample, sample.x[todayIndex] ?? Number.NaN));
}

/**
 * Tomorrow will be as warm as this time of year usually is at the place: the mean of all training days at most
 * `halfWidth` days of the year away, across the turn of the year too.
 * @param train - the only samples that the mean is taken from.
 */
export function forecastClimatology(train: readonly Sample[], samples: readonly Sample[], halfWidth: number): Outcome[] {
  const usual = new Map(groupBy(train, (sample) => sample.location).map(([place, known]) => [place, usualMaxima(known, halfWidth)]));
  const anywhere = mean(train.map((sample) => sample.y));
  return samples.map((sample) => toOutcome(sample, usual.get(sample.location)?.[dayOfCommonYear(sample.target_date)] ?? anywhere));
}

/** A sample's answer beside a forecast of it. */
export function toOutcome({ location, target_date, y }: Sample, forecast: number): Outcome {
  return { location, target_date, actual: y, forecast };
}

/** The usual maximum for each day of the common year (index 1 to 365); the mean of all days where none is near. */
function usualMaxima(train: readonly Sample[], halfWidth: number): number[] {
  const known = train.map((sample) => ({ day: dayOfCommonYear(sample.target_date), y: sample.y }));
  const all = mean(known.map(({ y }) => y));
  return Array.from({ length: 366 }, (_, day) => {
    const near = known.filter((sample) => circularDistance(sample.day, day) <= halfWidth).map(({ y }) => y);
    return near.length > 0 ? mean(near) : all;
  });
}

function circularDistance(a: number, b: number): number {
  const distance = Math.abs(a - b);
  return Math.min(distance, 365 - distance);
}
