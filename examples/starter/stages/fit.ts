/** A straight line through points; `r2` is the share of the variance that it explains, `n` the number of points. */
export type Line = { readonly slope: number; readonly intercept: number; readonly r2: number; readonly n: number };

/** What the stage `fit` writes. */
export type Fit = Line & { readonly heatingLimit: number };

type Point = { readonly x: number; readonly y: number };

/**
 * The line with the least squared distance from the points.
 * @throws Error where fewer than two different `x` are given
 */
export function fitLine(points: readonly Point[]): Line {
  const n = points.length;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const sxx = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  if (!(sxx > 0)) throw new Error(`a line needs two different temperatures, found ${n} points`);
  const slope = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / sxx;
  const intercept = y - slope * x;
  const rest = points.reduce((sum, point) => sum + (point.y - intercept - slope * point.x) ** 2, 0);
  const total = points.reduce((sum, point) => sum + (point.y - y) ** 2, 0);
  return { slope, intercept, r2: total === 0 ? 1 : 1 - rest / total, n };
}

/** Reads what the stage `fit` wrote. */
export function readFit(text: string): Fit {
  return JSON.parse(text) as Fit;
}
