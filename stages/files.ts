/** Text files of the project; paths are relative to the project root, which is the working directory of every stage. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseCsv } from "./csv.js";
import { type RawDay, rawColumns } from "./weather.js";

export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Writes a text; its folder is made where there is none yet, as in an exploration before the first run. */
export function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * The rows of a raw file, as text.
 * @throws CsvError where header or rows are not those of a raw file.
 */
export function readRaw(text: string, source: string): RawDay[] {
  return parseCsv(text, { source, header: rawColumns }).map(([location = "", date = "", precipitation = "", temp_max = "", temp_min = "", wind = "", weather = ""]) => ({
    location,
    date,
    precipitation,
    temp_max,
    temp_min,
    wind,
    weather,
  }));
}
