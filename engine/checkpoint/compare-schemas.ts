import type { FoundColumn, SchemaDifference } from "./types.js";

/**
 * Compares a table's schema with that of its last record.
 *
 * @param before null where nothing is known to compare with.
 * @param after null where the artifact is no table any more: all columns count as removed.
 * @returns null where the schemas are equal, or `before` is null.
 */
export function compareSchemas(before: readonly FoundColumn[] | null, after: readonly FoundColumn[] | null): SchemaDifference | null {
  if (before === null) return null;
  const old = new Map(before.map((column) => [column.name, column.type]));
  const now = new Map((after ?? []).map((column) => [column.name, column.type]));
  const added = [...now].filter(([name]) => !old.has(name)).map(([name, type]) => ({ name, type }));
  const removed = [...old].filter(([name]) => !now.has(name)).map(([name, type]) => ({ name, type }));
  const retyped = [...old].flatMap(([name, from]) => {
    const to = now.get(name);
    return to === undefined || to === from ? [] : [{ name, from, to }];
  });
  const stayed = [...old.keys()].filter((name) => now.has(name));
  const reordered = [...now.keys()].filter((name) => old.has(name)).some((name, index) => name !== stayed[index]);
  const isSame = added.length === 0 && removed.length === 0 && retyped.length === 0 && !reordered;
  return isSame ? null : { added, removed, retyped, reordered };
}
