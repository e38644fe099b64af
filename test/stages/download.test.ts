import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { download, DownloadError, type DownloadLimits, retryAfter } from "../../stages/download.js";
import { type Answer, sendJson, sendStatus, startWeatherServer, type WeatherServer } from "./weather-server.js";

const limits: DownloadLimits = { maxBytes: 100_000, idleTimeoutMs: 5_000, totalTimeoutMs: 10_000, maxRetryAfterMs: 60_000 };
const json = { "content-type": "application/json" };

let server: WeatherServer;
let folder: string;
beforeAll(async () => {
  server = await startWeatherServer();
  folder = mkdtempSync(join(tmpdir(), "download-"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const target = (): string => join(folder, "answer.json");
const get = (change: Partial<DownloadLimits> = {}, now?: () => number) =>
  download(`${server.base}/v1`, target(), { contentType: "application/json", limits: { ...limits, ...change }, ...(now === undefined ? {} : { now }) });

async function failure(answer: Answer, change: Partial<DownloadLimits> = {}, now?: () => number): Promise<DownloadError> {
  server.answer(answer);
  const error: unknown = await get(change, now).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DownloadError)) throw new Error("Expected a DownloadError.", { cause: error });
  expect(existsSync(target())).toBe(false);
  expect(server.asked).toHaveLength(1);
  return error;
}

describe("a server that does its work", () => {
  it("has its answer written to the file", async () => {
    server.answer(sendJson({ a: "ä" }));
    expect(await get()).toEqual({ bytes: 10 });
    expect(readFileSync(target(), "utf8")).toBe('{"a":"ä"}');
  });

  it("may compress and may send its answer in pieces", async () => {
    const body = JSON.stringify({ values: Array.from({ length: 2000 }, (_, index) => index) });
    server.answer((_request, response) => {
      const packed = gzipSync(body);
      response.writeHead(200, { ...json, "content-encoding": "gzip" });
      response.write(packed.subarray(0, 100), () => response.end(packed.subarray(100)));
    });
    expect((await get()).bytes).toBe(body.length);
    expect(readFileSync(target(), "utf8")).toBe(body);
  });

  it("may fail first", async () => {
    server.answer(sendStatus(503), sendJson([]));
    await expect(get()).rejects.toMatchObject({ kind: "status", retryable: true });
    expect(await get()).toEqual({ bytes: 2 });
  });
});

describe("a server that fails", () => {
  it.each([400, 401, 403, 404, 410, 422])("with %i is not asked again", async (status) => {
    expect(await failure(sendStatus(status, { "retry-after": "1" }, '{"error":true,"reason":"No such place"}'))).toMatchObject({ kind: "status", status, retryable: false, retryAfterMs: undefined });
  });

  it.each([408, 429, 500, 502, 503, 504])("with %i may be asked again", async (status) => {
    expect(await failure(sendStatus(status))).toMatchObject({ kind: "status", status, retryable: true, retryAfterMs: undefined });
  });

  it("has its own words in the message, and no more than a line of them", async () => {
    const error = await failure(sendStatus(400, json, `{"reason":"No   such\nplace"}${"x".repeat(50_000)}`));
    expect(error.message).toContain('answered 400 Bad Request: {"reason":"No such place"}');
    expect(error.message.length).toBeLessThan(500);
  });

  it("may say when to come back, in seconds or as a date, up to the limit", async () => {
    const now = (): number => Date.parse("2026-01-01T00:00:00Z");
    expect((await failure(sendStatus(429, { "retry-after": "7" }))).retryAfterMs).toBe(7000);
    expect((await failure(sendStatus(503, { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }), {}, now)).retryAfterMs).toBe(30_000);
    expect((await failure(sendStatus(503, { "retry-after": "86400" }))).retryAfterMs).toBe(60_000);
    expect((await failure(sendStatus(503, { "retry-after": "when it rains" }))).retryAfterMs).toBeUndefined();
    expect(retryAfter("Thu, 01 Jan 1970 00:00:00 GMT", now())).toBe(0);
  });

  it("by not being there may be tried again", async () => {
    const gone = await startWeatherServer();
    await gone.close();
    await expect(download(gone.base, target(), { contentType: "application/json", limits })).rejects.toMatchObject({ kind: "network", retryable: true });
  });
});

describe("a server that lies", () => {
  it("sends a page instead of data", async () => {
    const error = await failure((_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sorry</h1>"));
    expect(error).toMatchObject({ kind: "content-type", retryable: true });
    expect(error.message).toContain("answered with text/html; expected application/json");
  });

  it("does not say what it sends", async () => {
    expect((await failure((_request, response) => void response.writeHead(200).end("{}"))).message).toContain("answered with no content type");
  });

  it("breaks off before the announced end", async () => {
    const error = await failure((_request, response) => {
      response.writeHead(200, { ...json, "content-length": "1000" });
      response.write('{"daily":', () => response.destroy());
    });
    expect(error).toMatchObject({ kind: "network", retryable: true });
    expect(error.message).toContain("after 9 bytes");
  });

  it("breaks off between two chunks", async () => {
    expect(await failure((_request, response) => {
      response.writeHead(200, json);
      response.write("[1,", () => response.destroy());
    })).toMatchObject({ kind: "network", retryable: true });
  });

  it("sends rubbish as gzip", async () => {
    expect(await failure((_request, response) => void response.writeHead(200, { ...json, "content-encoding": "gzip" }).end("not gzip"))).toMatchObject({ kind: "network", retryable: true });
  });
});

describe("a server that sends too much", () => {
  it("and says so is not read", async () => {
    expect(await failure((_request, response) => void response.writeHead(200, { ...json, "content-length": "999999999" }).write("x"))).toMatchObject({ kind: "too-large", retryable: false });
  });

  it("without an end is stopped", async () => {
    let isClosed = false;
    const error = await failure((_request, response) => {
      response.on("close", () => (isClosed = true));
      response.writeHead(200, json);
      const more = (): void => void (response.destroyed || response.write("x".repeat(16_384), more));
      more();
    });
    expect(error).toMatchObject({ kind: "too-large", retryable: false });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });

  it("inside a small package is stopped early", async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(250_000);
    const error = await failure((_request, response) => void response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(bomb), { maxBytes: 300_000 });
    expect(error).toMatchObject({ kind: "too-large", retryable: false });
    expect(error.message).toContain("after decompression");
    // It ended where the limit was passed, not after all of it had been unpacked.
    expect(Number(/(\d+) bytes had arrived/.exec(error.message)?.[1])).toBeLessThan(600_000);
  });
});

describe("a server that is slow", () => {
  it("and never answers is given up", async () => {
    expect(await failure(() => undefined, { idleTimeoutMs: 80 })).toMatchObject({ kind: "idle", retryable: true });
  });

  it("and falls silent in the middle is given up", async () => {
    const error = await failure((_request, response) => void response.writeHead(200, json).write("[1,"), { idleTimeoutMs: 80 });
    expect(error).toMatchObject({ kind: "idle", retryable: true });
    expect(error.message).toContain("sent nothing for 80 ms; 3 bytes had arrived");
  });

  it("and drips is given up though it is never silent", async () => {
    let timer: NodeJS.Timeout | undefined;
    const error = await failure(
      (_request, response) => {
        response.writeHead(200, json);
        timer = setInterval(() => response.write(" "), 20);
      },
      { idleTimeoutMs: 5_000, totalTimeoutMs: 300 },
    );
    clearInterval(timer);
    expect(error).toMatchObject({ kind: "too-slow", retryable: true });
    expect(error.message).toContain("was not done after 300 ms");
  });
});

it("tells the disk's errors as they are", async () => {
  server.answer(sendJson([]));
  await expect(download(server.base, join(folder, "no", "such", "folder"), { contentType: "application/json", limits })).rejects.toMatchObject({ code: "ENOENT" });
});
