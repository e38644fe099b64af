import { compareCodeUnits } from "../../project/compare-code-units.js";

/** A number that JavaScript can't keep as it was written. */
export class UnkeepableNumberError extends Error {
  override readonly name = "UnkeepableNumberError";
}

/**
 * A notebook's text as Jupyter writes it, so that opening and saving it there changes nothing: keys sorted, one space of
 * indent, Unicode as it is, a line end at the end.
 *
 * @throws {UnkeepableNumberError} for a number that would come out as another one
 * @see https://github.com/jupyter/nbformat/blob/main/nbformat/v4/nbjson.py
 */
export function writeNotebookJson(content: unknown): string {
  return `${JSON.stringify(sortKeys(content), null, 1)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value === "number" && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))) {
    throw new UnkeepableNumberError(`the number ${value} can't be kept exactly`);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => compareCodeUnits(left, right)).map(([key, each]) => [key, sortKeys(each)]));
}
