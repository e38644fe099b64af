import { format as formatNumber } from "d3-format";
import { utcFormat } from "d3-time-format";
import { Markup, TemplateMistake } from "../project/templates/template-tags.js";

/**
 * `{{ metrics.r2 | format: ".3f" }}`. Absent values pass through, so that `default` can follow.
 * @see https://d3js.org/d3-format
 */
function format(value: unknown, specifier: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (typeof specifier !== "string") throw new TemplateMistake("filter-value", "`format` needs a quoted format", 'for example format: ".3f"');
  if (typeof value !== "number") throw new TemplateMistake("filter-value", `\`format\` needs a number, found ${describe(value)}`);
  const write = attempt(() => formatNumber(specifier), `\`${specifier}\` is no number format`);
  return write(value);
}

/**
 * `{{ "2015-12-31" | date: "%d %b %Y" }}`, in UTC; `%V` is the ISO week.
 * @see https://d3js.org/d3-time-format
 */
function date(value: unknown, specifier: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (typeof specifier !== "string") throw new TemplateMistake("filter-value", "`date` needs a quoted format", 'for example date: "%d %b %Y"');
  return utcFormat(specifier)(readDate(value));
}

export const templateFilters = { format, date };

/** ISO 8601, taken as UTC where it names no zone, or milliseconds since 1970. */
const isoDate = /^\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?)?$/;

function readDate(value: unknown): Date {
  const text = value instanceof Markup ? value.text : value;
  if (typeof text === "number") return new Date(text);
  if (typeof text === "string") {
    const time = isoDate.test(text) && text.length > 10 ? Date.parse(`${text.replace(" ", "T")}Z`) : Date.parse(text);
    if (/^\d{4}/.test(text) && !Number.isNaN(time)) return new Date(time);
  }
  throw new TemplateMistake("filter-value", `\`date\` needs a date like 2015-12-31, found ${describe(value)}`,
    text === "now" ? "the present time would make two renderings differ; `run.date` is the date of the run" : undefined);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function attempt<Result>(act: () => Result, message: string): Result {
  try {
    return act();
  } catch (cause) {
    throw Object.assign(new TemplateMistake("filter-value", message), { cause });
  }
}
