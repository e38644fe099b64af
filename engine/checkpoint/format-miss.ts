import type { ContractMiss } from "./types.js";

/**
 * Words misses for people: a line for each (`data/features.csv: rows: expected >= 1000, found 12`), the first offending
 * rows indented below it.
 */
export function formatMisses(misses: readonly ContractMiss[]): string {
  return misses.map(formatMiss).join("\n");
}

function formatMiss(miss: ContractMiss): string {
  const rows = miss.offenders.map(({ row, text }) => `  row ${row}: ${text}`);
  return [`${miss.path}: ${miss.kind}: expected ${miss.expected}, found ${miss.found}`, ...rows].join("\n");
}
