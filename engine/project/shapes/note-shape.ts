import { z } from "zod";
import { id, parsed } from "./shapes.js";

/** How far a metric may move: a share of its value then, or an amount. */
export type Tolerance = { readonly kind: "share" | "amount"; readonly most: number };

const date = parsed((value) => (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : null), {
  expected: "a date such as 2026-11-24",
  schema: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" },
});

const tolerance = parsed(
  (value): Tolerance | null => {
    if (typeof value === "number" && value >= 0) return { kind: "amount", most: value };
    const share = typeof value === "string" ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) : null;
    return share === null ? null : { kind: "share", most: Number(share[1]) / 100 };
  },
  { expected: "a percentage such as 5%, or a number", schema: { anyOf: [{ type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*%\\s*$" }, { type: "number", minimum: 0 }] } },
);

/** The keys of a note's front matter. */
export const noteShape = {
  date: date.describe("When it was written."),
  report: id.optional().describe("The report that shows it. Default: every report."),
  metrics: z.record(z.string(), z.number()).default({}).describe("What it speaks of: names of metrics, as reports quote them, with their values when it was written."),
  tolerance: tolerance.default({ kind: "share", most: 0.05 }).describe("How far a metric may move before the note is marked: 5% (the default), or an amount such as 0.02."),
};
