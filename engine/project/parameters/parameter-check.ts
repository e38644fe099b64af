import type { ParameterType, PropertyType } from "./parameter-type.js";
import type { JsonValue } from "../types.js";

/** Where a value is not what its type says. */
export type Mismatch = {
  /** The way into the value, such as `[2].name`; empty for the value itself. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
};

/** Holds a value against a type; null where it fits. */
export function checkValue(type: ParameterType, value: JsonValue, path = ""): Mismatch | null {
  const mismatch = { path, expected: writeType(type), found: JSON.stringify(value) };
  switch (type.kind) {
    case "number":
      return Number.isFinite(value) ? null : mismatch;
    case "string":
    case "boolean":
      return typeof value === type.kind ? null : mismatch;
    case "null":
      return value === null ? null : mismatch;
    case "literal":
      return value === type.value ? null : mismatch;
    case "union":
      return checkUnion(type.members, value, mismatch);
    case "array":
      return isList(value) ? first(value, (item, index) => checkValue(type.element, item, `${path}[${index}]`)) : mismatch;
    case "tuple":
      if (!isList(value) || value.length !== type.elements.length) return mismatch;
      return first(type.elements, (element, index) => checkValue(element, value[index] ?? null, `${path}[${index}]`));
    case "record":
      return isMap(value) ? first(Object.entries(value), ([key, item]) => checkValue(type.value, item, `${path}.${key}`)) : mismatch;
    case "object":
      return isMap(value) ? checkProperties(type.properties, value, path) : mismatch;
  }
}

/** The way into the value is worth telling where only one member is meant, as in `Point | null`. */
function checkUnion(members: readonly ParameterType[], value: JsonValue, mismatch: Mismatch): Mismatch | null {
  const misses = members.map((member) => checkValue(member, value, mismatch.path));
  if (misses.includes(null)) return null;
  const deep = misses.filter((miss) => miss !== null && miss.path !== mismatch.path);
  return deep.length === 1 ? (deep[0] ?? mismatch) : mismatch;
}

function checkProperties(properties: readonly PropertyType[], value: Readonly<Record<string, JsonValue>>, path: string): Mismatch | null {
  const extra = Object.keys(value).find((key) => !properties.some(({ name }) => name === key));
  if (extra !== undefined) {
    return { path: `${path}.${extra}`, expected: `no property but ${properties.map(({ name }) => name).join(", ") || "none"}`, found: JSON.stringify(value[extra]) };
  }
  return first(properties, ({ name, isOptional, type }) => {
    const item = Object.hasOwn(value, name) ? value[name] : undefined;
    if (item !== undefined) return checkValue(type, item, `${path}.${name}`);
    return isOptional ? null : { path: `${path}.${name}`, expected: writeType(type), found: "nothing" };
  });
}

function first<T>(items: readonly T[], check: (item: T, index: number) => Mismatch | null): Mismatch | null {
  for (const [index, item] of items.entries()) {
    const mismatch = check(item, index);
    if (mismatch !== null) return mismatch;
  }
  return null;
}

/** True where only text can meet the type. */
export function isTextType(type: ParameterType): boolean {
  if (type.kind === "union") return type.members.every(isTextType);
  return type.kind === "string" || (type.kind === "literal" && typeof type.value === "string");
}

/** True for `string[]` in any of its spellings. */
export function isTextListType(type: ParameterType): boolean {
  return type.kind === "array" && type.element.kind === "string";
}

function writeType(type: ParameterType): string {
  switch (type.kind) {
    case "literal":
      return JSON.stringify(type.value);
    case "union":
      return type.members.map(writeType).join(" | ");
    case "array":
      return type.element.kind === "union" ? `(${writeType(type.element)})[]` : `${writeType(type.element)}[]`;
    case "tuple":
      return `[${type.elements.map(writeType).join(", ")}]`;
    case "record":
      return `Record<string, ${writeType(type.value)}>`;
    case "object":
      return `{ ${type.properties.map(({ name, isOptional, type: inner }) => `${name}${isOptional ? "?" : ""}: ${writeType(inner)}`).join("; ")} }`;
    default:
      return type.kind;
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isMap(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
