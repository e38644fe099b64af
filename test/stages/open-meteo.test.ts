import { describe, expect, it } from "vitest";
import { ArchiveError, archiveUrl, readArchive, weatherOf } from "../../stages/open-meteo.js";
import { archiveAnswer } from "./weather-server.js";

const query = { latitude: 47.61, longitude: -122.33, startDate: "2024-02-27", endDate: "2024-03-01", timeZone: "America/Los_Angeles" };
const answer = () => archiveAnswer(query);
const read = (value: unknown) => readArchive(JSON.stringify(value), "Seattle", query);

function failureOf(text: string): ArchiveError {
  try {
    readArchive(text, "Seattle", query);
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
  throw new Error("Expected an ArchiveError.");
}

describe("the address", () => {
  it("asks for days in the place's own zone and wind in m/s", () => {
    expect(archiveUrl("http://127.0.0.1:8080/", query)).toBe(
      "http://127.0.0.1:8080/v1/archive?latitude=47.61&longitude=-122.33&start_date=2024-02-27&end_date=2024-03-01" +
        "&daily=temperature_2m_max%2Ctemperature_2m_min%2Cprecipitation_sum%2Cwind_speed_10m_max%2Cweather_code&timezone=America%2FLos_Angeles&wind_speed_unit=ms",
    );
  });

  it("is refused for a time that ends before it begins, and for what is no date", () => {
    expect(() => archiveUrl("http://a", { ...query, endDate: "2024-02-26" })).toThrow("The first day, 2024-02-27, lies after the last, 2024-02-26.");
    expect(() => archiveUrl("http://a", { ...query, startDate: "yesterday" })).toThrow('found "yesterday"');
  });
});

describe("an answer", () => {
  it("becomes raw rows", () => {
    const rows = read(answer());
    expect(rows.map((row) => row.date)).toEqual(["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]);
    expect(rows[1]).toEqual({ location: "Seattle", date: "2024-02-28", precipitation: "0.3", temp_max: "13.5", temp_min: "5", wind: "5.5", weather: "rain" });
  });

  it("may lack measurements", () => {
    const value = answer();
    value.daily.temperature_2m_max[0] = null;
    value.daily.weather_code[0] = null;
    expect(read(value)[0]).toMatchObject({ temp_max: "", weather: "" });
  });

  it("that was cut off may be whole next time", () => {
    expect(failureOf(JSON.stringify(answer()).slice(0, -20))).toMatchObject({ retryable: true, message: expect.stringContaining("not JSON, or was cut off") });
    expect(failureOf("")).toMatchObject({ retryable: true });
  });

  it.each<[string, (value: ReturnType<typeof answer>) => unknown, string]>([
    ["without days", () => ({ error: true, reason: "x" }), 'expected an object with "daily"'],
    ["that is a list", () => [], 'expected an object with "daily"'],
    ["without a column", ({ daily: { wind_speed_10m_max: _, ...daily }, ...rest }) => ({ ...rest, daily }), 'expected a list "daily.wind_speed_10m_max"'],
    ["with lists of unequal length", (value) => (value.daily.precipitation_sum.pop(), value), '"daily.time" has 4 entries, "daily.precipitation_sum" has 3'],
    ["in Fahrenheit", (value) => ({ ...value, daily_units: { ...value.daily_units, temperature_2m_max: "°F" } }), 'expected temperature_2m_max in °C, found "°F"'],
    ["with wind in km/h", (value) => ({ ...value, daily_units: { ...value.daily_units, wind_speed_10m_max: "km/h" } }), "expected wind_speed_10m_max in m/s"],
    ["without units", ({ daily }) => ({ daily }), 'expected an object "daily_units"'],
    ["with too few days", (value) => (value.daily.time.pop(), value), "expected 4 days from 2024-02-27 to 2024-03-01, found 3"],
    ["with other days", (value) => (value.daily.time.splice(1, 1, "2024-02-27"), value), 'expected 2024-02-28 as day 2 of "daily.time", found "2024-02-27"'],
    ["with a text for a number", (value) => (value.daily.temperature_2m_min.splice(2, 1, "4.0"), value), 'expected a number or null as entry 3 of "daily.temperature_2m_min", found "4.0"'],
  ])("%s is refused for good", (_, change, message) => {
    expect(failureOf(JSON.stringify(change(answer())))).toMatchObject({ retryable: false, message: expect.stringContaining(message) });
  });
});

it("knows the words for the codes of the sky", () => {
  expect([0, 3, 45, 48, 51, 57, 61, 67, 71, 77, 80, 82, 85, 86, 95, 99].map(weatherOf)).toEqual(
    ["sun", "sun", "fog", "fog", "drizzle", "drizzle", "rain", "rain", "snow", "snow", "rain", "rain", "snow", "snow", "rain", "rain"]);
});
