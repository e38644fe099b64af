import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { relocateThroughEdits, writeSourceMap } from "../../engine/notebook/compile/source-map-writer.js";
import { applyEdits } from "../../engine/notebook/compile/edits.js";
import { createMapper, decodeMappings, readMappings, type Segment } from "../../engine/notebook/source-map.js";

/** 1-based place of a text's first occurrence. */
function placeOf(text: string, part: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(part)).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

describe("createMapper", () => {
  it("finds the source of generated places", async () => {
    const source = "type Gone = { a: number };\n\ninterface Alsogone { b: string }\nexport function first(x: number): number {\n  return x + second(x as number);\n}\nconst second = (y: number) => { throw new Error(`bad ${y}`); };\n";
    const { code, map } = await transform(source, { loader: "ts", format: "cjs", sourcemap: "external" });
    const toSource = createMapper(map);
    for (const part of ["first(x", "second(x", "throw", "new Error"]) {
      const { line, column } = placeOf(code, part);
      expect(toSource(line, column)).toEqual(placeOf(source, part === "second(x" ? "second(x" : part));
    }
  });

  it("answers null for lines without a source, and for maps without mappings", () => {
    const map = writeSourceMap([[], [[4, 0, 2, 1]]], "a.ts");
    const toSource = createMapper(map);
    expect(toSource(1, 1)).toBeNull();
    expect(toSource(2, 9)).toEqual({ line: 3, column: 2 });
    expect(toSource(2, 1)).toEqual({ line: 3, column: 2 });
    expect(toSource(99, 1)).toBeNull();
    expect(createMapper("{}")(1, 1)).toBeNull();
  });

  it("reads what the writer writes, large and negative steps included", () => {
    const lines: Segment[][] = [[[0, 0, 70_000, 5], [3, 0, 2, 100_000]], [], [[1, 0, 0, 0], [1_000_000, 0, 9, 9]]];
    expect(decodeMappings(readMappings(writeSourceMap(lines, "x.ts")))).toEqual(lines);
  });
});

describe("edited texts", () => {
  it("lead every place back", () => {
    const original = "ab\ncd\nef";
    const edited = applyEdits(original, [
      { start: 3, end: 5, text: "LONGER\nTEXT" },
      { start: 1, end: 1, text: "++", anchor: 0 },
      { start: 8, end: 8, text: "!" },
    ]);
    expect(edited.text).toBe("a++b\nLONGER\nTEXT\nef!");
    expect([0, 1, 2, 3, 5, 9, 14, 17, 19, 20].map(edited.toOriginal)).toEqual([0, 0, 0, 1, 3, 3, 3, 6, 8, 8]);
    const moved = relocateThroughEdits([[[0, 0, 3, 1], [1, 0, 0, 3]]], original, edited);
    expect(moved).toEqual([[[0, 0, 2, 1], [1, 0, 0, 1]]]);
  });

  it("may not overlap", () => {
    expect(() => applyEdits("abc", [{ start: 0, end: 2, text: "" }, { start: 1, end: 3, text: "" }])).toThrow("Internal error");
  });
});
