import { z } from "zod";
import { longestTimerMs, parseDuration } from "./durations.js";
import { showValue } from "./field-reader.js";
import type { EnvVariable, JsonValue } from "./types.js";

type Failure = { readonly expected: string; readonly code?: string; readonly hint?: string };

/** A value that `parse` turns into T, or refuses with null. */
export function parsed<T>(parse: (value: unknown) => T | null, { expected, code, hint }: Failure) {
  return z.unknown().transform((value, context): T => {
    const result = value === undefined ? null : parse(value);
    if (result !== null) return result;
    context.addIssue({ code: "custom", message: `must be ${expected}, found ${showValue(value)}`, params: { code, hint } });
    return z.NEVER;
  });
}

/** Text that is not empty. */
export const text = parsed((value) => (typeof value === "string" && value.trim() !== "" ? value : null), { expected: "text", code: "wrong-type" });

/** One value, or a list of them. */
export function listOf<T>(item: z.ZodType<T>) {
  return z.preprocess((value) => (value === undefined || value === null || Array.isArray(value) ? value : [value]), z.array(item));
}

/** The id of a stage or a report. */
export const id = parsed((value) => (typeof value === "string" && /^[a-z0-9-]+$/.test(value) ? value : null), {
  expected: "a name of small letters, digits and `-`",
  code: "bad-id",
});

/** A length of time, in milliseconds. */
export const duration = parsed((value) => (typeof value === "string" ? parseDuration(value) : null), {
  expected: "a duration such as 500ms, 30s, 1h30m or 2d",
  code: "bad-duration",
  hint: "a duration says its unit: ms, s, m, h or d",
});

/** A length of time that a timer can wait. */
export const timer = duration.refine((ms) => ms <= longestTimerMs, { error: "must be at most 24 days", params: { code: "bad-duration" } });

/** `NAME` or `NAME?`. */
export const envVariable = parsed(
  (value): EnvVariable | null => {
    const match = typeof value === "string" ? /^([A-Za-z_][A-Za-z0-9_]*)(\?)?$/.exec(value) : null;
    return match === null ? null : { name: match[1] ?? "", optional: match[2] === "?" };
  },
  { expected: "the name of an environment variable, such as REGION, or `REGION?` where it may be unset", code: "bad-env" },
);

/** What JSON can hold. */
export const json = parsed((value) => (isJson(value) ? { value } : null), { expected: "a value that JSON can hold" }).transform(({ value }) => value);

function isJson(value: unknown): value is JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (Array.isArray(value) ? value : Object.values(value)).every(isJson);
    default:
      return false;
  }
}
