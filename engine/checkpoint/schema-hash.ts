import { createHash } from "node:crypto";
import type { FoundColumn } from "./types.js";

/** Hex SHA-256 over the ordered (name, type) pairs of a schema. */
export function hashSchema(schema: readonly FoundColumn[]): string {
  return createHash("sha256").update(JSON.stringify(schema.map(({ name, type }) => [name, type]))).digest("hex");
}
