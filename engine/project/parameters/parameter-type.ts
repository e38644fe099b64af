import { SyntaxStop, TokenCursor, readNumber, readTokens } from "./literal-tokens.js";

/** A parameter's type, read; what JSON can't hold has none. */
export type ParameterType =
  | { readonly kind: "string" | "number" | "boolean" | "null" }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "union"; readonly members: readonly ParameterType[] }
  | { readonly kind: "array"; readonly element: ParameterType }
  | { readonly kind: "tuple"; readonly elements: readonly ParameterType[] }
  | { readonly kind: "record"; readonly value: ParameterType }
  | { readonly kind: "object"; readonly properties: readonly PropertyType[] };

export type PropertyType = { readonly name: string; readonly isOptional: boolean; readonly type: ParameterType };

/** For messages: the types that a parameter can have. */
export const supportedTypes =
  "string, number, boolean, null, literals, unions, `T[]`, `readonly T[]`, `Array<T>`, `Record<string, T>`, tuples and object types";

/**
 * Reads a type from its text alone.
 * @returns null where it is none of the supported ones
 */
export function parseType(text: string): ParameterType | null {
  const cursor = new TokenCursor(readTokens(text));
  try {
    const type = readType(cursor);
    return cursor.current.kind === "end" ? type : null;
  } catch (error) {
    if (error instanceof SyntaxStop) return null;
    throw error;
  }
}

/**
 * Reads the type that begins at the cursor.
 * @throws SyntaxStop at the first token that no supported type has there
 */
export function readType(cursor: TokenCursor): ParameterType {
  cursor.take("|");
  const members = [readElement(cursor)];
  while (cursor.take("|")) members.push(readElement(cursor));
  const [only] = members;
  return members.length === 1 && only !== undefined ? only : { kind: "union", members };
}

function readElement(cursor: TokenCursor): ParameterType {
  const isReadonly = cursor.take("readonly");
  const start = cursor.current;
  let type = readPrimary(cursor);
  while (cursor.isAt("[") && !cursor.current.isFirstInLine) {
    cursor.advance();
    expectSign(cursor, "]");
    type = { kind: "array", element: type };
  }
  if (isReadonly && type.kind !== "array" && type.kind !== "tuple") throw unsupported(start);
  return type;
}

function readPrimary(cursor: TokenCursor): ParameterType {
  const token = cursor.advance();
  if (token.kind === "string") return { kind: "literal", value: token.text };
  if (token.kind === "number") return readNumberType(token, 1);
  if (token.kind === "name") return readNamed(cursor, token);
  if (token.kind !== "sign") throw unsupported(token);
  switch (token.text) {
    case "-":
      return readNumberType(cursor.advance(), -1);
    case "(": {
      const inner = readType(cursor);
      expectSign(cursor, ")");
      return inner;
    }
    case "[":
      return { kind: "tuple", elements: readTuple(cursor) };
    case "{":
      return { kind: "object", properties: readProperties(cursor) };
    default:
      throw unsupported(token);
  }
}

function readNumberType(token: TokenCursor["current"], sign: 1 | -1): ParameterType {
  const value = token.kind === "number" ? readNumber(token.text) : null;
  if (value === null) throw unsupported(token);
  return { kind: "literal", value: sign * value };
}

function readNamed(cursor: TokenCursor, token: TokenCursor["current"]): ParameterType {
  switch (token.text) {
    case "string":
    case "number":
    case "boolean":
    case "null":
      return { kind: token.text };
    case "true":
    case "false":
      return { kind: "literal", value: token.text === "true" };
    case "Array":
    case "ReadonlyArray": {
      expectSign(cursor, "<");
      const element = readType(cursor);
      expectSign(cursor, ">");
      return { kind: "array", element };
    }
    case "Record": {
      expectSign(cursor, "<");
      if (!cursor.take("string")) throw unsupported(cursor.current);
      expectSign(cursor, ",");
      const value = readType(cursor);
      expectSign(cursor, ">");
      return { kind: "record", value };
    }
    default:
      throw unsupported(token);
  }
}

function readTuple(cursor: TokenCursor): ParameterType[] {
  const elements: ParameterType[] = [];
  while (!cursor.take("]")) {
    elements.push(readType(cursor));
    if (!cursor.isAt("]")) expectSign(cursor, ",");
  }
  return elements;
}

function readProperties(cursor: TokenCursor): PropertyType[] {
  const properties: PropertyType[] = [];
  while (!cursor.take("}")) {
    if (cursor.isAt("readonly") && cursor.next.text !== ":" && cursor.next.text !== "?") cursor.advance();
    const name = cursor.advance();
    if (name.kind !== "name" && name.kind !== "string") throw unsupported(name);
    const isOptional = cursor.take("?");
    expectSign(cursor, ":");
    properties.push({ name: name.text, isOptional, type: readType(cursor) });
    const isSeparated = cursor.take(";") || cursor.take(",") || cursor.current.isFirstInLine || cursor.isAt("}");
    if (!isSeparated) throw unsupported(cursor.current);
  }
  return properties;
}

function expectSign(cursor: TokenCursor, sign: string): void {
  if (!cursor.take(sign)) throw unsupported(cursor.current);
}

function unsupported(token: TokenCursor["current"]): SyntaxStop {
  return new SyntaxStop(token, `a type made of ${supportedTypes}`, "unsupported-type");
}
