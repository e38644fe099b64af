import { describe, expect, it } from "vitest";
import { compareSchemas } from "../../engine/checkpoint/compare-schemas.js";
import type { FoundColumn } from "../../engine/checkpoint/types.js";

const schema = (text: string): FoundColumn[] =>
  text.split(" ").map((part) => {
    const [name = "", type = "string"] = part.split(":");
    return { name, type: type === "number" || type === "null" || type === "date" ? type : "string" };
  });

describe("comparing schemas", () => {
  it("finds nothing where they are equal, or nothing is known of before", () => {
    expect(compareSchemas(schema("a b:number"), schema("a b:number"))).toBeNull();
    expect(compareSchemas(null, schema("a"))).toBeNull();
    expect(compareSchemas(null, null)).toBeNull();
  });

  it("tells what was added, removed and retyped", () => {
    expect(compareSchemas(schema("a b:number c"), schema("a b:null d:date"))).toEqual({
      added: [{ name: "d", type: "date" }],
      removed: [{ name: "c", type: "string" }],
      retyped: [{ name: "b", from: "number", to: "null" }],
      reordered: false,
    });
  });

  it("tells a new order of the columns that stayed, but not a new column between them", () => {
    expect(compareSchemas(schema("a b c"), schema("b a c"))).toEqual({ added: [], removed: [], retyped: [], reordered: true });
    expect(compareSchemas(schema("a b c"), schema("a x c b"))?.reordered).toBe(true);
    expect(compareSchemas(schema("a b c"), schema("a x b c"))?.reordered).toBe(false);
    expect(compareSchemas(schema("a b c"), schema("a c"))?.reordered).toBe(false);
  });

  it("counts all columns as removed when the artifact is no table any more", () => {
    expect(compareSchemas(schema("a"), null)).toEqual({ added: [], removed: [{ name: "a", type: "string" }], retyped: [], reordered: false });
  });

  it("is not confused by columns named like members of objects", () => {
    expect(compareSchemas(schema("__proto__ constructor"), schema("constructor"))?.removed).toEqual([{ name: "__proto__", type: "string" }]);
  });
});
