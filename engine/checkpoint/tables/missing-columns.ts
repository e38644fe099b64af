import { listNames } from "./shorten.js";
import type { Finding, TableContract } from "./types.js";

/** Declared columns and key columns that a table does not have. */
export function missingColumns(contract: TableContract, names: readonly string[]): readonly Finding[] {
  const present = new Set(names);
  const needed = new Set([...contract.columns.map(({ name }) => name), ...contract.key]);
  const missing = [...needed].filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  return [{ kind: "column", expected: `${missing.length === 1 ? "column" : "columns"} ${listNames(missing)}`, found: `columns ${listNames(names)}`, offenders: [] }];
}
