import { readFile } from "node:fs/promises";
import path from "node:path";
import { csvParseRows, tsvParseRows } from "d3-dsv";
import type { JsonValue, Place, Problem } from "../project/types.js";
import { RenderError } from "./render-error.js";

/**
 * Reads a file that a report's text quotes.
 * @param input `folder` absolute, `file` project path, `place` of its declaration
 * @returns JSON and YAML as they are; CSV, TSV and JSON lines as a list of records; text as a string
 * @throws RenderError where the file can't be read
 */
export async function readInput(input: { readonly folder: string; readonly file: string; readonly place: Place }): Promise<JsonValue> {
  try {
    const text = (await readFile(path.join(input.folder, input.file), "utf8")).replace(/^\ufeff/, "");
    return await parseInput(text, input);
  } catch (error) {
    if (error instanceof RenderError) throw error;
    throw new RenderError([problem(input, `\`${input.file}\` can't be read: ${error instanceof Error ? error.message : String(error)}`)]);
  }
}

async function parseInput(text: string, input: { file: string; place: Place }): Promise<JsonValue> {
  switch (path.posix.extname(input.file).toLowerCase()) {
    case ".json": return JSON.parse(text) as JsonValue;
    case ".jsonl":
    case ".ndjson": return text.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as JsonValue);
    case ".csv": return toRecords(csvParseRows(text), input);
    case ".tsv": return toRecords(tsvParseRows(text), input);
    case ".yaml":
    case ".yml": return (await import("yaml")).parse(text) as JsonValue;
    case ".md":
    case ".txt": return text;
    default: throw new RenderError([{
      ...problem(input, `a report can't quote \`${input.file}\``), hint: "it reads .json, .jsonl, .csv, .tsv, .yaml, .md and .txt; let a stage write what is to be quoted into one of them",
    }]);
  }
}

/** Rows under a header as records. A column is numbers or booleans only if all its values are; an empty cell is null. */
function toRecords(rows: readonly (readonly string[])[], input: { file: string; place: Place }): JsonValue {
  const [header = [], ...body] = rows.filter((row) => row.length > 1 || row[0] !== "");
  const ragged = body.findIndex((row) => row.length !== header.length);
  if (ragged >= 0) throw new RenderError([problem(input, `\`${input.file}\`, row ${ragged + 1}: expected ${header.length} cells, found ${body[ragged]?.length ?? 0}`)]);
  const readers = header.map((_, column) => columnReader(body.map((row) => row[column] ?? "")));
  return body.map((row) => Object.fromEntries(header.map((name, column) => [name, readers[column]?.(row[column] ?? "") ?? null])));
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

function columnReader(cells: readonly string[]): (cell: string) => JsonValue {
  const values = cells.filter((cell) => cell !== "");
  if (values.every((cell) => jsonNumber.test(cell) && isExact(cell))) return (cell) => (cell === "" ? null : Number(cell));
  if (values.every((cell) => cell === "true" || cell === "false")) return (cell) => (cell === "" ? null : cell === "true");
  return (cell) => (cell === "" ? null : cell);
}

/** False for whole numbers that would be rounded. */
function isExact(cell: string): boolean {
  return !/^-?\d+$/.test(cell) || Number.isSafeInteger(Number(cell));
}

function problem(input: { place: Place }, message: string): Problem {
  return { severity: "error", code: "report-input", place: input.place, message };
}
