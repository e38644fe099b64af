import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { parseDuration } from "../../engine/project/durations.js";
import { splitFrontMatter } from "../../engine/project/front-matter.js";
import { sortGraph } from "../../engine/project/graph.js";
import { findJsonError } from "../../engine/project/json-syntax.js";
import { parseRowBounds } from "../../engine/project/row-bounds.js";
import { suggestName } from "../../engine/project/suggest-name.js";

describe("durations", () => {
  it.each([["1h", 3_600_000], ["30s", 30_000], ["500ms", 500], ["2d", 172_800_000], ["1h30m", 5_400_000], ["0s", 0], ["5m10ms", 300_010]])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));
  it.each(["", "30", "1.5h", "-1s", "1 h", "1w", "30m1h", "1h1h", "h", "1hx", "99999999999999999d"])("are not %j", (text) => expect(parseDuration(text)).toBeNull());
});

describe("bounds of rows", () => {
  const most = Number.MAX_SAFE_INTEGER;
  it.each<[unknown, number, number]>([[5, 5, 5], ["5", 5, 5], ["> 5", 6, most], [">=5", 5, most], ["< 5", 0, 4], ["<= 5", 0, 5], ["3..9", 3, 9], ["3 .. 3", 3, 3], [0, 0, 0]])("%j", (written, min, max) => expect(parseRowBounds(written)).toMatchObject({ min, max }));
  it.each([-1, 1.5, NaN, "9..3", "< 0", "=> 5", "many", "", null, true, "1..2..3", "1e3"])("are not %j", (written) => expect(parseRowBounds(written)).toBeNull());
});

describe("front matter", () => {
  it("is split off with the lines counted", async () => {
    expect(await splitFrontMatter("---\na: 1\n---\nbody\n---\nmore")).toEqual({ kind: "found", yaml: "\na: 1", body: "body\n---\nmore", bodyLineOffset: 3 });
    expect(await splitFrontMatter("---\n---\n")).toMatchObject({ kind: "found", yaml: "", body: "", bodyLineOffset: 2 });
    expect(await splitFrontMatter("---yaml\na: 1\n---  \nx")).toMatchObject({ kind: "found", body: "x" });
  });
  it.each(["", "text", "----\n", "\n---\na: 1\n---", " ---"])("is not in %j", async (text) => expect(await splitFrontMatter(text)).toBeNull());
  it.each([["---\na: 1", 1], ["---\na: 1\n---x\n", 3], ["---json\n{}\n---", 1], ["---constructor\n1\n---", 1], ["---__proto__\n1\n---", 1], ["---coffee\n1\n---", 1]])("is broken in %j", async (text, line) => {
    expect(await splitFrontMatter(text)).toMatchObject({ kind: "broken", line });
  });
  it("is found again in the same bad text", async () => {
    const bad = "---js\nx\n---";
    expect(await splitFrontMatter(bad)).toEqual(await splitFrontMatter(bad));
  });
});

describe("the place of an error in JSON", () => {
  it("is nowhere in JSON, however large", () => {
    fc.assert(fc.property(fc.json(), (text) => { expect(findJsonError(text)).toBeNull(); }));
    expect(findJsonError(JSON.stringify({ image: "a\\n".repeat(3_000_000) }))).toBeNull();
  });
  it.each([["{", 1], ["[1,]", 3], ['{"a" 1}', 5], ['{"a": tru}', 6], ["[1] 2", 4], ['"a\nb"', 0], ["", 0], ["{'a': 1}", 1], ["[01]", 2]])("of %j", (text, offset) => expect(findJsonError(text)).toBe(offset));
});

describe("the nearest name", () => {
  it.each([["inptus", "inputs"], ["Stage", "stage"], ["xyz", null], ["", null]])("to %j is %j", (found, nearest) => expect(suggestName(found, ["inputs", "outputs", "stage"])).toBe(nearest));
});

describe("the order of a graph", () => {
  it("puts every node after those it depends on, ties by code unit", () => {
    const graph = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z]{1,3}$/), { maxLength: 12 }).chain((ids) =>
      fc.tuple(...ids.map((id, index) => fc.subarray(ids.slice(0, index)).map((dependsOn) => ({ id, dependsOn })))));
    fc.assert(fc.property(graph, (nodes) => {
      const { order, cycles } = sortGraph([...nodes].reverse());
      expect(cycles).toEqual([]);
      const ids = order.map(({ id }) => id);
      expect([...ids].sort()).toEqual(nodes.map(({ id }) => id).sort());
      for (const { id, dependsOn } of nodes) for (const each of dependsOn) expect(ids.indexOf(each)).toBeLessThan(ids.indexOf(id));
    }));
    expect(sortGraph([{ id: "b", dependsOn: [] }, { id: "a", dependsOn: [] }, { id: "B", dependsOn: [] }]).order.map(({ id }) => id)).toEqual(["B", "a", "b"]);
  });
  it("names each cycle once, whole", () => {
    const edges = { a: ["c"], b: ["a"], c: ["b"], d: ["c"], x: ["y"], y: ["x"] };
    expect(sortGraph(Object.entries(edges).map(([id, dependsOn]) => ({ id, dependsOn }))).cycles).toEqual([["a", "b", "c", "a"], ["x", "y", "x"]]);
  });
});
