import { Markup, TemplateMistake } from "../project/templates/template-tags.js";

/**
 * Writes a value into a template: as text that neither Markdown nor HTML takes for markup, wherever it stands.
 * Character references do that in running text, in tables, in HTML blocks and in attributes alike; backslashes don't.
 * @throws TemplateMistake for an object or a list of objects: one of its values must be quoted
 */
export function escapeValue(value: unknown): string {
  if (value instanceof Markup) return value.text;
  return escapeText(printValue(value));
}

/** A value as text, before it is escaped. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map((each: unknown) => printValue(each)).join(", ");
  if (value instanceof Markup) return value.text;
  if (typeof value !== "object") throw new TemplateMistake("not-a-value", `a ${typeof value} can't be written`);
  const keys = Object.keys(value).slice(0, 8);
  throw new TemplateMistake("not-a-value", "this is an object, not a value", keys.length > 0 ? `quote one of its values: ${keys.map((key) => `\`${key}\``).join(", ")}` : undefined);
}

/** Numbers without a `format`: whole ones in full, others with six significant digits, never less than their whole part. */
export function printNumber(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  return String(Math.abs(value) >= 100_000 ? Math.round(value) : Number(value.toPrecision(6)));
}

const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as Markdown and HTML at once. Underscores and dots inside words stay as they are, which keeps names readable in code. */
export function escapeText(text: string): string {
  return cleanText(text)
    .replace(/&/g, references["&"] ?? "")
    .replace(/[<>"]/g, (character) => references[character] ?? "")
    .replace(/[\\`*[\]|~$']/g, reference)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "&#95;")
    // What would become a link or an emoji by itself.
    .replace(/:(?=\/\/)|:(?=[\w+-]+:)/g, "&#58;")
    .replace(/(?<=\bwww)\./gi, "&#46;")
    .replace(/@(?=[\w.-]+\.\w)/g, "&#64;")
    // What would begin a heading, a list, a rule or code at the start of a line.
    .replace(/^(?:#+|[-+](?![\d.\p{L}])|=+|\s)/u, (start) => [...start].map(reference).join(""))
    .replace(/^(\d+)([.)])(?=\s|$)/, (_, digits: string, mark: string) => `${digits}${reference(mark)}`)
    .replace(/^[-=+ ]+$/, (line) => [...line].map(reference).join(""));
}

/** One line, without characters that are no text. */
function cleanText(text: string): string {
   
  return text.replace(/\r\n|[\r\n\u2028\u2029]/g, " ").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd");
}

function reference(character: string): string {
  return `&#${character.codePointAt(0) ?? 0xfffd};`;
}
