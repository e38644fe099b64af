/** What `model/model.json` and `model/metrics.json` hold. Temperatures and errors in °C. */
import type { Score } from "./metrics.js";
import type { Predictor } from "./predictors.js";
import type { Scaling } from "./samples.js";
import type { TrainingOptions } from "./training.js";

export type Model = {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly target: string;
  readonly unit: string;
  /** Names of the features that the model uses, in the order of all lists here. */
  readonly features: readonly string[];
  /** Features left out because others already say the same. */
  readonly dropped_features: readonly string[];
  readonly scaling: Scaling;
  /** The chosen model. */
  readonly predictor: Predictor;
  /** The linear regression, chosen or not, since its coefficients can be read: °C for one standard deviation of the feature. */
  readonly linear: {
    readonly intercept: number;
    readonly coefficients: readonly { readonly feature: string; readonly weight: number; readonly standard_error: number }[];
  };
  readonly split: { readonly train_from: string; readonly train_to: string; readonly test_from: string; readonly test_to: string };
  /** What to add to a forecast for an interval, from the errors of the cross-validation. */
  readonly interval: { readonly level: number; readonly by_location: readonly { readonly location: string; readonly lower: number; readonly upper: number }[] };
  readonly options: TrainingOptions;
};

export type CandidateScore = Score & { readonly name: string; readonly title: string };

/** The test in one month (1 to 12) at one place. */
export type MonthScore = Score & { readonly location: string; readonly month: number; readonly persistence_mae: number };

export type Metrics = {
  readonly model: string;
  readonly title: string;
  /** Of the test, as `r2`, `rmse` and `mae` beside it. */
  readonly n: number;
  readonly r2: number;
  readonly rmse: number;
  readonly mae: number;
  readonly train: Score;
  readonly test: Score;
  readonly baselines: { readonly persistence: Score; readonly climatology: Score };
  /** Share of a baseline's mean squared error that the model avoids. */
  readonly skill: { readonly persistence: number; readonly climatology: number };
  /** Share of a baseline's mean absolute error that the model avoids. */
  readonly mae_reduction: { readonly persistence: number; readonly climatology: number };
  /** Share of the test days that lay inside the interval. */
  readonly interval_coverage: number;
  /** Scores in cross-validation. */
  readonly candidates: readonly CandidateScore[];
  readonly by_location: readonly (Score & { readonly location: string; readonly persistence_mae: number })[];
  readonly by_month: readonly (Score & { readonly month: number; readonly persistence_mae: number })[];
  /** Places in code-unit order, months ascending. */
  readonly by_location_month: readonly MonthScore[];
};
