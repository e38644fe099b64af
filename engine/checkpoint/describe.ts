import { lstatSync } from "node:fs";
import { extname } from "node:path";
import type { OutputContract } from "../project/types.js";
import { digestFile } from "./file-state.js";
import { hashSchema } from "./schema-hash.js";
import type { FileReading, Finding, ReadRequest, TableReading } from "./tables/types.js";
import type { ArtifactDescription, ContractMiss } from "./types.js";

export type ArtifactFile = {
  readonly absolute: string;
  /** Relative to the project root. */
  readonly path: string;
  readonly contract?: OutputContract;
  /** How much is read at a time; default 1 MB. */
  readonly chunkBytes?: number;
};

export type CheckedArtifact = { readonly description: ArtifactDescription; readonly misses: readonly ContractMiss[] };

type Reader = (request: ReadRequest) => Promise<FileReading>;

/** Readers by extension, each loaded when the first file of its format comes. */
const READERS: Readonly<Record<string, () => Promise<Reader>>> = {
  ".csv": async () => {
    const { readCsv } = await import("./tables/csv-table.js");
    return (request) => readCsv(request, ",");
  },
  ".tsv": async () => {
    const { readCsv } = await import("./tables/csv-table.js");
    return (request) => readCsv(request, "\t");
  },
  ".json": async () => (await import("./tables/json-table.js")).readJson,
  ".jsonl": async () => (await import("./tables/json-table.js")).readJsonLines,
  ".ndjson": async () => (await import("./tables/json-table.js")).readJsonLines,
  ".parquet": async () => (await import("./tables/parquet-table.js")).readParquet,
  ".arrow": async () => (await import("./tables/arrow-table.js")).readArrow,
  ".feather": async () => (await import("./tables/arrow-table.js")).readArrow,
};

/**
 * Describes an artifact and holds it against its contract, in one pass over its bytes.
 *
 * The format follows from the extension: `.csv`, `.tsv`, `.json` (a table where it is an array of records), `.jsonl` and
 * `.ndjson`, `.parquet`, `.arrow` and `.feather`; any other file has bytes and a digest only.
 *
 * The type of a column is the declared one where all its values have it. Else, in text formats, it is what its values
 * are (a CSV column of JSON numbers is `number`, of `true` and `false` `boolean`, of neither `string`; `date` and
 * `integer` are never guessed, so that a schema does not change by chance), and in Parquet and Arrow what the file says.
 * A column without any value has its declared type, else `null`.
 *
 * A malformed file misses its checkpoint even without a contract, and is described without rows and schema. A missing
 * one (a folder and a symbolic link count as missing) is described with 0 bytes and an empty digest.
 *
 * @throws The file system's error where the file can't be read.
 */
export async function describeArtifact(file: ArtifactFile): Promise<CheckedArtifact> {
  const other = findOther(file.absolute);
  if (other !== null) {
    return check(file, { digest: { sha256: "", bytes: 0 }, table: null }, [{ kind: "missing", expected: "a file", found: other, offenders: [] }]);
  }
  const load = READERS[extname(file.path).toLowerCase()];
  if (load === undefined) return check(file, { digest: await digestFile(file.absolute), table: null }, misfits(file.contract, null));

  const read = await load();
  const { absolute, contract, chunkBytes } = file;
  const asked = { columns: contract?.columns ?? [], key: contract?.key ?? [] };
  const reading = await read({ absolute, contract: asked, ...(chunkBytes === undefined ? {} : { chunkBytes }) });
  return check(file, reading, misfits(contract, reading.table));
}

/** What lies in the place of a file; null where it is one. */
function findOther(absolute: string): string | null {
  // Through a link, a later change of what it points to would change the artifact.
  const stat = lstatSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) return "nothing";
  if (stat.isFile()) return null;
  return stat.isDirectory() ? "a folder" : stat.isSymbolicLink() ? "a symbolic link" : "something else";
}

function check(file: ArtifactFile, reading: Omit<FileReading, "table"> & { readonly table: TableReading | null }, findings: readonly Finding[]): CheckedArtifact {
  const { digest, table } = reading;
  const [rows, schema] = table?.kind === "table" ? [table.rows, table.schema] : [null, null];
  const description = { path: file.path, bytes: digest.bytes, sha256: digest.sha256, rows, schema, schemaHash: schema === null ? null : hashSchema(schema) };
  return { description, misses: findings.map((finding) => ({ path: file.path, ...finding })) };
}

/** All that is wrong with what was read; `table` is null for a format that never is a table. */
function misfits(contract: OutputContract | undefined, table: TableReading | null): readonly Finding[] {
  if (table?.kind === "malformed") return [table.finding];
  if (table?.kind === "table") return [...rowFindings(contract, table.rows), ...table.findings];
  const needsTable = contract?.rows !== undefined || (contract?.columns?.length ?? 0) > 0 || (contract?.key?.length ?? 0) > 0;
  if (!needsTable) return [];
  const expected = "a table (CSV, TSV, JSON records, JSON lines, Parquet or Arrow)";
  return [{ kind: "not-a-table", expected, found: table?.found ?? "a file of another format", offenders: [] }];
}

function rowFindings(contract: OutputContract | undefined, rows: number): readonly Finding[] {
  const bounds = contract?.rows;
  if (bounds === undefined || (rows >= bounds.min && rows <= bounds.max)) return [];
  return [{ kind: "rows", expected: bounds.text, found: String(rows), offenders: [] }];
}
