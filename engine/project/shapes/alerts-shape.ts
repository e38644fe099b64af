import { z } from "zod";
import { closed } from "./field-reader.js";
import { jsonPathPattern, tablePathPattern } from "../patterns.js";
import { type JsonSchema, listOf, parsed, text } from "./shapes.js";

/** `${` that begins no variable. */
const variableSlip = "\\$\\{(?![A-Za-z_][A-Za-z0-9_]*\\})";

/** Text that may hold `${NAME}`. */
const secret = text.refine((value) => !new RegExp(variableSlip).test(value), {
  error: "holds `${` without the name of a variable and `}`",
  params: { code: "bad-variable" },
}).meta({ not: { pattern: variableSlip } });

const channelUrl = secret.refine((value) => value.includes("${") || /^https?:\/\/\S+$/.test(value), { error: "must be a URL, or a variable that holds one: ${NAME}" }).meta({ pattern: "\\$\\{|^https?://\\S+$" });

/** `10%` as 0.1. */
const change = parsed((value) => {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) : null;
  return match === null ? null : Number(match[1]) / 100;
}, { expected: "a percentage such as 10%", schema: { type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*%\\s*$", examples: ["10%"] } });

/** A rule watches one thing, and has a condition. */
const ruleRules: JsonSchema = {
  oneOf: [
    { required: ["metric", "in"], properties: { rows: false } },
    { required: ["rows"], properties: { metric: false, in: false } },
  ],
  anyOf: [{ required: ["below"] }, { required: ["above"] }, { required: ["change"] }],
};

const rule = closed({
  metric: text.optional().describe("A number's path in the JSON file that `in` names, such as test.rmse."),
  in: text.meta({ pattern: jsonPathPattern }).optional().describe("The JSON file of the metric. With {dataset} the rule holds for each dataset."),
  rows: text.meta({ pattern: tablePathPattern }).optional().describe("A table whose rows are counted. With {dataset} the rule holds for each dataset."),
  below: z.number().optional().describe("Fires below this."),
  above: z.number().optional().describe("Fires above this."),
  change: change.optional().describe("Fires where the value changed by more than this against the last good run, such as 10%."),
}).superRefine((value, context) => {
  const message = findRuleProblem(value);
  if (message !== null) context.addIssue({ code: "custom", message, params: { code: "bad-rule" } });
}).meta(ruleRules);

/** `alerts` of stitchbook.yaml. */
export const alertsShape = closed({
  slack: channelUrl.optional().describe("The URL of a Slack webhook, best as ${NAME}."),
  email: closed({
    smtp: secret.describe("The URL of the SMTP server, best as ${NAME}."),
    from: secret.describe("Whom the mail comes from."),
    to: listOf(secret).refine((to) => to.length > 0, { error: "must name at least one address" }).meta({ minItems: 1 }).describe("Whom it goes to."),
  }).optional().describe("Mail."),
  link: secret.optional().describe("Where to look. Default: the path of the log."),
  on: listOf(z.enum(["failed", "recovered", "schema"])).default(["failed", "recovered"]).describe("What is told. Default: failed, recovered."),
  rules: z.array(rule).default([]).describe("What the results must hold; conditions of one rule are alternatives."),
});

export type AlertsShape = z.output<typeof alertsShape>;

type RuleShape = z.output<typeof rule>;

function findRuleProblem({ metric, in: file, rows, below, above, change: by }: RuleShape): string | null {
  if (metric !== undefined && rows !== undefined) return "holds `metric` and `rows`; a rule watches one of them";
  if (metric === undefined && rows === undefined) return "names nothing to watch: `metric` with `in`, or `rows`";
  if (metric !== undefined && file === undefined) return "has a `metric`, but no `in` that names its JSON file";
  if (rows !== undefined && file !== undefined) return "has `rows`, which names the file already, and `in`";
  return below === undefined && above === undefined && by === undefined ? "has no condition: `below`, `above` or `change`" : null;
}
