import { z } from "zod";
import { longestTimerMs, parseDuration } from "../durations.js";
import { showValue } from "./field-reader.js";
import type { EnvVariable, JsonValue } from "../types.js";

type Parsing = {
  readonly expected: string;
  readonly code?: string;
  readonly hint?: string;
  /** What `parse` takes, as JSON Schema: for editors. */
  readonly schema: JsonSchema;
};

/** A part of a JSON Schema, draft 7. @see https://json-schema.org/draft-07 */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A value that `parse` turns into T, or refuses with null. */
export function parsed<T>(parse: (value: unknown) => T | null, { expected, code, hint, schema }: Parsing) {
  const shape = z.unknown().transform((value, context): T => {
    const result = value === undefined ? null : parse(value);
    if (result !== null) return result;
    context.addIssue({ code: "custom", message: `must be ${expected}, found ${showValue(value)}`, params: { code, hint } });
    return z.NEVER;
  });
  return shape.meta(schema);
}

/** Text that is not empty. */
export const text = parsed((value) => (typeof value === "string" && value.trim() !== "" ? value : null), { expected: "text", code: "wrong-type", schema: { type: "string", pattern: "\\S" } });

/** One value, or a list of them. */
export function listOf<T>(item: z.ZodType<T>) {
  return z.preprocess((value) => (value === undefined || value === null || Array.isArray(value) ? value : [value]), z.array(item)).meta({ [oneOrList]: true });
}

/** Marks in a shape's meta data what JSON Schema says at greater length; see json-schema.ts. */
export const oneOrList = "oneOrList";
/** Its value is the schema of a short form, beside the long one. */
export const shortForm = "shortForm";

/** The id of a stage or a report. */
export const id = parsed((value) => (typeof value === "string" && /^[a-z0-9-]+$/.test(value) ? value : null), {
  expected: "a name of small letters, digits and `-`",
  code: "bad-id",
  schema: { type: "string", pattern: "^[a-z0-9-]+$" },
});

/** A length of time, in milliseconds. */
export const duration = parsed((value) => (typeof value === "string" ? parseDuration(value) : null), {
  expected: "a duration such as 500ms, 30s, 1h30m or 2d",
  code: "bad-duration",
  hint: "a duration says its unit: ms, s, m, h or d",
  schema: { type: "string", pattern: "^\\s*(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?\\s*$", examples: ["30s", "10m", "1h30m"] },
});

/** A length of time that a timer can wait. */
export const timer = duration.refine((ms) => ms <= longestTimerMs, { error: "must be at most 24 days", params: { code: "bad-duration" } });

/** `NAME` or `NAME?`. */
export const envVariable = parsed(
  (value): EnvVariable | null => {
    const match = typeof value === "string" ? /^([A-Za-z_][A-Za-z0-9_]*)(\?)?$/.exec(value) : null;
    return match === null ? null : { name: match[1] ?? "", optional: match[2] === "?" };
  },
  { expected: "the name of an environment variable, such as REGION, or `REGION?` where it may be unset", code: "bad-env", schema: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*\\??$" } },
);

/** What JSON can hold. */
export const json = parsed((value) => (isJson(value) ? { value } : null), { expected: "a value that JSON can hold", schema: {} }).transform(({ value }) => value);

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
