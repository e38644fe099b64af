import { z } from "zod";
import { alertsShape } from "./alerts-shape.js";
import { closed } from "./field-reader.js";
import { isDatasetName } from "./patterns.js";
import { json, listOf, parsed, text } from "./shapes.js";
import { hintTimezone, parseTimezone } from "./timezone.js";

const datasetName = parsed((value) => (typeof value === "string" && isDatasetName(value) ? value : null), {
  expected: "a name of letters, digits, `.`, `_` and `-`",
  code: "bad-dataset-name",
  hint: "put quotes around a name that looks like a number",
});

const values = z.preprocess((value) => value ?? {}, z.record(z.string(), json));

const timezone = text.transform((value, context) => {
  const zone = parseTimezone(value);
  if (zone !== null) return zone;
  context.addIssue({ code: "custom", message: `is no time zone, found \`${value}\``, params: { code: "bad-timezone", hint: hintTimezone(value) } });
  return z.NEVER;
});

const globs = listOf(text).refine((list) => list.length > 0, { error: "must hold at least one glob" });

/** The keys of stitchbook.yaml. */
export const configShape = {
  name: parsed((value) => (typeof value === "string" && /^[a-z0-9-]+$/.test(value) ? value : null), { expected: "a name of small letters, digits and `-`", code: "bad-name" }),
  notebooks: globs.optional(),
  templates: globs.optional(),
  /** `datasets` as a list of names. */
  datasetList: z.array(datasetName),
  /** `datasets` as a map from name to values. */
  datasetMap: z.record(z.string(), values).default({}),
  params: values,
  timezone: timezone.default("UTC"),
  logs: closed({ keep: parsed((value) => (typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : null), { expected: "a whole number of 1 or more" }) }).default({ keep: 200 }),
  alerts: alertsShape.optional(),
};
