import type { JsonValue } from "../project/types.js";

/**
 * Rewrites a compiled Vega spec so that it shows every time in UTC: a chart must not change with the time zone of the
 * machine that draws it, nor with that of the reader.
 * @param spec Vega (not Vega-Lite), as compiled
 */
export function showTimesInUtc(spec: JsonValue): JsonValue {
  if (typeof spec === "string" || typeof spec !== "object" || spec === null) return spec;
  if (isList(spec)) return spec.map((each) => showTimesInUtc(each));
  const node: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(spec)) node[key] = rewrite(key, value);
  if (node.type === "timeunit") node.timezone = "utc";
  if (node.type === "time" && ("domain" in node || "range" in node)) node.type = "utc";
  if (node.formatType === "time") node.formatType = "utc";
  const times = fieldsReadAsTimes(node.format);
  if (times.length > 0 && isList(node.values)) node.values = node.values.map((row) => markZone(row, times));
  return node;
}

/** A date with a time and no zone would be read as local time. */
const zoneless = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/** Keys whose text is an expression of Vega. */
const expressionKeys = new Set(["signal", "expr", "update", "test", "events", "init", "on", "filter", "calculate"]);

function rewrite(key: string, value: JsonValue): JsonValue {
  if (key === "values") return value;
  if (key === "parse" && isObject(value)) return mapValues(value, (type) => (typeof type === "string" ? type.replace(/^date:/, "utc:") : type));
  if (typeof value === "string" && expressionKeys.has(key)) return inUtc(value);
  return showTimesInUtc(value);
}

const localNames = /\b(timeFormat|timeParse|timeOffset|timeSequence|datetime|year|quarter|month|week|dayofyear|day|date|hours|minutes|seconds|milliseconds)\(/g;

/** What Vega-Lite writes to read a field as a time. */
const readField = /\btoDate\((datum(?:\["(?:[^"\\]|\\.)*"\])+)\)/g;

/** An expression with UTC functions in place of local ones, outside its quoted texts, and with times that name no zone read as UTC. */
function inUtc(expression: string): string {
  return expression
    .replace(readField, (whole, field: string) => `(test(/${zoneless.source}/, ${field}) ? toDate(replace(${field}, ' ', 'T') + 'Z') : ${whole})`)
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(localNames, (_, name: string) => `${utcName(name)}(`)))
    .join("");
}

function utcName(name: string): string {
  if (name === "datetime") return "utc";
  if (name.startsWith("time")) return `utc${name.slice("time".length)}`;
  return `utc${name}`;
}

function fieldsReadAsTimes(format: JsonValue | undefined): string[] {
  if (!isObject(format) || !isObject(format.parse)) return [];
  return Object.entries(format.parse).filter(([, type]) => type === "date").map(([field]) => field);
}

function markZone(row: JsonValue, fields: readonly string[]): JsonValue {
  if (!isObject(row)) return row;
  return mapValues(row, (value, field) => (typeof value === "string" && fields.includes(field) && zoneless.test(value) ? `${value.replace(" ", "T")}Z` : value));
}

function mapValues(node: { readonly [key: string]: JsonValue }, change: (value: JsonValue, key: string) => JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(value, key)]));
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
