import * as zlib from "node:zlib";
import type { AsyncBuffer, CompressionCodec, Compressors, FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from "hyparquet";
import type { FoundColumn } from "../types.js";
import { digestFile } from "../file-state.js";
import { isSystemError, zstdDecompress } from "./decompress.js";
import { shorten } from "./shorten.js";
import { isoDay, isoTime, plainValue, type TypedBatch, type TypedColumn, type TypedTable, verifyTyped } from "./typed-table.js";
import { type FileReading, malformed, type ReadRequest, type TableReading } from "./types.js";

/** Dates and times as the file has them: a `Date` would drop microseconds and make different keys equal. */
const RAW_TIMES: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (count) => count,
  timestampFromMicroseconds: (count) => count,
  timestampFromNanoseconds: (count) => count,
  dateFromDays: (days) => days,
};

const COMPRESSORS: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...(zstdDecompress === null ? {} : { ZSTD: zstdDecompress }),
};
const READABLE = new Set<CompressionCodec>(["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", ...(zstdDecompress === null ? [] : ["ZSTD" as const])]);

/**
 * Reads a Parquet file: rows and columns from its metadata, and values, row group by row group, only of columns of which
 * the contract asks more than their type. SNAPPY, GZIP and BROTLI are read everywhere, ZSTD where Node has it (22.15 and
 * later). Decimals are compared as doubles.
 */
export async function readParquet(request: ReadRequest): Promise<FileReading> {
  const digest = await digestFile(request.absolute);
  try {
    return { digest, table: await readTable(request) };
  } catch (error) {
    if (error instanceof UnreadableColumn) return { digest, table: malformed("values that can be read (compressed with SNAPPY, GZIP or BROTLI; ZSTD needs Node 22.15)", error.message) };
    if (!(error instanceof Error) || isSystemError(error)) throw error;
    return { digest, table: malformed("a readable Parquet file", shorten(error.message)) };
  }
}

class UnreadableColumn extends Error {
  override readonly name = "UnreadableColumn";
}

async function readTable(request: ReadRequest): Promise<TableReading> {
  return verifyTyped(await openParquet(request.absolute), request.contract);
}

/** The rows and columns of a Parquet file; values are read when they are asked for. */
export async function openParquet(absolute: string): Promise<TypedTable> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import("hyparquet");
  const file = await asyncBufferFromFile(absolute);
  const metadata = await parquetMetadataAsync(file, { parsers: RAW_TIMES });
  const columns = parquetSchema(metadata).children.map(describeColumn);
  return { rows: Number(metadata.num_rows), columns, read: (names) => readColumns({ file, metadata }, names) };
}

async function* readColumns(source: { readonly file: AsyncBuffer; readonly metadata: FileMetaData }, names: readonly string[]): AsyncGenerator<TypedBatch> {
  for (const { columns } of source.metadata.row_groups) {
    const unreadable = columns.find(({ meta_data: data }) => data !== undefined && names.includes(data.path_in_schema[0] ?? "") && !READABLE.has(data.codec))?.meta_data;
    if (unreadable !== undefined) throw new UnreadableColumn(`${unreadable.codec} in column ${JSON.stringify(unreadable.path_in_schema[0])}`);
  }
  const { parquetScan } = await import("hyparquet");
  const scan = await parquetScan({ ...source, columns: [...names], parsers: RAW_TIMES, compressors: COMPRESSORS });
  for (const range of scan.ranges) {
    const columns: ArrayLike<unknown>[] = [];
    for (const column of names) columns.push(await scan.readColumn({ column, ...range }));
    yield { rows: range.rowEnd - range.rowStart, columns };
  }
}

function describeColumn({ element, children }: SchemaTree): TypedColumn {
  const { name } = element;
  if (children.length > 0 || element.repetition_type === "REPEATED") return { name, type: "object", toValue: plainValue };
  if (isDay(element)) return { name, type: "date", toValue: isoDay };
  const perSecond = unitsPerSecond(element);
  if (perSecond !== null) return { name, type: "date", toValue: (raw) => isoTime(raw, perSecond) };
  return { name, type: typeOfElement(element), toValue: plainValue };
}

function isDay({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "DATE" || logical?.type === "DATE";
}

function unitsPerSecond({ type, converted_type: converted, logical_type: logical }: SchemaElement): bigint | null {
  if (converted === "TIMESTAMP_MILLIS") return 1_000n;
  if (converted === "TIMESTAMP_MICROS") return 1_000_000n;
  if (logical?.type === "TIMESTAMP") return logical.unit === "MILLIS" ? 1_000n : logical.unit === "MICROS" ? 1_000_000n : 1_000_000_000n;
  return type === "INT96" ? 1_000_000_000n : null;
}

function typeOfElement({ type, converted_type: converted, logical_type: logical }: SchemaElement): FoundColumn["type"] {
  if (logical?.type === "NULL") return "null";
  if (converted === "DECIMAL" || logical?.type === "DECIMAL" || logical?.type === "FLOAT16") return "number";
  if (converted === "JSON" || converted === "BSON" || converted === "INTERVAL") return "object";
  if (logical?.type === "JSON" || logical?.type === "BSON" || logical?.type === "INTERVAL" || logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY") return "object";
  if (type === "BOOLEAN") return "boolean";
  if (type === "INT32" || type === "INT64") return "integer";
  return type === "FLOAT" || type === "DOUBLE" ? "number" : "string";
}
