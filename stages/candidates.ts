// Notebooks are compiled without the list of files of tsconfig.json, so the types of ml-regression are named here.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./ml-regression.d.ts" />
/** The models that compete, each a thin layer over one of ml-regression's. */
import { KernelRidgeRegression, MultivariateLinearRegression, PolynomialRegression } from "ml-regression";
import type { Predictor } from "./predictors.js";
import { createRandom, sampleIndexes } from "./random.js";
import { type Sample, scaleValues, type Scaling } from "./samples.js";
import { mean } from "./stats.js";

export type FitOptions = {
  readonly scaling: Scaling;
  /** Decides which rows the kernel model sees. */
  readonly seed: number;
  /** How many rows those are: time grows with their cube. */
  readonly kernelRows: number;
  /** Position of today's maximum among the features. */
  readonly todayIndex: number;
};

export type Candidate = {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly fit: (train: readonly Sample[], options: FitOptions) => Predictor;
};

/** From the simplest to the least simple; of equally good ones the first wins. */
export const candidates: readonly Candidate[] = [
  { name: "polynomial", title: "Cubic in today's maximum", fit: fitPolynomial },
  { name: "linear", title: "Linear regression", fit: (train, options) => fitLinear(train, options).predictor },
  { name: "kernel-6", title: "Kernel ridge, width 6", fit: (train, options) => fitKernel(train, options, { sigma: 6, lambda: 0.1 }) },
  { name: "kernel-12", title: "Kernel ridge, width 12", fit: (train, options) => fitKernel(train, options, { sigma: 12, lambda: 0.01 }) },
];

export type LinearFit = {
  readonly predictor: Extract<Predictor, { kind: "linear" }>;
  /** In °C a standard deviation of the feature; taken as if the errors of neighbouring days were independent. */
  readonly standardErrors: readonly number[];
};

/** Ordinary least squares over all features. Scaling first keeps the normal equations well conditioned. */
export function fitLinear(train: readonly Sample[], { scaling }: Pick<FitOptions, "scaling">): LinearFit {
  const x = train.map((sample) => scaleValues(sample.x, scaling));
  const model = new MultivariateLinearRegression(x, train.map((sample) => [sample.y]));
  const weights = model.weights.map((row) => row[0] ?? Number.NaN);
  return {
    predictor: { kind: "linear", intercept: weights[weights.length - 1] ?? Number.NaN, weights: weights.slice(0, -1) },
    standardErrors: model.stdErrors.slice(0, weights.length - 1),
  };
}

function fitPolynomial(train: readonly Sample[], { scaling, todayIndex }: FitOptions): Predictor {
  const x = train.map((sample) => scaleValues(sample.x, scaling)[todayIndex] ?? Number.NaN);
  const model = new PolynomialRegression(x, train.map((sample) => sample.y), 3);
  return { kind: "polynomial", feature: todayIndex, coefficients: model.coefficients };
}

/** Kernel ridge regression on a seeded sample of the rows, with the mean of the answers taken out first. */
function fitKernel(train: readonly Sample[], { scaling, seed, kernelRows }: FitOptions, { sigma, lambda }: { sigma: number; lambda: number }): Predictor {
  const chosen = sampleIndexes(train.length, kernelRows, createRandom(seed)).flatMap((index) => train[index] ?? []);
  const rows = chosen.map((sample) => scaleValues(sample.x, scaling));
  const center = mean(chosen.map((sample) => sample.y));
  const model = new KernelRidgeRegression(rows, chosen.map((sample) => [sample.y - center]), {
    lambda,
    kernelType: "gaussian",
    kernelOptions: { sigma },
  });
  return { kind: "kernel", sigma, center, rows, alpha: model.alpha.to1DArray() };
}
