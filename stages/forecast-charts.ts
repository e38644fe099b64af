/** Charts of forecasts beside what happened, as Vega-Lite specs. */
import type { TopLevelSpec } from "vega-lite";
import { config, dayAxis, monthNames, placeHeader, schema, short, width } from "./chart-style.js";
import type { MonthScore } from "./model.js";
import type { NextDay, TestDay } from "./reporting.js";

const forecastAndActual = { domain: ["forecast", "measured"] };

const dayTooltip = [
  { field: "location", type: "nominal", title: "Place" },
  { field: "date", type: "temporal", timeUnit: "utcyearmonthdate", title: "Day" },
  { field: "forecast", type: "quantitative", title: "Forecast (°C)" },
  { field: "actual", type: "quantitative", title: "Measured (°C)" },
] as const;

/**
 * Forecast as a line, measured values as dots, the interval as a band, a panel a place.
 * @param days - of the test; a few weeks to a year of them.
 */
export function forecastChart(days: readonly TestDay[], options: { readonly band: boolean }): TopLevelSpec {
  const values = days.map((day) => ({
    location: day.location,
    date: day.target_date,
    forecast: short(day.forecast),
    actual: short(day.actual),
    ...(options.band ? { lower: short(day.lower), upper: short(day.upper) } : {}),
  }));
  const x = { ...dayAxis, axis: { format: options.band ? "%-d %b" : "%b" } } as const;
  return {
    $schema: schema,
    data: { values },
    facet: { row: { field: "location", type: "nominal", header: placeHeader } },
    spec: {
      width,
      height: 170,
      layer: [
        ...(options.band
          ? [
              {
                mark: { type: "area", opacity: 1, fillOpacity: 0.25 },
                encoding: { x, y: { field: "lower", type: "quantitative", title: "Maximum (°C)" }, y2: { field: "upper" } },
              } as const,
            ]
          : []),
        {
          mark: { type: "line", strokeWidth: options.band ? 2 : 1.25 },
          encoding: {
            x,
            y: { field: "forecast", type: "quantitative", title: "Maximum (°C)" },
            color: { datum: "forecast", type: "nominal", scale: forecastAndActual },
          },
        },
        {
          mark: { type: "point", filled: true, opacity: 1, size: options.band ? 36 : 10 },
          encoding: {
            x,
            y: { field: "actual", type: "quantitative", title: "Maximum (°C)" },
            color: { datum: "measured", type: "nominal", scale: forecastAndActual },
            tooltip: [...dayTooltip],
          },
        },
      ],
    },
    config,
  };
}

/** What was missed (measured minus forecast) over what was forecast, a dot a day. */
export function residualsChart(days: readonly TestDay[]): TopLevelSpec {
  const values = days.map((day) => ({
    location: day.location,
    date: day.target_date,
    forecast: short(day.forecast),
    actual: short(day.actual),
    residual: short(day.actual - day.forecast),
  }));
  return {
    $schema: schema,
    data: { values },
    width,
    height: 300,
    layer: [
      {
        mark: { type: "point", opacity: 0.6, size: 28 },
        encoding: {
          x: { field: "forecast", type: "quantitative", title: "Forecast maximum (°C)" },
          y: { field: "residual", type: "quantitative", title: "Measured minus forecast (°C)" },
          color: { field: "location", type: "nominal" },
          shape: { field: "location", type: "nominal" },
          tooltip: [...dayTooltip, { field: "residual", type: "quantitative", title: "Missed by (°C)" }],
        },
      },
      { mark: { type: "rule", strokeDash: [4, 3] }, encoding: { y: { datum: 0 } } },
    ],
    config,
  };
}

/** Mean absolute error by month as bars, that of "the same as today" as ticks, a panel a place. */
export function errorByMonthChart(errors: readonly MonthScore[]): TopLevelSpec {
  const values = errors.map(({ location, month, mae, persistence_mae }) => ({
    location,
    month: monthNames[month - 1],
    mae: short(mae),
    persistence: short(persistence_mae),
  }));
  const scale = { domain: ["model", "same as today"] };
  const y = { type: "quantitative", title: "Mean error (°C)" } as const;
  return {
    $schema: schema,
    data: { values },
    facet: { row: { field: "location", type: "nominal", header: placeHeader } },
    spec: {
      width,
      height: 140,
      encoding: { x: { field: "month", type: "ordinal", sort: monthNames, title: null, axis: { labelAngle: 0 } } },
      layer: [
        { mark: { type: "bar", width: { band: 0.6 } }, encoding: { y: { ...y, field: "mae" }, color: { datum: "model", type: "nominal", scale } } },
        {
          mark: { type: "tick", thickness: 3, opacity: 1, width: { band: 0.9 } },
          encoding: {
            y: { ...y, field: "persistence" },
            color: { datum: "same as today", type: "nominal", scale },
            tooltip: [
              { field: "location", type: "nominal", title: "Place" },
              { field: "month", type: "ordinal", title: "Month" },
              { field: "mae", type: "quantitative", title: "Model (°C)" },
              { field: "persistence", type: "quantitative", title: "Same as today (°C)" },
            ],
          },
        },
      ],
    },
    config,
  };
}

/** The forecast for the next day as a dot in its interval, the last measured maximum as a diamond, a row a place. */
export function nextDayChart(places: readonly NextDay[]): TopLevelSpec {
  const kinds = ["forecast", "last measured day"];
  const values = places.flatMap((place) => {
    const ends = { location: place.location, lower: short(place.lower), upper: short(place.upper) };
    return [
      { ...ends, kind: kinds[0], date: place.target_date, maximum: short(place.forecast) },
      { ...ends, kind: kinds[1], date: place.issued_on, maximum: short(place.today) },
    ];
  });
  const x = { type: "quantitative", title: "Maximum (°C)", scale: { zero: false } } as const;
  return {
    $schema: schema,
    data: { values },
    width: width - 60,
    height: { step: 60 },
    encoding: { y: { field: "location", type: "nominal", title: null } },
    layer: [
      {
        transform: [{ filter: { field: "kind", equal: "forecast" } }],
        mark: { type: "bar", height: 8, opacity: 0.4 },
        encoding: { x: { ...x, field: "lower" }, x2: { field: "upper" } },
      },
      {
        mark: { type: "point", filled: true, opacity: 1, size: 130 },
        encoding: {
          x: { ...x, field: "maximum" },
          color: { field: "kind", type: "nominal", scale: { domain: kinds } },
          shape: { field: "kind", type: "nominal", scale: { domain: kinds, range: ["circle", "diamond"] } },
          tooltip: [
            { field: "location", type: "nominal", title: "Place" },
            { field: "kind", type: "nominal", title: "Value" },
            { field: "date", type: "temporal", timeUnit: "utcyearmonthdate", title: "Day" },
            { field: "maximum", type: "quantitative", title: "Maximum (°C)" },
            { field: "lower", type: "quantitative", title: "Interval from (°C)" },
            { field: "upper", type: "quantitative", title: "Interval to (°C)" },
          ],
        },
      },
    ],
    config,
  };
}
