import { SyntaxStop, readNumber } from "./literal-tokens.js";
import type { Token, TokenCursor } from "./literal-tokens.js";
import type { JsonValue } from "../types.js";

/**
 * Reads the literal that begins at the cursor: what JSON can hold, in TypeScript's spelling.
 * @throws SyntaxStop at the first token that is no part of one
 */
export function readLiteral(cursor: TokenCursor): JsonValue {
  const value = readBare(cursor);
  if (cursor.isAt("as") && !cursor.current.isFirstInLine) {
    cursor.advance();
    if (!cursor.take("const")) throw new SyntaxStop(cursor.current, "`as const`, or nothing");
  }
  return value;
}

function readBare(cursor: TokenCursor): JsonValue {
  const token = cursor.advance();
  switch (token.kind) {
    case "string":
      return token.text;
    case "number":
      return toNumber(token, 1);
    case "name":
      return readWord(token);
    case "sign":
      if (token.text === "-") return toNumber(cursor.advance(), -1);
      if (token.text === "+") return toNumber(cursor.advance(), 1);
      if (token.text === "[") return readArray(cursor);
      if (token.text === "{") return readObject(cursor);
      throw new SyntaxStop(token, "a literal");
    default:
      throw new SyntaxStop(token, "a literal");
  }
}

function readWord(token: Token): JsonValue {
  switch (token.text) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    default:
      throw new SyntaxStop(token, "a literal that JSON can hold");
  }
}

function toNumber(token: Token, sign: 1 | -1): number {
  const value = token.kind === "number" ? readNumber(token.text) : null;
  if (value === null) throw new SyntaxStop(token, "a finite number");
  // JSON has no negative zero.
  return value === 0 ? 0 : sign * value;
}

function readArray(cursor: TokenCursor): JsonValue {
  const items: JsonValue[] = [];
  while (!cursor.take("]")) {
    items.push(readLiteral(cursor));
    if (!cursor.isAt("]") && !cursor.take(",")) throw new SyntaxStop(cursor.current, "`,` or `]`");
  }
  return items;
}

function readObject(cursor: TokenCursor): JsonValue {
  const entries: [string, JsonValue][] = [];
  while (!cursor.take("}")) {
    const key = readKey(cursor.advance());
    if (!cursor.take(":")) throw new SyntaxStop(cursor.current, "`:` and a literal");
    entries.push([key, readLiteral(cursor)]);
    if (!cursor.isAt("}") && !cursor.take(",")) throw new SyntaxStop(cursor.current, "`,` or `}`");
  }
  return Object.fromEntries(entries);
}

function readKey(token: Token): string {
  const isKey = token.kind === "name" || token.kind === "string" || token.kind === "number";
  // In TypeScript this key would set the object's prototype.
  if (!isKey || token.text === "__proto__") throw new SyntaxStop(token, "a property's name");
  return token.kind === "number" ? String(toNumber(token, 1)) : token.text;
}
