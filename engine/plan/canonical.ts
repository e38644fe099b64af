import { hash } from "node:crypto";

/**
 * Writes a value as JSON text that depends on nothing but the value: keys by code unit, no white space, and numbers that
 * JSON cannot tell apart (`-0`, `Infinity`) told apart. Keys whose value is undefined are left out.
 *
 * @param value Plain data: what JSON can hold, and any number.
 * @returns The text to hash or to compare; it is JSON unless the value holds such a number.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? JSON.stringify(value) : String(value);
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    let text = "";
    // Sorted by code unit, without a comparison of one's own.
    for (const key of Object.keys(value).sort()) {
      const entry: unknown = Reflect.get(value, key);
      if (entry !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(entry)}`;
    }
    return `{${text}}`;
  }
  throw new Error(`Internal error: a value of type ${typeof value} cannot be hashed`);
}

/** Hex SHA-256 of a text. */
export function hashText(text: string | Uint8Array): string {
  return hash("sha256", text, "hex");
}

/** Hex SHA-256 of plain data, whatever the order of its keys. */
export function hashValue(value: unknown): string {
  return hashText(canonicalJson(value));
}
