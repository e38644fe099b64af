import { z } from "zod";
import { closed, showValue } from "./field-reader.js";
import { jsonPathPattern } from "../patterns.js";
import { parseRowBounds } from "../row-bounds.js";
import { duration, envVariable, id, json, type JsonSchema, listOf, parsed, shortForm, text, timer } from "./shapes.js";
import type { ColumnContract, JsonValue } from "../types.js";

const columnTypes = ["string", "number", "integer", "boolean", "date"] as const;

/** What holds between the keys of a column: a range is for numbers, and `enum` holds values of the type. */
const columnRules: readonly JsonSchema[] = columnTypes.map((type) => ({
  if: { properties: { type: { const: type } }, required: ["type"] },
  then: {
    properties: {
      enum: { items: { type: type === "date" ? "string" : type } },
      ...(type === "number" || type === "integer" ? {} : { minimum: false, maximum: false }),
    },
  },
}));

const column = z.preprocess(
  (value) => (typeof value === "string" ? { type: value } : value),
  closed({
    type: z.enum(columnTypes).optional().describe("The type of the column's values. In CSV: number is JSON's number syntax, boolean is true or false, date is ISO 8601."),
    required: z.boolean().default(false).describe("No missing values."),
    enum: z.array(json).min(1).optional().describe("The values that may stand in it."),
    minimum: z.number().optional().describe("The smallest value that may stand in it."),
    maximum: z.number().optional().describe("The largest value that may stand in it."),
  }).superRefine((value, context) => {
    const message = findContradiction(value);
    if (message !== null) context.addIssue({ code: "custom", message, params: { code: "contradiction" } });
  }).meta({ allOf: columnRules }),
).meta({ [shortForm]: { enum: [...columnTypes] } });

const rows = parsed(parseRowBounds, { expected: 'a number of rows, "> n", ">= n", "< n", "<= n" or "a..b"', code: "bad-rows", schema: {
  anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern: "^\\s*((>=|<=|>|<)?\\s*\\d+|\\d+\\s*\\.\\.\\s*\\d+)\\s*$" }],
  examples: [">= 1000", "10..20"],
} });

const output = z.preprocess(
  (value) => (typeof value === "string" ? { path: value } : value),
  closed({
    path: text.describe("A file in the project, made by this stage alone. `{dataset}` is replaced where the stage fans out."),
    rows: rows.optional().describe('How many rows the table has: a number, "> n", ">= n", "< n", "<= n" or "a..b".'),
    columns: z.record(z.string(), column).optional().describe("Columns that the table has, each with its type, or more about it. Others may be there, too."),
    key: listOf(text).refine((names) => names.length > 0 && new Set(names).size === names.length, { error: "must name at least one column, and none twice" }).meta({ minItems: 1, uniqueItems: true }).optional().describe("Columns that together identify a row."),
  }),
).meta({ [shortForm]: { type: "string", pattern: "\\S" } });

const attempts = parsed((value) => (typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : null), {
  expected: "a number of attempts of 1 or more",
  schema: { type: "integer", minimum: 1 },
});

const retry = z.preprocess(
  (value) => (typeof value === "number" ? { attempts: value } : value),
  closed({
    attempts: attempts.describe("Attempts in all."),
    delay: timer.default(1000).describe("The wait before the second attempt. It doubles each time, and a random part of it is waited. Default: 1s."),
  }),
).meta({ [shortForm]: { type: "integer", minimum: 1 } });

const noVariables: z.output<typeof envVariable>[] = [];

/** The keys of a stage's front matter, in order of the reference. */
export const stageShape = {
  stage: id.describe("The stage's id, unique among stages and reports: small letters, digits and -."),
  title: text.optional().describe("For people."),
  inputs: listOf(text).default([]).describe("Files or globs that the stage reads, relative to the project. One that another task outputs makes the edge between them."),
  outputs: listOf(output).default([]).describe("Files that the stage makes: a path, or an object with what must be true of the file."),
  env: listOf(envVariable).default(noVariables).describe("Environment variables that the stage sees. A changed value makes it run again. Unset is an error, but not for NAME?."),
  secrets: listOf(envVariable).default(noVariables).describe("Environment variables that are passed, never shown, and make nothing run again."),
  retry: retry.default({ attempts: 1, delay: 1000 }).describe("Attempts in all, or { attempts, delay }. Default: 1, so that the stage fails at once."),
  timeout: timer.refine((ms) => ms > 0, { error: "must be more than nothing", params: { code: "bad-duration" } }).meta({ not: { pattern: "^\\s*(0+[a-z]+)+\\s*$" } }).default(3_600_000).describe("How long an attempt may take. Default: 1h."),
  max_age: duration.optional().describe("How long the result of an outside source counts as fresh. Default: for ever."),
  idempotent: z.boolean().default(true).describe("false: `verify` reports a difference as a warning and doesn't fail."),
  metrics: listOf(text.meta({ pattern: jsonPathPattern })).default([]).describe("Outputs, JSON files, whose numbers the history keeps of every run."),
  foreach: parsed((value): boolean | null => (value === "dataset" ? true : null), { expected: "`dataset`", hint: "a stage fans out over `datasets` of stitchbook.yaml only", schema: { const: "dataset" } }).default(false).describe("dataset: the stage runs once for each dataset of stitchbook.yaml."),
};

export type OutputShape = z.output<typeof output>;

type ColumnShape = Omit<ColumnContract, "name">;

/** Why no value could meet the contract; null where one could. */
function findContradiction({ type, minimum, maximum, enum: allowed }: ColumnShape): string | null {
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) return `has a minimum of ${minimum} above its maximum of ${maximum}`;
  const hasRange = minimum !== undefined || maximum !== undefined;
  if (hasRange && type !== undefined && type !== "number" && type !== "integer") return `has a range, but its type is ${type}: minimum and maximum are for numbers`;
  const misfit = allowed?.find((value) => !fits(value, type));
  return misfit === undefined ? null : `has the type ${type}, but \`enum\` holds ${showValue(misfit)}`;
}

function fits(value: JsonValue, type: ColumnShape["type"]): boolean {
  switch (type) {
    case undefined:
      return true;
    case "integer":
      return Number.isInteger(value);
    case "date":
      return typeof value === "string";
    default:
      return typeof value === type;
  }
}
