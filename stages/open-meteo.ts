/**
 * The historical weather of a place from Open-Meteo's archive, brought into the columns of a raw file.
 * @see https://open-meteo.com/en/docs/historical-weather-api
 */
import { dayNumberOf, toDate, toDayNumber } from "./calendar.js";
import type { RawDay } from "./weather.js";

export const publicArchive = "https://archive-api.open-meteo.com";

export type ArchiveQuery = {
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
  /** First day, `YYYY-MM-DD`. */
  readonly startDate: string;
  /** Last day, included. */
  readonly endDate: string;
  /** IANA name of the zone in which a day begins at midnight. */
  readonly timeZone: string;
};

/** An answer that is JSON, or should be, but not the weather that was asked for. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  constructor(
    detail: string,
    /** False where the answer was whole, and so will be the same next time. */
    readonly retryable: boolean,
  ) {
    super(`The weather archive's answer can't be used: ${detail}`);
  }
}

/** Variable of the archive -> the unit it must come in. */
const variables = {
  temperature_2m_max: "°C",
  temperature_2m_min: "°C",
  precipitation_sum: "mm",
  wind_speed_10m_max: "m/s",
  weather_code: "wmo code",
} as const;
type Variable = keyof typeof variables;
const variableNames = Object.keys(variables) as Variable[];

/** Days that one answer may hold: a century and a half. */
const longestAnswer = 55_000;

/**
 * @param base - scheme and host, such as {@link publicArchive}.
 * @throws RangeError for dates that are none or in the wrong order.
 */
export function archiveUrl(base: string, query: ArchiveQuery): string {
  if (dayNumberOf(query.startDate) > dayNumberOf(query.endDate)) {
    throw new RangeError(`The first day, ${query.startDate}, lies after the last, ${query.endDate}.`);
  }
  const url = new URL(`${base.replace(/\/+$/, "")}/v1/archive`);
  url.search = new URLSearchParams({
    latitude: String(query.latitude),
    longitude: String(query.longitude),
    start_date: query.startDate,
    end_date: query.endDate,
    daily: variableNames.join(","),
    timezone: query.timeZone,
    wind_speed_unit: "ms",
  }).toString();
  return url.href;
}

/**
 * Reads an answer of the archive.
 * @param text - the body, JSON.
 * @returns one row a day, in order, every day from the first to the last; a null of the archive is an empty field.
 * @throws {@link ArchiveError} for text that is cut off, another shape, lists of unequal length, other units or other days.
 */
export function readArchive(text: string, place: string, query: ArchiveQuery): RawDay[] {
  const answer = parseJson(text);
  if (!isObject(answer) || !isObject(answer["daily"])) throw new ArchiveError('expected an object with "daily".', false);
  checkUnits(answer["daily_units"]);
  const dates = readDates(answer["daily"]["time"], query);
  const columns = new Map(variableNames.map((name) => [name, readColumn(answer["daily"], name, dates.length)]));
  return dates.map((date, index) => {
    const field = (name: Variable): string => String(columns.get(name)?.[index] ?? "");
    const code = columns.get("weather_code")?.[index] ?? null;
    return {
      location: place,
      date,
      precipitation: field("precipitation_sum"),
      temp_max: field("temperature_2m_max"),
      temp_min: field("temperature_2m_min"),
      wind: field("wind_speed_10m_max"),
      weather: code === null ? "" : weatherOf(code),
    };
  });
}

/**
 * The word that a raw file has for a WMO weather code: thunderstorms count as rain, and a dry day is `sun`, clouds or not.
 * @see WMO code table 4677
 */
export function weatherOf(code: number): string {
  if (code === 45 || code === 48) return "fog";
  if (code >= 51 && code <= 57) return "drizzle";
  if ((code >= 71 && code <= 77) || code === 85 || code === 86) return "snow";
  if (code >= 58) return "rain";
  return "sun";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // JSON that breaks off is what a lost connection leaves behind.
    throw new ArchiveError(`it is not JSON, or was cut off (${error instanceof Error ? error.message : String(error)}).`, true);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkUnits(units: unknown): void {
  if (!isObject(units)) throw new ArchiveError('expected an object "daily_units".', false);
  for (const name of variableNames) {
    if (units[name] === variables[name]) continue;
    throw new ArchiveError(`expected ${name} in ${variables[name]}, found ${JSON.stringify(units[name])}.`, false);
  }
}

function readDates(time: unknown, query: ArchiveQuery): string[] {
  if (!Array.isArray(time)) throw new ArchiveError('expected a list "daily.time".', false);
  const first = dayNumberOf(query.startDate);
  const count = dayNumberOf(query.endDate) - first + 1;
  if (time.length > longestAnswer) throw new ArchiveError(`it holds ${time.length} days; at most ${longestAnswer} are accepted.`, false);
  if (time.length !== count) throw new ArchiveError(`expected ${count} days from ${query.startDate} to ${query.endDate}, found ${time.length}.`, false);
  return time.map((date: unknown, index) => {
    if (typeof date === "string" && toDayNumber(date) === first + index) return date;
    throw new ArchiveError(`expected ${toDate(first + index)} as day ${index + 1} of "daily.time", found ${JSON.stringify(date)}.`, false);
  });
}

function readColumn(daily: unknown, name: Variable, length: number): (number | null)[] {
  const values = isObject(daily) ? daily[name] : undefined;
  if (!Array.isArray(values)) throw new ArchiveError(`expected a list "daily.${name}".`, false);
  if (values.length !== length) throw new ArchiveError(`"daily.time" has ${length} entries, "daily.${name}" has ${values.length}.`, false);
  return values.map((value: unknown, index) => {
    if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
    throw new ArchiveError(`expected a number or null as entry ${index + 1} of "daily.${name}", found ${JSON.stringify(value)}.`, false);
  });
}
