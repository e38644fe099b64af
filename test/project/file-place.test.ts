import { expect, it } from "vitest";
import { findFilePlace } from "../../engine/project/file-place.js";

const file = "notebooks/a.ipynb";
const source = ['const name = "Ä\\n";\n', "\n", "\tboom();\nlater();"];
const text = (cells: unknown) => JSON.stringify({ cells, nbformat: 4, nbformat_minor: 5, metadata: {} }, null, 1);
const cell = (lines: unknown) => ({ cell_type: "code", source: lines, metadata: {}, outputs: [], execution_count: null });

/** The text of the file at the place found. */
function textAt(json: string, place: { line: number; column?: number }, cellNumber = 2): string {
  const found = findFilePlace({ file, cell: cellNumber, ...place }, Buffer.from(json));
  return (json.split("\n")[(found.line ?? 0) - 1] ?? "").slice((found.column ?? 1) - 1);
}

it("a line of a cell is the line of the file that holds it", () => {
  const json = text([cell(["x"]), cell(source)]);
  expect(textAt(json, { line: 1, column: 1 })).toMatch(/^const name/);
  expect(textAt(json, { line: 1, column: 19 })).toMatch(/^;/);
  expect(textAt(json, { line: 3, column: 2 })).toMatch(/^boom/);
  expect(textAt(json, { line: 4, column: 1 })).toMatch(/^later/);
  expect(textAt(json, { line: 3 })).toContain("boom");
});

it("a source that is one text is found in its line", () => {
  const json = text([cell("x"), cell(source.join(""))]);
  expect(textAt(json, { line: 3, column: 2 })).toMatch(/^boom/);
  expect(textAt(json, { line: 4, column: 6 })).toMatch(/^\(\)/);
});

it("CRLF and a byte order mark move nothing", () => {
  const json = text([cell(["x"]), cell(source)]);
  expect(findFilePlace({ file, cell: 2, line: 3, column: 2 }, Buffer.from(`\uFEFF${json.replaceAll("\n", "\r\n")}`))).toEqual(findFilePlace({ file, cell: 2, line: 3, column: 2 }, Buffer.from(json)));
});

it("other files keep their lines, and what can't be found has none", () => {
  expect(findFilePlace({ file: "a.md", line: 3, column: 2 }, Buffer.from(""))).toEqual({ line: 3, column: 2 });
  expect(findFilePlace({ file }, Buffer.from(""))).toEqual({});
  expect(findFilePlace({ file, cell: 3, line: 1 }, Buffer.from("{"))).toEqual({});
  expect(findFilePlace({ file, cell: 9, line: 1 }, Buffer.from(text([cell(source)])))).toEqual({});
  expect(findFilePlace({ file, cell: 1, line: 1 }, Buffer.from(text([cell([])])))).toEqual({});
});
