import { lstatSync } from "node:fs";
import { extname } from "node:path";
import { describeByteDifference, findByteDifference } from "./compare/byte-difference.js";
import type { ByteDifference, Difference, FilePair } from "./compare/types.js";

export type { Difference, DifferencePlace, FilePair } from "./compare/types.js";

/**
 * Finds the first difference of two artifacts, in the terms of their format: column and row of CSV, TSV, Parquet and
 * Arrow, the path in JSON and JSON lines, line and character of other text, else the byte. A difference of bytes
 * without one of values (white space, quotes, compression) is told by its line or byte.
 *
 * @returns null where the bytes are the same
 * @throws The file system's error where a file can't be read.
 */
export async function compareArtifacts(pair: FilePair): Promise<Difference | null> {
  const missing = [pair.recorded, pair.found].map((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true);
  if (missing.includes(true)) {
    const [recorded, found] = missing.map((isMissing) => (isMissing ? null : "a file"));
    return { place: { kind: "file" }, recorded: recorded ?? null, found: found ?? null };
  }
  const bytes = await findByteDifference(pair);
  if (bytes === null) return null;
  return (await compareValues(pair, bytes)) ?? (await describeByteDifference(pair, bytes));
}

/** Readers are loaded when they are needed: most files never differ. */
async function compareValues(pair: FilePair, bytes: ByteDifference): Promise<Difference | null> {
  const { offset } = bytes;
  switch (extname(pair.path).toLowerCase()) {
    case ".csv":
      return (await import("./compare/csv-difference.js")).findCsvDifference(pair, { offset, delimiter: "," });
    case ".tsv":
      return (await import("./compare/csv-difference.js")).findCsvDifference(pair, { offset, delimiter: "\t" });
    case ".json":
      return (await import("./compare/json-difference.js")).findJsonDifference(pair);
    case ".jsonl":
    case ".ndjson":
      return (await import("./compare/lines-difference.js")).findJsonLinesDifference(pair, bytes);
    case ".parquet":
      return (await import("./compare/typed-difference.js")).findTypedDifference(pair, "parquet");
    case ".arrow":
    case ".feather":
      return (await import("./compare/typed-difference.js")).findTypedDifference(pair, "arrow");
    default:
      return null;
  }
}
