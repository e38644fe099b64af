import { LineCounter, isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, YAMLError } from "yaml";
import type { Place, Problem } from "./types.js";

/** Where a piece of YAML stands in its file. */
export type YamlOrigin = {
  readonly file: string;
  readonly cell?: number;
  /** How many lines stand before it in the file, or in the cell. */
  readonly lineOffset?: number;
};

export type YamlPath = readonly PropertyKey[];

/** A parsed piece of YAML that can say where each of its parts stands. */
export type YamlSource = {
  readonly origin: YamlOrigin;
  /** Plain data; null for an empty text, and where there are problems. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The place of a value, or of its key; of the nearest part around it where the path leads nowhere. */
  readonly locate: (path: YamlPath, part?: "key" | "value") => Place;
  /** Every text in it with its path; keys are not part of this. */
  readonly texts: () => readonly { readonly text: string; readonly path: YamlPath }[];
};

/**
 * Parses YAML 1.2 and keeps the places of its parts.
 * @param text the YAML, with `\n` line ends
 * @param origin where it stands
 */
export function parseYaml(text: string, origin: YamlOrigin): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { ...startOf(origin), line: line + (origin.lineOffset ?? 0), column: col };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => describeError(error, placeAt));
  if (problems.length === 0) problems.push(...findUnusableNodes(document, placeAt));
  return {
    origin,
    value: problems.length === 0 ? document.toJS() : null,
    problems,
    locate: (path, part = "value") => placeAt(offsetOf(document, path, part)),
    texts: () => (problems.length === 0 ? collectTexts(document) : []),
  };
}

/** The file, and the cell where there is one. */
export function startOf(origin: YamlOrigin): Place {
  return origin.cell === undefined ? { file: origin.file } : { file: origin.file, cell: origin.cell };
}

function describeError(error: YAMLError, placeAt: (offset: number) => Place): Problem {
  const place = placeAt(error.pos[0]);
  const problem = { severity: "error", code: "yaml-syntax", place } as const;
  switch (error.code) {
    case "DUPLICATE_KEY":
      return { ...problem, code: "duplicate-key", message: "this key is given twice", hint: "keep one of them" };
    case "TAB_AS_INDENT":
      return { ...problem, message: "a tab can't indent YAML", hint: "indent with spaces" };
    case "MULTIPLE_DOCS":
      return { ...problem, message: "one YAML document was expected, and a second one begins here", hint: "remove the line `---`" };
    case "TAG_RESOLVE_FAILED":
      return { ...problem, message: `this YAML tag is not known (${error.message})`, hint: "remove the tag" };
    default:
      return { ...problem, message: `this is not valid YAML: ${error.message}` };
  }
}

/** Aliases to nothing, and keys that aren't text: both would fail, or change, on the way to plain data. */
function findUnusableNodes(document: Document.Parsed, placeAt: (offset: number) => Place): Problem[] {
  const problems: Problem[] = [];
  const add = (node: unknown, message: string) =>
    problems.push({ severity: "error", code: "yaml-syntax", place: placeAt(startOffset(node) ?? 0), message });
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) add(alias, `the anchor &${alias.source} is not set before this`);
    },
    Pair: (_, pair) => {
      // A key such as 007 or null would get another name on its way to plain data.
      const isText = isScalar(pair.key) && String(pair.key.value) === (typeof pair.key.value === "string" ? pair.key.value : pair.key.source);
      if (!isText) add(pair.key, "a key must be text; put quotes around it");
    },
  });
  return problems;
}

function offsetOf(document: Document.Parsed, path: YamlPath, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOffset(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    // One value may stand where a list of them is meant.
    if (step === 0 && !isSeq(node) && (isMap(node) || isScalar(node))) continue;
    const child = stepInto(node, step);
    if (child === undefined) return offset;
    const wantsKey = part === "key" && depth === path.length - 1;
    node = isPair(child) ? child.value : child;
    offset = (isPair(child) && (wantsKey || startOffset(node) === undefined) ? startOffset(child.key) : startOffset(node)) ?? offset;
  }
  return offset;
}

function stepInto(node: unknown, step: PropertyKey): Node | Pair | undefined {
  if (isMap(node)) return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step));
  if (isSeq(node) && typeof step === "number") {
    const item: unknown = node.items[step];
    return isMap(item) || isSeq(item) || isScalar(item) || isAlias(item) ? item : undefined;
  }
  return undefined;
}

function startOffset(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function collectTexts(document: Document.Parsed): { text: string; path: YamlPath }[] {
  const found: { text: string; path: YamlPath }[] = [];
  const walk = (node: unknown, path: YamlPath): void => {
    if (isScalar(node) && typeof node.value === "string") found.push({ text: node.value, path });
    else if (isMap(node)) for (const pair of node.items) walk(pair.value, [...path, isScalar(pair.key) ? String(pair.key.value) : ""]);
    else if (isSeq(node)) node.items.forEach((item, index) => walk(item, [...path, index]));
  };
  walk(document.contents, []);
  return found;
}
