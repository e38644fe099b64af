import { readFile, stat } from "node:fs/promises";
import type { JsonValue } from "../../project/types.js";
import { shorten } from "../tables/shorten.js";
import type { Difference, FilePair } from "./types.js";

/** Larger files are compared as text. */
const MOST_BYTES = 128 << 20;

/** The first place where two values differ, with what stands there; undefined where nothing does. */
export type ValueDifference = { readonly path: string; readonly recorded: JsonValue | undefined; readonly found: JsonValue | undefined };

/**
 * Finds the first difference of two JSON files by its path.
 *
 * @returns null where both hold the same, or one of them can't be read as JSON
 */
export async function findJsonDifference({ recorded, found }: FilePair): Promise<Difference | null> {
  if ((await Promise.all([stat(recorded), stat(found)])).some(({ size }) => size > MOST_BYTES)) return null;
  const [left, right] = (await Promise.all([readFile(recorded, "utf8"), readFile(found, "utf8")])).map(parseJson);
  if (left === undefined || right === undefined) return null;
  const difference = differingValue(left, right);
  return difference === null ? null : { place: { kind: "json", path: difference.path }, recorded: showValue(difference.recorded), found: showValue(difference.found) };
}

/**
 * Compares two JSON values in the order of the first. Members in another order differ, since the bytes do.
 *
 * @param path where the values stand, beginning with `$`
 */
export function differingValue(left: JsonValue, right: JsonValue, path = "$"): ValueDifference | null {
  if (isList(left) && isList(right)) return differingItem(left, right, path);
  if (isObject(left) && isObject(right)) return differingMember(left, right, path);
  return Object.is(left, right) ? null : { path, recorded: left, found: right };
}

export function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** A value on one line; null for one that is not there. */
export function showValue(value: JsonValue | undefined): string | null {
  return value === undefined ? null : shorten(JSON.stringify(value));
}

function differingItem(left: readonly JsonValue[], right: readonly JsonValue[], path: string): ValueDifference | null {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [a, b] = [left[index], right[index]];
    const at = `${path}[${index}]`;
    const difference = a === undefined || b === undefined ? { path: at, recorded: a, found: b } : differingValue(a, b, at);
    if (difference !== null) return difference;
  }
  return null;
}

function differingMember(left: Readonly<Record<string, JsonValue>>, right: Readonly<Record<string, JsonValue>>, path: string): ValueDifference | null {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  for (const name of names) {
    const a = Object.hasOwn(left, name) ? left[name] : undefined;
    const b = Object.hasOwn(right, name) ? right[name] : undefined;
    const at = /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
    const difference = a === undefined || b === undefined ? { path: at, recorded: a, found: b } : differingValue(a, b, at);
    if (difference !== null) return difference;
  }
  const [order, otherOrder] = [Object.keys(left), Object.keys(right)];
  return order.join("\0") === otherOrder.join("\0") ? null : { path, recorded: order, found: otherOrder };
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
