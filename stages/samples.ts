/** Rows as models see them: numbers, an answer, and a date that says on which side of a split they lie. */
import { dayNumberOf, toDate } from "./calendar.js";
import type { FeatureTable } from "./features.js";
import { deviation, mean } from "./stats.js";

/** One forecast to make: `x` are the features, `y` the maximum of `target_date` in °C. */
export type Sample = {
  readonly location: string;
  readonly target_date: string;
  readonly x: readonly number[];
  readonly y: number;
};

/** The rows whose answer is known, by date, then place. */
export function toSamples(table: Pick<FeatureTable, "rows">): Sample[] {
  const samples: Sample[] = [];
  for (const { location, target_date, values, target } of table.rows) {
    if (target !== null) samples.push({ location, target_date, x: values, y: target });
  }
  return samples.sort(byDateAndPlace);
}

/** Samples before a date, and from it on: what lies later never helps to forecast what lies earlier. */
export function splitByDate<T extends { readonly target_date: string }>(samples: readonly T[], from: string): { readonly before: T[]; readonly after: T[] } {
  // Days in ISO form are in order as texts are.
  const first = toDate(dayNumberOf(from));
  const isBefore = (sample: T): boolean => sample.target_date < first;
  return { before: samples.filter(isBefore), after: samples.filter((sample) => !isBefore(sample)) };
}

/** A block of days to check a candidate on, and all the days before it to train on. */
export type Fold = { readonly from: string; readonly train: readonly Sample[]; readonly check: readonly Sample[] };

/**
 * Cuts the later half of the samples' time into `count` blocks of equal length, for a cross-validation that keeps the
 * order of time: each block is forecast from all that lies before it.
 * @see Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.10
 * @throws RangeError where the time is too short for so many blocks.
 */
export function makeFolds(samples: readonly Sample[], count: number): Fold[] {
  const days = samples.map((sample) => dayNumberOf(sample.target_date));
  const first = days.reduce((least, day) => Math.min(least, day), Infinity);
  const end = days.reduce((most, day) => Math.max(most, day), -Infinity) + 1;
  const middle = first + Math.ceil((end - first) / 2);
  if (!Number.isInteger(count) || count < 1 || !(end - middle >= count)) {
    throw new RangeError(`${samples.length} samples can't be cut into ${count} blocks of time.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const from = toDate(middle + Math.floor(((end - middle) * index) / count));
    const to = toDate(middle + Math.floor(((end - middle) * (index + 1)) / count));
    const { before, after } = splitByDate(samples, from);
    return { from, train: before, check: splitByDate(after, to).before };
  });
}

/** What brings each feature to mean 0 and deviation 1; taken from training samples, and from them alone. */
export type Scaling = { readonly means: readonly number[]; readonly deviations: readonly number[] };

/** A feature that doesn't vary keeps its deviation of 1, and so becomes 0. */
export function fitScaling(samples: readonly Sample[]): Scaling {
  const width = samples[0]?.x.length ?? 0;
  const columns = Array.from({ length: width }, (_, index) => samples.map((sample) => sample.x[index] ?? 0));
  return { means: columns.map(mean), deviations: columns.map((column) => deviation(column) || 1) };
}

export function scaleValues(x: readonly number[], { means, deviations }: Scaling): number[] {
  return x.map((value, index) => (value - (means[index] ?? 0)) / (deviations[index] ?? 1));
}

function byDateAndPlace(a: Sample, b: Sample): number {
  if (a.target_date !== b.target_date) return a.target_date < b.target_date ? -1 : 1;
  return a.location < b.location ? -1 : a.location > b.location ? 1 : 0;
}
