/** A weather archive on 127.0.0.1 that behaves as badly as a test asks. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { addDays, dayNumberOf } from "../../stages/calendar.js";
import type { ArchiveQuery } from "../../stages/open-meteo.js";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type WeatherServer = {
  readonly base: string;
  /** Addresses that were asked for. */
  readonly asked: string[];
  /** Answers the coming requests in this order; the last one stays. */
  answer(...answers: Answer[]): void;
  close(): Promise<void>;
};

export async function startWeatherServer(): Promise<WeatherServer> {
  const asked: string[] = [];
  let answers: Answer[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    // A client that goes away in the middle is part of the tests.
    response.on("error", () => undefined);
    answer?.(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}`,
    asked,
    answer: (...next) => {
      answers = next;
      asked.length = 0;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** An answer as the archive gives it, with believable weather. */
export function archiveAnswer(query: Pick<ArchiveQuery, "startDate" | "endDate">) {
  const count = dayNumberOf(query.endDate) - dayNumberOf(query.startDate) + 1;
  const days = Array.from({ length: count }, (_, index) => index);
  return {
    latitude: 47.6,
    daily_units: { time: "iso8601", temperature_2m_max: "°C", temperature_2m_min: "°C", precipitation_sum: "mm", wind_speed_10m_max: "m/s", weather_code: "wmo code" },
    daily: {
      time: days.map((index) => addDays(query.startDate, index)),
      temperature_2m_max: days.map((index): unknown => 12.5 + index),
      temperature_2m_min: days.map((index): unknown => 4 + index),
      precipitation_sum: days.map((): unknown => 0.3),
      wind_speed_10m_max: days.map((): unknown => 5.5),
      weather_code: days.map((): unknown => 61),
    },
  };
}

export function sendJson(value: unknown): Answer {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
  };
}

export function sendStatus(status: number, headers: Record<string, string> = {}, body = ""): Answer {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}
