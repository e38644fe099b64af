import { z } from "zod";
import { closed } from "./field-reader.js";
import { listOf, parsed, text } from "./shapes.js";

/** Text that may hold `${NAME}`. */
const secret = text.refine((value) => !/\$\{(?![A-Za-z_][A-Za-z0-9_]*\})/.test(value), {
  error: "holds `${` without the name of a variable and `}`",
  params: { code: "bad-variable" },
});

const channelUrl = secret.refine((value) => value.includes("${") || /^https?:\/\/\S+$/.test(value), { error: "must be a URL, or a variable that holds one: ${NAME}" });

/** `10%` as 0.1. */
const change = parsed((value) => {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) : null;
  return match === null ? null : Number(match[1]) / 100;
}, { expected: "a percentage such as 10%" });

const rule = closed({
  metric: text.optional(),
  in: text.optional(),
  rows: text.optional(),
  below: z.number().optional(),
  above: z.number().optional(),
  change: change.optional(),
}).superRefine((value, context) => {
  const message = findRuleProblem(value);
  if (message !== null) context.addIssue({ code: "custom", message, params: { code: "bad-rule" } });
});

/** `alerts` of stitchbook.yaml. */
export const alertsShape = closed({
  slack: channelUrl.optional(),
  email: closed({ smtp: secret, from: secret, to: listOf(secret).refine((to) => to.length > 0, { error: "must name at least one address" }) }).optional(),
  link: secret.optional(),
  on: listOf(z.enum(["failed", "recovered", "schema"])).default(["failed", "recovered"]),
  rules: z.array(rule).default([]),
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
