/** Stage 4: choose a model on the past of the past, and measure it on days that it never saw. */
import { forecastClimatology, forecastPersistence, toOutcome } from "./baselines.js";
import { type Candidate, candidates, fitLinear, type FitOptions } from "./candidates.js";
import { monthOf } from "./calendar.js";
import type { FeatureTable } from "./features.js";
import { groupBy } from "./groups.js";
import { independentColumns } from "./independence.js";
import { type Outcome, score, type Score, skill } from "./metrics.js";
import type { CandidateScore, Metrics, Model } from "./model.js";
import { predict } from "./predictors.js";
import { fitScaling, makeFolds, type Sample, splitByDate, toSamples } from "./samples.js";
import { quantile } from "./stats.js";

export type TrainingOptions = {
  /** First day of the test, `YYYY-MM-DD`; all that is forecast for earlier days is for training. */
  readonly testFrom: string;
  /** Blocks of the cross-validation. */
  readonly folds: number;
  readonly seed: number;
  /** Rows that the kernel model sees. */
  readonly kernelRows: number;
  /** The climatology looks so many days of the year to either side. */
  readonly climatologyDays: number;
  /** Share of days that the interval should hold, such as 0.9. */
  readonly intervalLevel: number;
};

/**
 * Trains every candidate, keeps the one with the smallest error in cross-validation, and tests it against the baselines.
 * @throws RangeError where training or test would be empty.
 */
export function trainModel(table: Pick<FeatureTable, "features" | "rows">, options: TrainingOptions): { readonly model: Model; readonly metrics: Metrics } {
  const samples = toSamples(table);
  const { before: train, after: test } = splitByDate(samples, options.testFrom);
  if (train.length === 0 || test.length === 0) {
    throw new RangeError(`The split at ${options.testFrom} leaves ${train.length} days for training and ${test.length} for the test.`);
  }
  const columns = independentColumns(train.map((sample) => sample.x));
  const features = pick(table.features, columns);
  const narrow = (from: readonly Sample[]): Sample[] => from.map((sample) => ({ ...sample, x: pick(sample.x, columns) }));
  const data = { train: narrow(train), test: narrow(test), todayIndex: features.indexOf("temp_max") };
  if (data.todayIndex < 0) throw new RangeError('The features hold no "temp_max", or it never changes.');

  const ranking = crossValidate(data, options);
  const best = ranking.reduce((winner, next) => (next.score.rmse < winner.score.rmse ? next : winner));
  const model = describeModel(best, { ...data, features, options, dropped: table.features.filter((name) => !features.includes(name)) });
  return { model, metrics: measure(model, { ...data, ranking, options }) };
}

type Data = { readonly train: readonly Sample[]; readonly test: readonly Sample[]; readonly todayIndex: number };
type Ranked = { readonly candidate: Candidate; readonly score: Score; readonly outcomes: readonly Outcome[] };

/** Forecasts every block of the later half of the training time from what lies before it, with every candidate. */
function crossValidate({ train, todayIndex }: Data, options: TrainingOptions): Ranked[] {
  const folds = makeFolds(train, options.folds).map((fold) => ({ ...fold, scaling: fitScaling(fold.train) }));
  return candidates.map((candidate) => {
    const outcomes = folds.flatMap(({ train: past, check, scaling }) => {
      const predictor = candidate.fit(past, { ...options, scaling, todayIndex });
      return check.map((sample) => toOutcome(sample, predict(predictor, scaling, sample.x)));
    });
    return { candidate, outcomes, score: score(outcomes) };
  });
}

