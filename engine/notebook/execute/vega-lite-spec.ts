import { types } from "node:util";
import type { JsonValue } from "../../project/types.js";
import type { MimeBundle } from "../types.js";
import { checkRows } from "./chart-rows.js";
import { isPlainObject } from "./plain-object.js";
import { isTable, rowsOf, type TableLike } from "./table-like.js";

/** The type under which JupyterLab and VS Code draw charts; they know v3 to v5. */
export const vegaLiteMimeType = "application/vnd.vegalite.v5+json";

const compositions = ["layer", "hconcat", "vconcat", "concat"] as const;

/** Whether a value is a Vega-Lite specification: it says so in `$schema`, or has the shape of one. */
export function isVegaLiteSpec(value: unknown): value is Readonly<Record<string, unknown>> {
  if (types.isProxy(value) || !isPlainObject(value)) return false;
  if (typeof value["$schema"] === "string") return value["$schema"].includes("vega-lite");
  return hasDataOrEncoding(value) ? hasView(value) : isComposition(value, (view) => hasView(view) && hasDataOrEncoding(view));
}

/**
 * A chart's specification as a notebook stores it.
 *
 * @param spec May hold arquero tables as `data`, as `values` of a data source, or under `datasets`.
 * @throws TypeError where the specification contains itself; RangeError where it holds too many rows to be drawn.
 */
export function renderVegaLite(spec: Readonly<Record<string, unknown>>): MimeBundle {
  checkRows(spec);
  const json = toSpecJson(spec);
  return { [vegaLiteMimeType]: json, "text/plain": describeChart(spec) };
}

/** Makes a specification pure JSON: tables become rows, dates ISO strings; NaN and infinities null; functions go. */
export function toSpecJson(value: unknown): JsonValue {
  return convert(value, { key: "", ancestors: new Set() }) ?? null;
}

function hasView(value: Readonly<Record<string, unknown>>): boolean {
  const { mark } = value;
  if (typeof mark === "string" || (isPlainObject(mark) && typeof mark["type"] === "string")) return true;
  if (isPlainObject(value["spec"]) && ("repeat" in value || "facet" in value)) return true;
  return isComposition(value, hasView);
}

function hasDataOrEncoding(value: Readonly<Record<string, unknown>>): boolean {
  return (isPlainObject(value["data"]) && !Array.isArray(value["data"])) || isTable(value["data"]) || isPlainObject(value["encoding"]);
}

function isComposition(value: Readonly<Record<string, unknown>>, test: (view: Readonly<Record<string, unknown>>) => boolean): boolean {
  return compositions.some((key) => {
    const views = value[key];
    return Array.isArray(views) && views.length > 0 && views.every((view) => isPlainObject(view) && test(view));
  });
}

type Position = { readonly key: string; readonly parent?: string; readonly ancestors: Set<object> };

function convert(value: unknown, position: Position): JsonValue | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : convertObject(value, position);
    default:
      return undefined;
  }
}

function convertObject(value: object, position: Position): JsonValue | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const { key, parent, ancestors } = position;
  if (ancestors.has(value)) throw new TypeError(`A chart's specification must not contain itself (at "${key}").`);
  ancestors.add(value);
  try {
    if (isTable(value)) return convertTable(value, position, key === "data" && parent !== "datasets");
    if (Array.isArray(value)) return value.map((each) => convert(each, { key, parent, ancestors }) ?? null);
    if (ArrayBuffer.isView(value)) return Array.from(Object.values(value), (each) => convert(each, position) ?? null);
    if ("toJSON" in value && typeof value.toJSON === "function") return convert(value.toJSON(key), position);
    return convertEntries(value, position);
  } finally {
    ancestors.delete(value);
  }
}

function convertTable(table: TableLike, position: Position, isDataSource: boolean): JsonValue {
  const rows = rowsOf(table).map((row) => convertEntries(row, position));
  return isDataSource ? { values: rows } : rows;
}

function convertEntries(value: object, { key: parent, ancestors }: Position): JsonValue {
  const converted: [string, JsonValue][] = [];
  for (const [key, each] of Object.entries(value)) {
    const json = convert(each, { key, parent, ancestors });
    if (json !== undefined) converted.push([key, json]);
  }
  // From entries, so that a field called __proto__ stays a field.
  return Object.fromEntries(converted);
}

function describeChart(spec: Readonly<Record<string, unknown>>): string {
  const title = isPlainObject(spec["title"]) ? spec["title"]["text"] : spec["title"];
  const text = Array.isArray(title) ? title.join(" ") : title;
  return typeof text === "string" && text !== "" ? `Chart: ${text}` : "Chart (Vega-Lite)";
}
