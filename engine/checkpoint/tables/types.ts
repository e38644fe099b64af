/** What the readers of the table formats share. */
import type { ColumnContract, JsonValue } from "../../project/types.js";
import type { ContractMiss, FoundColumn } from "../types.js";
import type { FileDigest } from "../file-state.js";

/** A miss that does not yet know its artifact. */
export type Finding = Omit<ContractMiss, "path">;

/** What is asked of a table beyond its number of rows. */
export type TableContract = { readonly columns: readonly ColumnContract[]; readonly key: readonly string[] };

/** What the content of a file turned out to be. */
export type TableReading =
  | { readonly kind: "table"; readonly rows: number; readonly schema: readonly FoundColumn[]; readonly findings: readonly Finding[] }
  /** Readable, but no table: `found` says what it is. */
  | { readonly kind: "other"; readonly found: string }
  | { readonly kind: "malformed"; readonly finding: Finding };

export type FileReading = { readonly digest: FileDigest; readonly table: TableReading };

/** A file and what is asked of it; `chunkBytes` is how much is read at a time (1 MB). */
export type ReadRequest = { readonly absolute: string; readonly contract: TableContract; readonly chunkBytes?: number };

/** A value of a typed format. Big integers and dates of Parquet and Arrow come as `bigint`. */
export type CellValue = JsonValue | bigint | undefined;

/** A `malformed` reading with at most one offending row. */
export function malformed(expected: string, found: string, offender?: { readonly row: number; readonly text: string }): TableReading {
  return { kind: "malformed", finding: { kind: "malformed", expected, found, offenders: offender === undefined ? [] : [offender] } };
}
