import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ingestArchive, ingestFile } from "../../stages/ingestion.js";
import { readRaw } from "../../stages/files.js";
import { archiveAnswer, sendJson, sendStatus, startWeatherServer, type WeatherServer } from "./weather-server.js";

const limits = { maxBytes: 200_000, idleTimeoutMs: 2_000, totalTimeoutMs: 5_000, maxRetryAfterMs: 1_000 };
const header = "location,date,precipitation,temp_max,temp_min,wind,weather";
const line = "Oslo,2020-05-01,0.0,12.0,4.0,3.0,sun";

let folder: string;
let from: string;
let to: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ingestion-"));
  from = join(folder, "source.csv");
  to = join(folder, "data", "raw", "oslo.csv");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("from a file", () => {
  it.each(["seattle", "new-york"])("the shipped record of %s comes out byte by byte", async (name) => {
    const source = new URL(`../../data/sources/${name}.csv`, import.meta.url).pathname;
    const bytes = readFileSync(source);
    expect(await ingestFile(source, to, limits)).toEqual({ source, path: to, rows: 1461, bytes: bytes.length });
    expect(readFileSync(to).equals(bytes)).toBe(true);
  });

  it("a byte order mark and carriage returns are left behind", async () => {
    writeFileSync(from, `\uFEFF${header}\r\n${line}\r\n`);
    await ingestFile(from, to, limits);
    expect(readFileSync(to, "utf8")).toBe(`${header}\n${line}\n`);
  });

  it("odd values are let through for cleaning to judge", async () => {
    writeFileSync(from, `${header}\nOslo,1/5/2020,,n/a,999,-1,hail\n`);
    await ingestFile(from, to, limits);
    expect(readRaw(readFileSync(to, "utf8"), to)[0]).toMatchObject({ date: "1/5/2020", temp_max: "n/a", temp_min: "999" });
  });

  it.each<[string, string | Buffer, string]>([
    ["another header", `${header},extra\n${line},1\n`, "unexpected: extra"],
    ["columns in another order", `date,location,precipitation,temp_max,temp_min,wind,weather\n${line}\n`, "same columns in another order"],
    ["a ragged row", `${header}\n${line}\nOslo,2020-05-02\n`, 'row 3: expected 7 fields, found 2 (nothing for column "precipitation")'],
    ["nothing in it", "", "the file is empty"],
    ["no rows", `${header}\n`, "holds no rows"],
    ["other letters than UTF-8", Buffer.concat([Buffer.from(`${header}\n`), Buffer.from([0x5a, 0xfc, 0x72])]), "is not UTF-8 text"],
    ["too many bytes", "x".repeat(200_001), "has 200001 bytes; at most 200000 are accepted"],
  ])("with %s is refused for good, and what was there before stays", async (_, content, message) => {
    writeFileSync(from, `${header}\n${line}\n`);
    await ingestFile(from, to, limits);
    const before = readFileSync(to, "utf8");
    writeFileSync(from, content);
    await expect(ingestFile(from, to, limits)).rejects.toMatchObject({ retryable: false, message: expect.stringContaining(message) });
    expect(readFileSync(to, "utf8")).toBe(before);
    expect(readdirSync(join(folder, "data", "raw"))).toEqual(["oslo.csv"]);
  });
});

describe("from the archive", () => {
  const query = { latitude: 59.9, longitude: 10.7, startDate: "2024-01-01", endDate: "2024-12-31", timeZone: "Europe/Oslo" };
  let server: WeatherServer;
  beforeEach(async () => {
    server = await startWeatherServer();
  });
  afterEach(() => server.close());
  const ingest = () => ingestArchive(to, { place: "Oslo", query, base: server.base, limits });

  it("an answer becomes a raw file", async () => {
    server.answer(sendJson(archiveAnswer(query)));
    expect(await ingest()).toMatchObject({ rows: 366, path: to, source: `${server.base}${server.asked[0]}` });
    const rows = readRaw(readFileSync(to, "utf8"), to);
    expect(rows[365]).toMatchObject({ location: "Oslo", date: "2024-12-31", weather: "rain" });
  });

  it("a refusal is final at once, a failure is not, and then it may recover", async () => {
    server.answer(sendStatus(400, { "content-type": "application/json" }, '{"error":true,"reason":"Latitude must be in range"}'));
    await expect(ingest()).rejects.toMatchObject({ retryable: false, message: expect.stringContaining("Latitude must be in range") });
    expect(server.asked).toHaveLength(1);
    server.answer(sendStatus(429, { "retry-after": "30" }), sendJson(archiveAnswer(query)));
    await expect(ingest()).rejects.toMatchObject({ retryable: true, retryAfterMs: 1_000 });
    expect(existsSync(to)).toBe(false);
    expect((await ingest()).rows).toBe(366);
  });

  it.each<[string, unknown, boolean]>([
    ["of another shape", { hourly: {} }, false],
    ["for other days", archiveAnswer({ startDate: "2023-01-01", endDate: "2023-12-31" }), false],
  ])("an answer %s leaves the earlier file and nothing else", async (_, value, retryable) => {
    server.answer(sendJson(archiveAnswer(query)), sendJson(value));
    await ingest();
    const before = readFileSync(to, "utf8");
    await expect(ingest()).rejects.toMatchObject({ name: "ArchiveError", retryable });
    expect(readFileSync(to, "utf8")).toBe(before);
    expect(readdirSync(join(folder, "data", "raw"))).toEqual(["oslo.csv"]);
  });

  it("a cut-off body without an announced length is noticed", async () => {
    const text = JSON.stringify(archiveAnswer(query));
    server.answer((_request, response) => {
      response.shouldKeepAlive = false;
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { "content-type": "application/json", connection: "close" });
      response.end(text.slice(0, -100));
    });
    await expect(ingest()).rejects.toMatchObject({ retryable: true });
    expect(existsSync(to)).toBe(false);
  });
});
