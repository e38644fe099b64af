import { decodeText } from "./read-text.js";
import type { Place } from "./types.js";
import { parseYaml } from "./yaml-source.js";

/**
 * Where a place of a notebook stands in its file, for tools that know files and no cells. A notebook is JSON, and so YAML,
 * whose parser knows where everything stands.
 *
 * @param place with or without a cell
 * @param bytes the file
 * @returns line and column (1-based) of the file, as far as they can be told
 */
export function findFilePlace(place: Place, bytes: Uint8Array): { readonly line?: number; readonly column?: number } {
  const { cell, line = 1, column } = place;
  if (cell === undefined) return { ...(place.line === undefined ? {} : { line: place.line }), ...(column === undefined ? {} : { column }) };
  const { text } = decodeText(place.file, bytes);
  const json = text === null ? null : parseYaml(text, { file: place.file });
  if (json === null || json.problems.length > 0) return {};
  const source = sourceOf(json.value, cell - 1);
  if (source === null) return {};
  const part = findPart(source, line - 1);
  const found = json.locate(["cells", cell - 1, "source", ...(typeof source === "string" ? [] : [part.index])]);
  if (found.line === undefined || found.column === undefined) return {};
  if (column === undefined) return { line: found.line };
  // Behind the quote, and behind what stands before it in the same text: as JSON writes it.
  const before = part.text.slice(0, part.lineStart + column - 1);
  return { line: found.line, column: found.column + JSON.stringify(before).length - 1 };
}

type Source = string | readonly string[];

function sourceOf(notebook: unknown, index: number): Source | null {
  const cell = at(at(notebook, "cells"), index);
  const source = at(cell, "source");
  if (typeof source === "string") return source;
  return Array.isArray(source) && source.length > 0 && source.every((line): line is string => typeof line === "string") ? source : null;
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

type Part = { readonly index: number; readonly text: string; readonly lineStart: number };

/** The text that holds the line `wanted` (from 0), and where in it the line begins. */
function findPart(source: Source, wanted: number): Part {
  const texts = typeof source === "string" ? [source] : source;
  let passed = 0;
  for (const [index, text] of texts.entries()) {
    const breaks = [...text.matchAll(/\n/g)].map((match) => match.index + 1);
    const isLast = index === texts.length - 1;
    if (wanted < passed + breaks.length || isLast) return { index, text, lineStart: wanted === passed ? 0 : (breaks[wanted - passed - 1] ?? 0) };
    passed += breaks.length;
  }
  throw new Error("Internal error: a source without texts");
}
