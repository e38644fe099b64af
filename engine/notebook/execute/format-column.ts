import { inspectValue } from "./inspect-value.js";
import { isMissing } from "./table-like.js";

/** A value of a table as it is shown. */
export type ShownValue = {
  readonly text: string;
  /** `missing` for null, undefined and NaN, which no text that a string holds is taken for; `object` for what is no plain value. */
  readonly kind: "text" | "number" | "date" | "missing" | "object";
  /** All of it, where `text` says less. */
  readonly full: string | null;
};

/** Characters of a text that are shown, and those kept of the whole. */
const shownLength = 80;
const keptLength = 1000;

/**
 * Formats the shown values of a column, so that they can be compared: numbers with the same decimals, dates to the same
 * precision.
 */
export function formatColumn(values: readonly unknown[]): readonly ShownValue[] {
  const numbers = numberFormat(values.filter((value) => typeof value === "number"));
  const dates = dateFormat(values.filter((value) => value instanceof Date));
  return values.map((value): ShownValue => {
    if (isMissing(value)) return { text: String(value), kind: "missing", full: null };
    if (typeof value === "number") return numbers(value);
    if (typeof value === "bigint") return { text: `${value}n`, kind: "number", full: null };
    if (value instanceof Date) return { text: dates(value), kind: "date", full: null };
    if (typeof value === "string") return { ...shorten(value), kind: "text" };
    if (typeof value === "boolean") return { text: String(value), kind: "text", full: null };
    return { ...shorten(inspectValue(value, { depth: 1, breakLength: Infinity })), kind: "object" };
  });
}

/** Significant digits that tell enough, and decimals that are kept beside more digits than these. */
const significant = 6;
const leastDecimals = 2;

function numberFormat(values: readonly number[]): (value: number) => ShownValue {
  const decimals = Math.max(0, ...values.filter(isOrdinary).map(decimalsOf));
  return (value) => {
    const text = isOrdinary(value) ? value.toFixed(decimals) : isWhole(value) ? String(value) : Number(value.toPrecision(significant)).toExponential();
    return { text, kind: "number", full: Number(text) === value ? null : String(value) };
  };
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) || !Number.isFinite(value);
}

/** False for numbers so large or small that an exponent tells more than digits. */
function isOrdinary(value: number): boolean {
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-4 && size < 1e15);
}

/** Decimals that a number needs, down to its last significant digit. */
function decimalsOf(value: number): number {
  const before = Math.max(0, Math.floor(Math.log10(Math.abs(value))) + 1);
  const rounded = String(Number(value.toFixed(Math.max(leastDecimals, significant - before))));
  return rounded.includes(".") ? rounded.length - rounded.indexOf(".") - 1 : 0;
}

/** Days, minutes, seconds or milliseconds, as all of them need; in UTC, which a time says. */
function dateFormat(dates: readonly Date[]): (date: Date) => string {
  const times = dates.map((date) => date.getTime()).filter((time) => !Number.isNaN(time));
  const length = [86_400_000, 60_000, 1000].findIndex((unit) => times.every((time) => time % unit === 0));
  const end = [10, 16, 19][length] ?? 23;
  return (date) => {
    if (Number.isNaN(date.getTime())) return "Invalid Date";
    // Years beyond 9999 have a sign and six digits.
    const text = date.toISOString();
    const shift = text.length - 24;
    return end === 10 ? text.slice(0, 10 + shift) : `${text.slice(0, end + shift).replace("T", " ")}Z`;
  };
}

function shorten(text: string): { readonly text: string; readonly full: string | null } {
  if (text.length <= shownLength) return { text, full: null };
  return { text: `${cut(text, shownLength - 1)}…`, full: text.length <= keptLength ? text : `${cut(text, keptLength)}…` };
}

/** Cuts no character in two. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
