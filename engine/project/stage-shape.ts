import { z } from "zod";
import { closed, showValue } from "./field-reader.js";
import { parseRowBounds } from "./row-bounds.js";
import { duration, envVariable, id, json, listOf, parsed, text, timer } from "./shapes.js";
import type { ColumnContract, JsonValue } from "./types.js";

const column = z.preprocess(
  (value) => (typeof value === "string" ? { type: value } : value),
  closed({
    type: z.enum(["string", "number", "integer", "boolean", "date"]).optional(),
    required: z.boolean().default(false),
    enum: z.array(json).min(1).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }).superRefine((value, context) => {
    const message = findContradiction(value);
    if (message !== null) context.addIssue({ code: "custom", message, params: { code: "contradiction" } });
  }),
);

const rows = parsed(parseRowBounds, { expected: 'a number of rows, "> n", ">= n", "< n", "<= n" or "a..b"', code: "bad-rows" });

const output = z.preprocess(
  (value) => (typeof value === "string" ? { path: value } : value),
  closed({
    path: text,
    rows: rows.optional(),
    columns: z.record(z.string(), column).optional(),
    key: listOf(text).refine((names) => names.length > 0 && new Set(names).size === names.length, { error: "must name at least one column, and none twice" }).optional(),
  }),
);

const attempts = parsed((value) => (typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : null), {
  expected: "a number of attempts of 1 or more",
});

const retry = z.preprocess(
  (value) => (typeof value === "number" ? { attempts: value } : value),
  closed({ attempts, delay: timer.default(1000) }),
);

const noVariables: z.output<typeof envVariable>[] = [];

/** The keys of a stage's front matter, in order of the reference. */
export const stageShape = {
  stage: id,
  title: text.optional(),
  inputs: listOf(text).default([]),
  outputs: listOf(output).default([]),
  env: listOf(envVariable).default(noVariables),
  secrets: listOf(envVariable).default(noVariables),
  retry: retry.default({ attempts: 1, delay: 1000 }),
  timeout: timer.refine((ms) => ms > 0, { error: "must be more than nothing", params: { code: "bad-duration" } }).default(3_600_000),
  max_age: duration.optional(),
  idempotent: z.boolean().default(true),
  metrics: listOf(text).default([]),
  foreach: parsed((value): boolean | null => (value === "dataset" ? true : null), { expected: "`dataset`", hint: "a stage fans out over `datasets` of stitchbook.yaml only" }).default(false),
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
