/** Stage 1: one raw file a place, from a shipped file or from Open-Meteo's archive. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { CsvReader, csvLine } from "./csv.js";
import { download, type DownloadLimits } from "./download.js";
import { type ArchiveQuery, archiveUrl, readArchive } from "./open-meteo.js";
import { rawColumns } from "./weather.js";

/** What was ingested: one file. */
export type Ingested = {
  /** Where the rows came from: a path or an address. */
  readonly source: string;
  readonly path: string;
  readonly rows: number;
  /** Size of the file that was written. */
  readonly bytes: number;
};

/** A source file that is too large or not text. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly retryable = false;
}

/**
 * Copies a raw CSV file row by row; memory holds one chunk. A byte order mark and carriage returns are left behind.
 * @param from - path of the source.
 * @param to - path of the raw file; it appears whole or not at all.
 * @throws CsvError where header or rows are not those of a raw file, {@link SourceError}
 */
export async function ingestFile(from: string, to: string, limits: Pick<DownloadLimits, "maxBytes">): Promise<Ingested> {
  const { size } = await stat(from);
  if (size > limits.maxBytes) throw new SourceError(`${from} has ${size} bytes; at most ${limits.maxBytes} are accepted.`);
  return writeRaw(to, from, readLines(from));
}

export type ArchiveSource = {
  /** The name that goes into the column `location`. */
  readonly place: string;
  readonly query: ArchiveQuery;
  /** Scheme and host of the archive. */
  readonly base: string;
  readonly limits: DownloadLimits;
};

/**
 * Asks the archive for the weather of a place and writes it as a raw file. It tries once.
 * @param to - path of the raw file; it appears whole or not at all.
 * @throws DownloadError, ArchiveError: both say in `retryable` whether another attempt may help.
 */
export async function ingestArchive(to: string, { place, query, base, limits }: ArchiveSource): Promise<Ingested> {
  const url = archiveUrl(base, query);
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  try {
    const body = join(folder, "answer.json");
    await download(url, body, { contentType: "application/json", limits });
    const days = readArchive(await readFile(body, "utf8"), place, query);
    return await writeRaw(to, url, days.map((day) => csvLine(rawColumns.map((name) => day[name]))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* readLines(from: string): AsyncGenerator<string> {
  const reader = new CsvReader({ source: from, header: rawColumns });
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for await (const chunk of createReadStream(from)) {
    for (const row of reader.push(decode(decoder, from, chunk))) yield csvLine(row);
  }
  for (const row of [...reader.push(decode(decoder, from)), ...reader.end()]) yield csvLine(row);
}

function decode(decoder: TextDecoder, from: string, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw new SourceError(`${from} is not UTF-8 text.`, { cause: error });
  }
}

async function writeRaw(to: string, source: string, lines: Iterable<string> | AsyncIterable<string>): Promise<Ingested> {
  const part = `${to}.part`;
  let rows = 0;
  async function* counted(): AsyncGenerator<string> {
    yield csvLine(rawColumns);
    for await (const line of lines) {
      rows += 1;
      yield line;
    }
  }
  await mkdir(dirname(to), { recursive: true });
  try {
    await pipeline(counted, createWriteStream(part));
    if (rows === 0) throw new SourceError(`${source} holds no rows.`);
    const { size } = await stat(part);
    await rename(part, to);
    return { source, path: to, rows, bytes: size };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
