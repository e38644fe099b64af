/** How far forecasts lie from what happened. */
import { mean } from "./stats.js";

/** Errors of forecasts in °C; an error is forecast minus actual. */
export type Score = {
  readonly n: number;
  /** 1 - sum of squared errors / sum of squares about the mean of the actual values. */
  readonly r2: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Mean of the absolute errors. */
  readonly mae: number;
  /** Mean of the errors: above 0 the forecasts are too warm. */
  readonly bias: number;
};

/** A forecast beside what happened. */
export type Outcome = {
  readonly location: string;
  /** The day that the forecast is for. */
  readonly target_date: string;
  readonly actual: number;
  readonly forecast: number;
};

/** @throws RangeError for no outcomes. */
export function score(outcomes: readonly Outcome[]): Score {
  const errors = outcomes.map(({ forecast, actual }) => forecast - actual);
  const center = mean(outcomes.map(({ actual }) => actual));
  const squares = mean(errors.map((error) => error ** 2));
  const spread = mean(outcomes.map(({ actual }) => (actual - center) ** 2));
  return {
    n: outcomes.length,
    // Where all actual values are equal there is nothing to explain.
    r2: spread === 0 ? 0 : 1 - squares / spread,
    rmse: Math.sqrt(squares),
    mae: mean(errors.map(Math.abs)),
    bias: mean(errors),
  };
}

/**
 * Share of a reference's mean squared error that a forecast avoids: 1 is perfect, 0 no better.
 * @see Murphy (1988), Skill Scores Based on the Mean Square Error, Monthly Weather Review 116
 */
export function skill(forecast: Score, reference: Score): number {
  return reference.rmse === 0 ? 0 : 1 - forecast.rmse ** 2 / reference.rmse ** 2;
}
