/** A trained model as plain data, so that `model.json` is all that a forecast needs. */
import { type Scaling, scaleValues } from "./samples.js";

/** Acts on scaled features. */
export type Predictor =
  | { readonly kind: "linear"; readonly intercept: number; readonly weights: readonly number[] }
  | { readonly kind: "polynomial"; /** Position of the only feature it uses. */ readonly feature: number; /** From the constant upwards. */ readonly coefficients: readonly number[] }
  | { readonly kind: "kernel"; readonly sigma: number; readonly center: number; readonly rows: readonly (readonly number[])[]; readonly alpha: readonly number[] };

/**
 * @param x - features in the model's order, in their own units.
 * @returns the forecast in °C.
 */
export function predict(predictor: Predictor, scaling: Scaling, x: readonly number[]): number {
  const scaled = scaleValues(x, scaling);
  switch (predictor.kind) {
    case "linear":
      return predictor.weights.reduce((sum, weight, index) => sum + weight * (scaled[index] ?? 0), predictor.intercept);
    case "polynomial":
      return predictor.coefficients.reduceRight((sum, coefficient) => sum * (scaled[predictor.feature] ?? 0) + coefficient, 0);
    case "kernel": {
      const { rows, alpha, sigma, center } = predictor;
      let sum = center;
      for (let index = 0; index < rows.length; index += 1) sum += (alpha[index] ?? 0) * similarity(rows[index] ?? [], scaled, sigma);
      return sum;
    }
  }
}

/** The Gaussian kernel: 1 for equal points, towards 0 for distant ones. */
function similarity(a: readonly number[], b: readonly number[], sigma: number): number {
  let distance = 0;
  for (let index = 0; index < a.length; index += 1) distance += ((a[index] ?? 0) - (b[index] ?? 0)) ** 2;
  return Math.exp(-distance / (2 * sigma * sigma));
}
