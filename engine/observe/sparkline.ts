const bars = [..."▁▂▃▄▅▆▇█"];

/**
 * Numbers as a line of small bars, from the smallest to the largest.
 *
 * @returns empty for fewer than two values; all equal ones stand in the middle
 */
export function drawSparkline(values: readonly number[]): string {
  if (values.length < 2) return "";
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  return values.map((value) => bars[range > 0 ? Math.round(((value - least) / range) * (bars.length - 1)) : 3] ?? "").join("");
}

/** The values without those that are the same as the one before. */
export function dropRepeats(values: readonly number[]): number[] {
  return values.filter((value, index) => value !== values[index - 1]);
}
