import { isMissing } from "./table-like.js";

/** A set of kinds of values, one bit each. */
export type KindSet = number;

const names = ["array", "bigint", "boolean", "date", "function", "number", "object", "string", "symbol"] as const;
const bits = Object.fromEntries(names.map((name, index) => [name, 1 << index])) as Readonly<Record<(typeof names)[number], number>>;

export const onlyNumbers: KindSet = bits.number;
export const onlyBigints: KindSet = bits.bigint;

/** The kind of one value; the empty set for a missing one. */
export function kindOf(value: unknown): KindSet {
  if (isMissing(value)) return 0;
  const type = typeof value;
  if (type !== "object") return type === "undefined" ? 0 : bits[type];
  if (value instanceof Date) return bits.date;
  return Array.isArray(value) ? bits.array : bits.object;
}

/** True where there is nothing but numbers of some sort, and at least one. */
export function isNumeric(kinds: KindSet): boolean {
  return kinds !== 0 && (kinds & ~(bits.number | bits.bigint)) === 0;
}

/** `number`, `string`, `date` ..., several with `|`, or `empty`. */
export function nameKinds(kinds: KindSet): string {
  return kinds === 0 ? "empty" : names.filter((name) => (kinds & bits[name]) !== 0).join(" | ");
}
