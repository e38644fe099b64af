// Runs of plain characters are taken at once: a cell's output can be a text of many megabytes.
const string = String.raw`"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"`;
const text = new RegExp(string, "y");
const scalar = new RegExp(String.raw`${string}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`, "y");
const space = /[ \t\n\r]*/y;

class Stop extends Error {
  constructor(readonly offset: number) {
    super();
  }
}

/**
 * Finds where a text stops being JSON; the error of `JSON.parse` names the place in some cases only.
 * @returns the offset; null where the text is JSON
 */
export function findJsonError(source: string): number | null {
  try {
    const end = skip(source, space, readValue(source, skip(source, space, 0)));
    return end === source.length ? null : end;
  } catch (error) {
    if (error instanceof Stop) return error.offset;
    throw error;
  }
}

/** Line and column (1-based) of an offset. */
export function positionAt(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

function readValue(source: string, at: number): number {
  if (source[at] === "{") {
    return readList(source, at, { close: "}", readItem: (start) => {
      const colon = skip(source, space, expect(source, text, start));
      if (source[colon] !== ":") throw new Stop(colon);
      return readValue(source, skip(source, space, colon + 1));
    } });
  }
  if (source[at] === "[") return readList(source, at, { close: "]", readItem: (start) => readValue(source, start) });
  return expect(source, scalar, at);
}

type ListShape = { readonly close: string; readonly readItem: (at: number) => number };

function readList(source: string, at: number, { close, readItem }: ListShape): number {
  let next = skip(source, space, at + 1);
  if (source[next] === close) return next + 1;
  for (;;) {
    next = skip(source, space, readItem(next));
    if (source[next] === close) return next + 1;
    if (source[next] !== ",") throw new Stop(next);
    next = skip(source, space, next + 1);
  }
}

function skip(source: string, pattern: RegExp, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(source)?.[0].length ?? 0);
}

function expect(source: string, pattern: RegExp, at: number): number {
  pattern.lastIndex = at;
  const match = pattern.exec(source);
  if (match === null) throw new Stop(at);
  return at + match[0].length;
}
