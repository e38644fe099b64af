import type { ColumnType } from "../project/types.js";

/** `null` is the type of a column that is empty throughout and has no declared type. */
export type FoundColumn = { readonly name: string; readonly type: ColumnType | "null" | "object" };

/** The verified description of one artifact. */
export type ArtifactDescription = {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** For tables (CSV, TSV, JSON records, JSON lines, Parquet, Arrow), else null. */
  readonly rows: number | null;
  readonly schema: readonly FoundColumn[] | null;
  /** Hex SHA-256 over the ordered (name, type) pairs. */
  readonly schemaHash: string | null;
};

/** A way in which an artifact misses its contract. */
export type ContractMiss = {
  readonly path: string;
  readonly kind: "missing" | "not-a-table" | "malformed" | "rows" | "column" | "type" | "required" | "enum" | "range" | "key";
  readonly expected: string;
  readonly found: string;
  /** The first offending rows, 1-based without header, with their values, for the message; at most 5. */
  readonly offenders: readonly { readonly row: number; readonly text: string }[];
};

/** The difference between two schemas; null where there is none. */
export type SchemaDifference = {
  readonly added: readonly FoundColumn[];
  readonly removed: readonly FoundColumn[];
  readonly retyped: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly reordered: boolean;
};
