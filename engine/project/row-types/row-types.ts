import { nameRowTypes, type RowType } from "./row-type-names.js";
import type { ColumnContract, ColumnType, JsonValue, Project } from "../types.js";

/**
 * The module `stitchbook/data`: a type for a row of every table whose `columns` a stage declares. It is made from the
 * declarations alone, never from data, so that it is there before anything ran.
 *
 * @returns declarations in TypeScript; the same project always gives the same text
 */
export function describeRowTypes({ stages }: Pick<Project, "stages">): string {
  const head = "// Made by Stitchbook from the `columns` that stages declare. Edit the front matter of the stage instead.\n";
  const types = nameRowTypes(stages).types.map(describeType);
  return [head, ...types, "export {};\n"].join("\n");
}

function describeType({ name, stage, output }: RowType): string {
  const title = stage.title === stage.id ? "" : ` (${stage.title})`;
  const key = output.key === undefined ? [] : [`Identified by ${output.key.map((column) => `\`${column}\``).join(", ")}.`];
  const lines = [`One row of \`${output.path}\`, made by the stage \`${stage.id}\`${title}.`, ...key];
  const columns = listColumns(output).map((column) => {
    const about = comment([`${describeColumn(column)} Column of \`${output.path}\`, stage \`${stage.id}\`.`], "  ");
    return `${about}  ${propertyName(column.name)}: ${typeOf(column, output)};\n`;
  });
  return `${comment(lines, "")}export type ${name} = {\n${columns.join("")}};\n`;
}

/** The declared columns, and those of the key, which must be there as well. */
function listColumns({ columns = [], key = [] }: RowType["output"]): readonly ColumnContract[] {
  const known = new Set(columns.map(({ name }) => name));
  return [...columns, ...key.filter((name) => !known.has(name)).map((name) => ({ name, required: true }))];
}

function typeOf(column: ColumnContract, { path, key = [] }: RowType["output"]): string {
  const base = column.enum === undefined ? baseType(column.type, path) : [...new Set(column.enum.map(literalType))].join(" | ");
  const isOptional = !column.required && !key.includes(column.name);
  return isOptional && !/(^|\| )(null|unknown)$/.test(base) ? `${base} | null` : base;
}

function baseType(type: ColumnType | undefined, path: string): string {
  switch (type) {
    case "string":
    case "date":
      return "string";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case undefined:
      return /\.[ct]sv$/i.test(path) ? "string | number | boolean" : "unknown";
  }
}

function literalType(value: JsonValue): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);
}

const nouns: Readonly<Record<ColumnType, string>> = { string: "Text", number: "Number", integer: "Whole number", boolean: "True or false", date: "Date in ISO 8601" };

/** What the type doesn't say: range and kind. */
function describeColumn({ type, minimum, maximum }: ColumnContract): string {
  const noun = type === undefined ? "Value" : nouns[type];
  if (minimum !== undefined && maximum !== undefined) return `${noun}, ${minimum} to ${maximum}.`;
  if (minimum !== undefined) return `${noun}, at least ${minimum}.`;
  return maximum === undefined ? `${noun}.` : `${noun}, at most ${maximum}.`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A TSDoc comment that no declared text can end. */
function comment(lines: readonly string[], indent: string): string {
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/").replace(/[\r\n\u2028\u2029]+/g, " "));
  return safe.length === 1 ? `${indent}/** ${safe[0]} */\n` : `${indent}/**\n${safe.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}