function describeModel(best: Ranked, from: Data & { features: readonly string[]; options: TrainingOptions; dropped: readonly string[] }): Model {
  const { train, test, features, options } = from;
  const scaling = fitScaling(train);
  const fitOptions: FitOptions = { ...options, scaling, todayIndex: from.todayIndex };
  const linear = fitLinear(train, fitOptions);
  return {
    name: best.candidate.name,
    title: best.candidate.title,
    target: "temp_max of the next day",
    unit: "°C",
    features,
    dropped_features: from.dropped,
    scaling,
    predictor: best.candidate.fit(train, fitOptions),
    linear: {
      intercept: linear.predictor.intercept,
      coefficients: features.map((feature, index) => ({
        feature,
        weight: linear.predictor.weights[index] ?? Number.NaN,
        standard_error: linear.standardErrors[index] ?? Number.NaN,
      })),
    },
    split: {
      train_from: train[0]?.target_date ?? "",
      train_to: train[train.length - 1]?.target_date ?? "",
      test_from: test[0]?.target_date ?? "",
      test_to: test[test.length - 1]?.target_date ?? "",
    },
    interval: {
      level: options.intervalLevel,
      by_location: groupBy(best.outcomes, (outcome) => outcome.location).map(([location, outcomes]) => ({
        location,
        ...intervalOf(outcomes, options.intervalLevel),
      })),
    },
    options,
  };
}

/** Between which differences to the forecast the middle share of the actual values lay, in °C. */
function intervalOf(outcomes: readonly Outcome[], level: number): { readonly lower: number; readonly upper: number } {
  const misses = outcomes.map(({ actual, forecast }) => actual - forecast);
  return { lower: quantile(misses, (1 - level) / 2), upper: quantile(misses, (1 + level) / 2) };
}

function measure(model: Model, { train, test, todayIndex, ranking, options }: Data & { ranking: readonly Ranked[]; options: TrainingOptions }): Metrics {
  const forecast = (samples: readonly Sample[]): Outcome[] =>
    samples.map((sample) => toOutcome(sample, predict(model.predictor, model.scaling, sample.x)));
  const outcomes = forecast(test);
  const naive = forecastPersistence(test, todayIndex);
  const usual = forecastClimatology(train, test, options.climatologyDays);
  const tested = score(outcomes);
  const baselines = { persistence: score(naive), climatology: score(usual) };
  return {
    model: model.name,
    title: model.title,
    n: tested.n,
    r2: tested.r2,
    rmse: tested.rmse,
    mae: tested.mae,
    train: score(forecast(train)),
    test: tested,
    baselines,
    skill: { persistence: skill(tested, baselines.persistence), climatology: skill(tested, baselines.climatology) },
    mae_reduction: { persistence: 1 - tested.mae / baselines.persistence.mae, climatology: 1 - tested.mae / baselines.climatology.mae },
    interval_coverage: outcomes.filter((outcome) => isInside(outcome, model)).length / outcomes.length,
    candidates: ranking.map(({ candidate, score: checked }): CandidateScore => ({ name: candidate.name, title: candidate.title, ...checked })),
    by_location: compare(outcomes, naive, (outcome) => outcome.location).map(([location, scores]) => ({ location, ...scores })),
    by_location_month: compare(outcomes, naive, (outcome) => `${outcome.location}\n${outcome.target_date.slice(5, 7)}`).map(([key, scores]) => {
      const [location = "", month = ""] = key.split("\n");
      return { location, month: Number(month), ...scores };
    }),
    by_month: compare(outcomes, naive, (outcome) => monthOf(outcome.target_date)).map(([month, scores]) => ({ month, ...scores })),
  };
}

function compare<K extends string | number>(outcomes: readonly Outcome[], naive: readonly Outcome[], keyOf: (outcome: Outcome) => K): [K, Score & { persistence_mae: number }][] {
  const reference = new Map(groupBy(naive, keyOf));
  return groupBy(outcomes, keyOf).map(([key, group]) => [key, { ...score(group), persistence_mae: score(reference.get(key) ?? group).mae }]);
}

function isInside({ location, actual, forecast }: Outcome, model: Model): boolean {
  const interval = model.interval.by_location.find((entry) => entry.location === location);
  return interval !== undefined && actual >= forecast + interval.lower && actual <= forecast + interval.upper;
}

function pick<T>(values: readonly T[], indexes: readonly number[]): T[] {
  return indexes.flatMap((index) => (index < values.length ? [values[index] as T] : []));
}
