import { findJsonError, positionAt } from "./json-syntax.js";
import { makeError } from "./problems.js";
import type { Cell, Problem } from "./types.js";

/** A cell as it stands in the file; its option lines are not read yet. */
export type SourceCell = Omit<Cell, "options"> & { readonly tags: readonly string[] };

export type NotebookSource = { readonly cells: readonly SourceCell[]; readonly problems: readonly Problem[] };

/**
 * Reads the cells of a notebook, nbformat 4.
 * @param file project path, for places
 * @param text the .ipynb file
 */
export function parseNotebook(file: string, text: string): NotebookSource {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return broken(describeJsonError(file, text, findJsonError(text) ?? 0));
  }
  if (!isRecord(content)) return broken(notANotebook(file, "expected a JSON object with `cells`"));
  if (content["nbformat"] !== 4) {
    const found = content["nbformat"] === undefined ? "none" : JSON.stringify(content["nbformat"]);
    return broken(makeError({
      code: "notebook-format",
      place: { file, ...positionOf(text, '"nbformat"') },
      message: `expected a notebook of nbformat 4, found ${found}`,
      hint: "open it in a current Jupyter and save it, or `jupyter nbconvert --to notebook --nbformat 4`",
    }));
  }
  if (!Array.isArray(content["cells"])) return broken(notANotebook(file, "expected a list `cells`"));
  return readCells(file, content["cells"]);
}

function readCells(file: string, entries: readonly unknown[]): NotebookSource {
  const cells: SourceCell[] = [];
  const problems: Problem[] = [];
  const ids = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const position = index + 1;
    const cell = readCell(entry, position);
    if (typeof cell === "string") {
      problems.push(makeError({ code: "notebook-format", place: { file, cell: position }, message: cell }));
      continue;
    }
    // An id that is used twice (a copied cell) names neither.
    cells.push(ids.has(cell.id) ? { ...cell, id: `cell-${position}` } : cell);
    ids.add(cell.id);
  }
  return { cells, problems };
}

function readCell(entry: unknown, position: number): SourceCell | string {
  if (!isRecord(entry)) return "expected a cell, which is a JSON object";
  const type = entry["cell_type"];
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    return `\`cell_type\` must be code, markdown or raw, found ${JSON.stringify(type) ?? "none"}`;
  }
  const source = joinSource(entry["source"]);
  if (source === null) return "`source` must be text or a list of texts";
  const id = typeof entry["id"] === "string" && entry["id"] !== "" ? entry["id"] : `cell-${position}`;
  const metadata = entry["metadata"];
  const tags = isRecord(metadata) && Array.isArray(metadata["tags"]) ? metadata["tags"].filter((tag) => typeof tag === "string") : [];
  return { type, position, id, source, tags };
}

function joinSource(source: unknown): string | null {
  const lines: readonly unknown[] = Array.isArray(source) ? source : [source];
  return lines.every((line) => typeof line === "string") ? lines.join("").replace(/\r\n?/g, "\n") : null;
}

function describeJsonError(file: string, text: string, offset: number): Problem {
  const position = positionAt(text, offset);
  const place = { file, ...position };
  if (text.trim() === "") return makeError({
    code: "notebook-json",
    place: { file },
    message: "this notebook is empty",
    hint: "save it again from Jupyter, or remove it",
  });
  const line = text.split("\n")[position.line - 1] ?? "";
  const isConflict = /^(<{7}|={7}|>{7}|\|{7})/.test(line.trimStart());
  const found = offset >= text.trimEnd().length ? "the end of the file" : `\`${line.trim().slice(0, 40)}\``;
  return makeError({
    code: "notebook-json",
    place,
    message: `this is not valid JSON: did not expect ${found}`,
    hint: isConflict ? "this looks like a merge conflict: resolve it" : "save it again from Jupyter",
  });
}

function notANotebook(file: string, message: string): Problem {
  return makeError({ code: "notebook-format", place: { file }, message: `this is not a notebook: ${message}` });
}

function broken(problem: Problem): NotebookSource {
  return { cells: [], problems: [problem] };
}

function positionOf(text: string, part: string): { line?: number; column?: number } {
  const offset = text.lastIndexOf(part);
  return offset === -1 ? {} : positionAt(text, offset);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
