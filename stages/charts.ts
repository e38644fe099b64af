/** Charts of the data and of the model, as Vega-Lite specs. Titles are left to captions; axes name their units. */
import type { TopLevelSpec } from "vega-lite";
import { besideLongNames, config, dayAxis, monthNames, placeHeader, schema, short, width } from "./chart-style.js";
import { monthOf } from "./calendar.js";
import type { Distribution } from "./features.js";
import { groupBy } from "./groups.js";
import type { CandidateScore, Model } from "./model.js";
import { mean } from "./stats.js";
import { type CleanDay, groupByLocation } from "./weather.js";

/** Mean daily maximum of each month of the record, a line a place. */
export function monthlyTemperatureChart(days: readonly CleanDay[]): TopLevelSpec {
  const values = groupByLocation(days).flatMap(([location, ofPlace]) =>
    groupBy(ofPlace, (day) => day.date.slice(0, 7)).map(([month, ofMonth]) => ({
      location,
      date: `${month}-01`,
      temp_max: short(mean(ofMonth.map((day) => day.temp_max))),
    })),
  );
  return {
    $schema: schema,
    data: { values },
    width,
    height: 240,
    mark: { type: "line", point: { size: 30 } },
    encoding: {
      x: { ...dayAxis, timeUnit: "utcyearmonth" },
      y: { field: "temp_max", type: "quantitative", title: "Mean daily maximum (°C)" },
      color: { field: "location", type: "nominal" },
      strokeDash: { field: "location", type: "nominal" },
      shape: { field: "location", type: "nominal" },
      tooltip: [
        { field: "location", type: "nominal", title: "Place" },
        { field: "date", type: "temporal", timeUnit: "utcyearmonth", title: "Month" },
        { field: "temp_max", type: "quantitative", title: "Mean maximum (°C)" },
      ],
    },
    config,
  };
}

/** The spread of each day's maximum by month of the year, a panel a place. */
export function seasonChart(days: readonly CleanDay[]): TopLevelSpec {
  const values = days.map((day) => ({ location: day.location, month: monthNames[monthOf(day.date) - 1], temp_max: day.temp_max }));
  return {
    $schema: schema,
    data: { values },
    facet: { row: { field: "location", type: "nominal", header: placeHeader } },
    spec: {
      width,
      height: 150,
      mark: { type: "boxplot", extent: "min-max", size: 20 },
      encoding: {
        x: { field: "month", type: "ordinal", sort: monthNames, title: null, axis: { labelAngle: 0 } },
        y: { field: "temp_max", type: "quantitative", title: "Daily maximum (°C)" },
      },
    },
    config,
  };
}

/** How closely each feature goes along with the next day's maximum. */
export function correlationChart(distributions: readonly Distribution[]): TopLevelSpec {
  return {
    $schema: schema,
    data: { values: distributions.map(({ column, target_correlation }) => ({ feature: column, correlation: short(target_correlation) })) },
    width: width - 130,
    height: { step: 18 },
    mark: { type: "bar" },
    encoding: {
      y: { field: "feature", type: "nominal", sort: null, title: null, axis: { labelLimit: 240 } },
      x: { field: "correlation", type: "quantitative", scale: { domain: [-1, 1] }, title: "Correlation with the next day's maximum" },
      tooltip: [
        { field: "feature", type: "nominal", title: "Feature" },
        { field: "correlation", type: "quantitative", title: "Correlation" },
      ],
    },
    config,
  };
}

/** The error of each candidate in cross-validation, the chosen one full and named. */
export function candidatesChart(scores: readonly CandidateScore[], chosen: string): TopLevelSpec {
  const values = scores.map(({ name, title, rmse }) => ({ title: name === chosen ? `${title} (chosen)` : title, rmse: short(rmse), chosen: name === chosen }));
  return {
    $schema: schema,
    data: { values },
    width: width - 150,
    height: { step: 34 },
    layer: [
      {
        mark: { type: "bar", height: 18 },
        encoding: { opacity: { field: "chosen", type: "ordinal", scale: { domain: [false, true], range: [0.45, 1] }, legend: null } },
      },
      { mark: { type: "text", align: "left", dx: 5, fontSize: 13 }, encoding: { text: { field: "rmse", type: "quantitative", format: ".2f" } } },
    ],
    encoding: {
      y: { field: "title", type: "nominal", sort: null, title: null, axis: { labelLimit: 240 } },
      x: { field: "rmse", type: "quantitative", title: "Root mean squared error (°C)", axis: besideLongNames },
      tooltip: [
        { field: "title", type: "nominal", title: "Model" },
        { field: "rmse", type: "quantitative", title: "RMSE (°C)" },
      ],
    },
    config,
  };
}

/** Standardised coefficients of the linear regression, largest first, with twice their standard error to either side. */
export function coefficientsChart({ coefficients }: Model["linear"]): TopLevelSpec {
  const values = [...coefficients]
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .map(({ feature, weight, standard_error: error }) => ({ feature, weight: short(weight), low: short(weight - 2 * error), high: short(weight + 2 * error) }));
  return {
    $schema: schema,
    data: { values },
    width: width - 150,
    height: { step: 20 },
    layer: [
      { mark: { type: "bar", height: 10 }, encoding: { x: { field: "weight", type: "quantitative", title: "Effect of one standard deviation (°C)", axis: besideLongNames } } },
      { mark: { type: "rule", strokeWidth: 2 }, encoding: { x: { field: "low", type: "quantitative" }, x2: { field: "high" } } },
    ],
    encoding: {
      y: { field: "feature", type: "nominal", sort: null, title: null, axis: { labelLimit: 240 } },
      tooltip: [
        { field: "feature", type: "nominal", title: "Feature" },
        { field: "weight", type: "quantitative", title: "Coefficient (°C)" },
        { field: "low", type: "quantitative", title: "Low end (°C)" },
        { field: "high", type: "quantitative", title: "High end (°C)" },
      ],
    },
    config,
  };
}
