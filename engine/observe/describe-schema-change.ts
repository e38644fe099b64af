import type { SchemaDifference } from "../checkpoint/types.js";

/** `the schema of data/cleaned.csv changed: added wind (number), date date -> string`. */
export function describeSchemaChange(change: { readonly path: string } & SchemaDifference): string {
  const parts = [
    ...change.added.map((column) => `added ${column.name} (${column.type})`),
    ...change.removed.map((column) => `removed ${column.name} (${column.type})`),
    ...change.retyped.map((column) => `${column.name} ${column.from} -> ${column.to}`),
    ...(change.reordered ? ["columns in another order"] : []),
  ];
  return `the schema of ${change.path} changed: ${parts.join(", ")}`;
}
