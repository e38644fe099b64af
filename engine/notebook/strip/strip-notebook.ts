import { parseNotebook } from "../../project/notebook-source.js";
import { makeError } from "../../project/problems.js";
import { decodeText } from "../../project/read-text.js";
import type { Problem } from "../../project/types.js";
import { assignCellIds } from "./cell-ids.js";
import { UnkeepableNumberError, writeNotebookJson } from "./notebook-json.js";
import { stripCellMetadata, stripNotebookMetadata } from "./volatile-metadata.js";

type Fields = Readonly<Record<string, unknown>>;

/** What was taken out of a notebook, or put in order. */
export type StripSummary = {
  readonly outputs: number;
  readonly counts: number;
  /** Names of volatile metadata, each once. */
  readonly metadata: readonly string[];
  /** How many cells got an id. */
  readonly ids: number;
};

export type StripResult =
  /** Nothing to take out: the bytes are to stay as they are. */
  | { readonly kind: "clean" }
  | { readonly kind: "stripped"; readonly text: string; readonly summary: StripSummary }
  | { readonly kind: "broken"; readonly problems: readonly Problem[] };

/**
 * Takes outputs, execution counts and volatile metadata out of a notebook.
 *
 * @param file how the notebook is called in messages
 * @param bytes the .ipynb file
 */
export function stripNotebook(file: string, bytes: Uint8Array): StripResult {
  const { text, problem } = decodeText(file, bytes);
  if (text === null) return { kind: "broken", problems: [problem] };
  const { problems } = parseNotebook(file, text);
  if (problems.length > 0) return { kind: "broken", problems };
  const { content, summary } = stripContent(JSON.parse(text));
  if (summary.outputs + summary.counts + summary.metadata.length + summary.ids === 0) return { kind: "clean" };
  try {
    return { kind: "stripped", text: writeNotebookJson(content), summary };
  } catch (error) {
    if (!(error instanceof UnkeepableNumberError)) throw error;
    return { kind: "broken", problems: [makeError({ code: "notebook-format", place: { file }, message: error.message, hint: "write it as text" })] };
  }
}

/** `3 outputs, 2 execution counts, metadata (collapsed, papermill)`. */
export function describeStrip({ outputs, counts, metadata, ids }: StripSummary): string {
  const counted = (count: number, noun: string) => (count === 0 ? [] : [`${count} ${count === 1 ? noun : `${noun}s`}`]);
  const named = metadata.length === 0 ? [] : [`metadata (${metadata.join(", ")})`];
  return [...counted(outputs, "output"), ...counted(counts, "execution count"), ...named, ...counted(ids, "missing cell id")].join(", ");
}

type Tally = { outputs: number; counts: number; ids: number; readonly metadata: Set<string> };

function stripContent(content: unknown): { readonly content: Fields; readonly summary: StripSummary } {
  const tally: Tally = { outputs: 0, counts: 0, ids: 0, metadata: new Set() };
  const notebook = fieldsOf(content);
  const cells = listOf(notebook["cells"]).map(fieldsOf);
  const { metadata, removed } = stripNotebookMetadata(fieldsOf(notebook["metadata"]));
  for (const name of removed) tally.metadata.add(name);
  const language = languageOf(metadata);
  const stripped = cells.map((cell) => stripCell(cell, { language, tally }));
  const { metadata: names, ...counts } = tally;
  const withIds = hasCellIds(notebook) ? addIds(stripped) : { cells: stripped, ids: 0 };
  return {
    content: { ...notebook, cells: withIds.cells, metadata },
    summary: { ...counts, ids: withIds.ids, metadata: [...names] },
  };
}

type CellOptions = { readonly language: string | null; readonly tally: Tally };

function stripCell(cell: Fields, { language, tally }: CellOptions): Fields {
  const { outputs, execution_count: count, ...rest } = cell;
  const cellType = cell["cell_type"];
  const { metadata, removed } = stripCellMetadata(fieldsOf(cell["metadata"]), { cellType, language });
  for (const name of removed) tally.metadata.add(name);
  tally.outputs += listOf(outputs).length;
  tally.counts += count === undefined || count === null ? 0 : 1;
  const isCode = cellType === "code";
  // Text cells have neither, and where a program left them there, nbformat's schema refuses the notebook.
  if (!isCode && outputs !== undefined) tally.metadata.add("outputs");
  return { ...rest, metadata, source: splitLines(cell["source"]), ...(isCode ? { outputs: [], execution_count: null } : {}) };
}

function addIds(cells: readonly Fields[]): { readonly cells: readonly Fields[]; readonly ids: number } {
  const ids = assignCellIds(cells.map((cell) => ({ id: cell["id"], type: cell["cell_type"], source: listOf(cell["source"]).join("") })));
  return {
    cells: cells.map((cell, index) => ({ ...cell, id: ids[index] })),
    ids: cells.filter((cell, index) => cell["id"] !== ids[index]).length,
  };
}

/** Cells have ids since nbformat 4.5, and before that they may not. */
function hasCellIds(notebook: Fields): boolean {
  return typeof notebook["nbformat_minor"] === "number" && notebook["nbformat_minor"] >= 5;
}

function languageOf(metadata: Fields): string | null {
  const named = fieldsOf(metadata["language_info"])["name"] ?? fieldsOf(metadata["kernelspec"])["language"];
  return typeof named === "string" ? named : null;
}

/** A source that is a list is one already; nobody's lines are cut anew. */
function splitLines(source: unknown): unknown {
  return typeof source === "string" ? source.split(/(?<=\n)/).filter((line) => line !== "") : source;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
