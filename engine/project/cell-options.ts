import { makeError } from "./problems.js";
import { isQuartoCellKey } from "./quarto-keys.js";
import { parseYaml } from "./yaml-source.js";
import type { SourceCell } from "./notebook-source.js";
import type { Cell, CellOptions, Place, Problem } from "./types.js";

export type ReadCell = {
  readonly cell: Cell;
  /** Where the label stands; null where there is none. */
  readonly labelPlace: Place | null;
  readonly problems: readonly Problem[];
};

/**
 * Reads the `//|` option lines of a cell and unites them with its tags.
 * @param file the notebook's project path
 * @param source the cell as it stands in the file
 */
export async function readCellOptions(file: string, { tags, ...cell }: SourceCell): Promise<ReadCell> {
  const yaml = cell.type === "code" ? optionLines(cell.source) : "";
  if (yaml === "") return { cell: { ...cell, options: { tags } }, labelPlace: null, problems: [] };
  const source = parseYaml(yaml, { file, cell: cell.position });
  if (source.problems.length > 0) return { cell: { ...cell, options: { tags } }, labelPlace: null, problems: source.problems };
  if (typeof source.value !== "object" || Array.isArray(source.value)) {
    const message = "option lines hold `//| key: value`";
    return { cell: { ...cell, options: { tags } }, labelPlace: null, problems: [makeError({
      code: "wrong-type",
      place: source.locate([]),
      message,
    })] };
  }
  const [{ openFields }, { listOf, parsed, text }] = await Promise.all([import("./shapes/field-reader.js"), import("./shapes/shapes.js")]);
  const problems: Problem[] = [];
  const fields = openFields(source, problems);
  const label = fields.read("label", parsed(readLabel, { expected: "a letter, then letters, digits, `-` and `_`", code: "bad-label", schema: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*$" } }).optional());
  const captions = ["caption", "fig-cap", "tbl-cap"].map((key) => fields.read(key, text.optional()));
  const alts = ["alt", "fig-alt"].map((key) => fields.read(key, text.optional()));
  const ownTags = fields.read("tags", listOf(text).optional());
  fields.finish(isQuartoCellKey);
  const caption = captions.find((each) => typeof each === "string");
  const alt = alts.find((each) => typeof each === "string");
  const options: CellOptions = {
    ...(typeof label === "string" ? { label } : {}),
    ...(typeof caption === "string" ? { caption } : {}),
    ...(typeof alt === "string" ? { alt } : {}),
    tags: [...new Set([...tags, ...(ownTags ?? [])])],
  };
  return { cell: { ...cell, options }, labelPlace: typeof label === "string" ? source.locate(["label"]) : null, problems };
}

/** The option lines as YAML; the marks become blanks, so that lines and columns stay the author's. */
function optionLines(source: string): string {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//|"));
  return lines
    .slice(0, end === -1 ? lines.length : end)
    .map((line) => `   ${line.slice(3)}`)
    .join("\n");
}

function readLabel(value: unknown): string | null {
  return typeof value === "string" && /^[A-Za-z][A-Za-z0-9_-]*$/.test(value) ? value : null;
}
