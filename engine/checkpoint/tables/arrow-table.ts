import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Column, DataType, Table, Type as TypeTable } from "@uwdata/flechette";
import type { FoundColumn } from "../types.js";
import { digestFile } from "../file-state.js";
import { isSystemError, zstdDecompress } from "./decompress.js";
import { shorten } from "./shorten.js";
import { isoDay, isoTime, plainValue, type TypedBatch, type TypedColumn, type TypedTable, verifyTyped } from "./typed-table.js";
import { type FileReading, malformed, type ReadRequest, type TableReading } from "./types.js";

/** Arrow files are read in one piece; larger ones are only hashed. */
export const MOST_ARROW_BYTES = 2 ** 31 - 1;
const FILE_MAGIC = "ARROW1";
const ROWS_AT_ONCE = 1 << 16;

/**
 * Reads an Arrow file (IPC, file or stream format; Feather 2) in one piece. Bodies compressed with LZ4, or with Zstandard
 * before Node 22.15, are not looked into: such a file is no table.
 */
export async function readArrow(request: ReadRequest): Promise<FileReading> {
  const { size } = await stat(request.absolute);
  if (size > MOST_ARROW_BYTES) return { digest: await digestFile(request.absolute), table: { kind: "other", found: "an Arrow file of more than 2 GB" } };
  const bytes = await readFile(request.absolute);
  const digest = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  try {
    return { digest, table: await readTable(bytes, request) };
  } catch (error) {
    if (!(error instanceof Error) || isSystemError(error)) throw error;
    const codec = /^Missing compression codec "(\w+)"/.exec(error.message)?.[1];
    if (codec !== undefined) return { digest, table: { kind: "other", found: `an Arrow file compressed with ${codec}, which can't be read here` } };
    return { digest, table: malformed("a readable Arrow file", shorten(error.message)) };
  }
}

async function readTable(bytes: Uint8Array, request: ReadRequest): Promise<TableReading> {
  if (isCutFile(bytes)) return malformed("a readable Arrow file", "a file without its end");
  const table = await openArrow(bytes);
  if (table.columns.length === 0) return malformed("a readable Arrow file", bytes.length === 0 ? "an empty file" : "no columns");
  return verifyTyped(table, request.contract);
}

/** The rows and columns of the bytes of an Arrow file. */
export async function openArrow(bytes: Uint8Array): Promise<TypedTable> {
  const { CompressionType, setCompressionCodec, tableFromIPC, Type } = await import("@uwdata/flechette");
  if (zstdDecompress !== null) {
    const encode = (): never => {
      throw new Error("Internal error: Arrow files are only read here");
    };
    setCompressionCodec(CompressionType.ZSTD, { decode: zstdDecompress, encode });
  }
  // 64-bit values, times and decimals as the file has them, so that different keys stay different.
  const table = tableFromIPC(bytes, { useBigInt: true, useBigIntTimestamp: true, useDecimalInt: true });
  const columns = table.schema.fields.map(({ name, type }) => describeColumn({ name, type, Type }));
  return { rows: table.numRows, columns, read: (names) => readColumns(table, names) };
}

/** The file format carries its magic at both ends; a stream may end after any batch. */
function isCutFile(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text.toString("latin1", 0, FILE_MAGIC.length) === FILE_MAGIC && !text.subarray(FILE_MAGIC.length).subarray(-FILE_MAGIC.length).equals(Buffer.from(FILE_MAGIC));
}

async function* readColumns(table: Table, names: readonly string[]): AsyncGenerator<TypedBatch> {
  const columns: readonly Column<unknown>[] = names.map((name) => table.getChild(name));
  const iterators = columns.map((column) => column[Symbol.iterator]());
  for (let start = 0; start < table.numRows; start += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, table.numRows - start);
    yield { rows, columns: iterators.map((iterator) => Array.from({ length: rows }, (): unknown => iterator.next().value)) };
  }
}

type TypeIds = typeof TypeTable;

function describeColumn({ name, type, Type }: { readonly name: string; readonly type: DataType; readonly Type: TypeIds }): TypedColumn {
  switch (type.typeId) {
    case Type.Dictionary:
      return describeColumn({ name, type: type.dictionary, Type });
    case Type.RunEndEncoded:
      return describeColumn({ name, type: type.children[1].type, Type });
    case Type.Date:
      // The reader gives milliseconds for both units.
      return { name, type: "date", toValue: (raw) => isoDay(typeof raw === "number" ? raw / 86_400_000 : raw) };
    case Type.Timestamp:
      return { name, type: "date", toValue: (raw) => isoTime(raw, 1_000n ** BigInt(type.unit)) };
    case Type.Decimal:
      return { name, type: "number", toValue: (raw) => (typeof raw === "bigint" || typeof raw === "number" ? Number(raw) / 10 ** type.scale : plainValue(raw)) };
    default:
      return { name, type: typeOfId(type.typeId, Type), toValue: plainValue };
  }
}

function typeOfId(id: DataType["typeId"], Type: TypeIds): FoundColumn["type"] {
  switch (id) {
    case Type.Null:
      return "null";
    case Type.Bool:
      return "boolean";
    case Type.Int:
    case Type.Time:
    case Type.Duration:
      return "integer";
    case Type.Float:
      return "number";
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return "string";
    default:
      return "object";
  }
}
