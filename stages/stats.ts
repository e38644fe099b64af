/** Plain descriptive statistics. */

/** @throws RangeError for no values. */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("The mean of no values is not defined.");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of the values themselves (divided by n, not by n - 1). */
export function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}

/**
 * Quantile with linear interpolation between order statistics.
 * @param share - 0 for the smallest, 0.5 for the median, 1 for the largest.
 * @see Hyndman and Fan (1996), Sample Quantiles in Statistical Packages, type 7
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("The quantile of no values is not defined.");
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? 0;
  return below + (above - below) * (position - Math.floor(position));
}

/** Pearson's correlation; 0 where one side does not vary. */
export function correlation(left: readonly number[], right: readonly number[]): number {
  const [leftMean, rightMean] = [mean(left), mean(right)];
  const covariance = mean(left.map((value, index) => (value - leftMean) * ((right[index] ?? 0) - rightMean)));
  const scale = deviation(left) * deviation(right);
  return scale === 0 ? 0 : covariance / scale;
}

/** Rounded to `digits` decimals, without a negative zero. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}
