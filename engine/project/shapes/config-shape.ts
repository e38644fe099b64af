import { z } from "zod";
import { alertsShape } from "./alerts-shape.js";
import { closed } from "./field-reader.js";
import { isDatasetName } from "../patterns.js";
import { json, listOf, parsed, shortForm, text } from "./shapes.js";
import { hintTimezone, parseTimezone } from "../timezone.js";

const datasetPattern = "^(?!\\.+$)[A-Za-z0-9._-]+$";

const datasetName = parsed((value) => (typeof value === "string" && isDatasetName(value) ? value : null), {
  expected: "a name of letters, digits, `.`, `_` and `-`",
  code: "bad-dataset-name",
  hint: "put quotes around a name that looks like a number",
  schema: { type: "string", pattern: datasetPattern },
});

const values = z.preprocess((value) => value ?? {}, z.record(z.string(), json)).meta({ [shortForm]: { type: "null" } });

const timezone = text.transform((value, context) => {
  const zone = parseTimezone(value);
  if (zone !== null) return zone;
  context.addIssue({ code: "custom", message: `is no time zone, found \`${value}\``, params: { code: "bad-timezone", hint: hintTimezone(value) } });
  return z.NEVER;
});

const globs = listOf(text).refine((list) => list.length > 0, { error: "must hold at least one glob" }).meta({ minItems: 1 });

/** The keys of stitchbook.yaml. */
export const configShape = {
  name: parsed((value) => (typeof value === "string" && /^[a-z0-9-]+$/.test(value) ? value : null), {
    expected: "a name of small letters, digits and `-`",
    code: "bad-name",
    schema: { type: "string", pattern: "^[a-z0-9-]+$" },
  }).describe("The project's name: small letters, digits and -."),
  notebooks: globs.optional().describe("A glob of notebooks, or a list of them. Those without a stage front matter are ignored. Default: notebooks/*.ipynb."),
  templates: globs.optional().describe("A glob of templates, or a list of them. Those without a report front matter are partials. Default: templates/*.md."),
  /** `datasets` as a list of names. */
  datasetList: z.array(datasetName).meta({ uniqueItems: true }),
  /** `datasets` as a map from name to values. */
  datasetMap: z.record(z.string(), values).meta({ propertyNames: { pattern: datasetPattern } }).default({}),
  params: values.describe("Values for parameters: `name` for every stage that declares it, `stage.name` for one."),
  timezone: timezone.default("UTC").describe("The time zone that stages run in, such as Europe/Berlin. Default: UTC."),
  logs: closed({
    keep: parsed((value) => (typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : null), {
      expected: "a whole number of 1 or more",
      schema: { type: "integer", minimum: 1 },
    }).describe("How many logs of runs to keep. Default: 200."),
  }).default({ keep: 200 }).describe("Logs of runs."),
  alerts: alertsShape.optional().describe("Messages about runs. ${NAME} stands for an environment variable, here only."),
};
