import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { checkValue } from "../../engine/project/parameters/parameter-check.js";
import { readParameterCell } from "../../engine/project/parameters/parameter-cell.js";
import { parseType } from "../../engine/project/parameters/parameter-type.js";
import { resolveParameters } from "../../engine/project/parameters/parameter-values.js";
import { readProject } from "../../engine/project/read-project.js";
import { makeProject } from "./make-project.js";
import type { JsonValue } from "../../engine/project/types.js";

const start = { file: "n.ipynb", cell: 2 };
const valueOf = (literal: string) => {
  const { parameters, problems } = readParameterCell(`const x: string = ${literal}`, start);
  return problems.length > 0 ? "refused" : parameters[0]?.value;
};

describe("a parameters cell", () => {
  it("gives name, type as written, value and place of each declaration", () => {
    const source = '//| tags: [parameters]\n// how many\nexport const seed: number = 7;\nconst a: "x" | \'y\' = "x", b: {\n  c: number // why\n  d?: string\n}[] = [{ c: 1, },]\nconst t: readonly [number, string] = [1, "b"] as const';
    expect(readParameterCell(source, start)).toEqual({
      problems: [],
      parameters: [
        { name: "seed", type: "number", value: 7, place: { ...start, line: 3, column: 14 } },
        { name: "a", type: "\"x\" | 'y'", value: "x", place: { ...start, line: 4, column: 7 } },
        { name: "b", type: "{\n  c: number // why\n  d?: string\n}[]", value: [{ c: 1 }], place: { ...start, line: 4, column: 27 } },
        { name: "t", type: "readonly [number, string]", value: [1, "b"], place: { ...start, line: 8, column: 7 } },
      ],
    });
  });

  it.each<[string, JsonValue]>([
    ["-5", -5], ["+.5", 0.5], ["1_000_000", 1_000_000], ["0xff", 255], ["0b101", 5], ["0o17", 15], ["1e3", 1000], ["-0", 0], ["1.", 1], ["null", null], ["true", true], ["false", false],
    ["'it\\'s'", "it's"], ['"\\u00e4\\x41\\n\\u{1F600}\\\n"', "äA\n😀"], ["`a\nb $ \\` \\${x}`", "a\nb $ ` ${x}"], ["[]", []], ["[1, [2],]", [1, [2]]],
    ["{ a: 1, 'b c': [true], 3: null, }", { a: 1, "b c": [true], 3: null }], ["/* why */ 1 // so", 1],
  ])("reads the literal %s", (literal, value) => expect(valueOf(literal)).toEqual(value));

  it.each([
    "1 + 1", "f()", "process.env.X", "`${1}`", "x", "[...a]", "{ a }", "{ [a]: 1 }", "{ a() {} }", "new Date()", "undefined", "NaN", "Infinity", "1e999", "1n", "01", "1__0", "0x", "/a/", "{ __proto__: null }",
    "[1,, 2]", "\"\\u00\"", "\"open", "", "1 as number", "() => 1", "{ a: 1", "- - 1", "1 2", "(1)",
  ])("refuses %s", (literal) => expect(valueOf(literal)).toBe("refused"));

  it.each([
    ["let x: number = 1", "1:1", "`const name: Type = literal`"], ["const x = 1", "1:9", "a parameter says its type"], ["console.log(1)", "1:1", "found `console.log(1)`"],
    ["const { a }: X = 1", "1:7", "a parameter's name"], ["const x: number", "1:16", "the end of the cell"], ["const x: number = 1; import 'y'", "1:22", "move the rest to another cell"],
    ["const x: Map<string, number> = 1", "1:10", "supported are"], ["const x: number & string = 1", "1:17", "supported are"], ["const x: () => number = 1", "1:11", "supported are"], ["const x: undefined = 1", "1:10", "supported are"],
    ["const x: number = 1\nconst x: number = 2", "2:7", "declared twice"], ["#!/bin/sh", "1:1", "const"],
  ])("says where %s is wrong", (source, position, says) => {
    const { problems } = readParameterCell(source, start);
    expect(problems.map(({ place }) => `${place.line}:${place.column}`)).toEqual([position]);
    expect(`${problems[0]?.message} ${problems[0]?.hint}`).toContain(says);
  });

  it("goes on after a mistake", () => {
    const { parameters, problems } = readParameterCell("const a: number = f(\nconst b: number = 2\nlet c = 3\nconst d: string = 'x'", start);
    expect(parameters.map(({ name }) => name)).toEqual(["b", "d"]);
    expect(problems.map(({ place }) => place.line)).toEqual([1, 3]);
  });

  it("reads back whatever JSON can hold", () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes("__proto__")), (value) => {
      expect(valueOf(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }));
  });

  it("ends with any text", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("const ", "x", ":", "=", "number", "[", "]", "{", "}", "|", ",", "\n", "'", "`", "1", "-", "/*", "<", ">", "(", ")", "\\", "$", ";") }), (source) => {
      const { parameters, problems } = readParameterCell(source, start);
      expect(parameters.length + problems.length).toBeGreaterThanOrEqual(0);
    }));
  });
});

describe("a parameter's type", () => {
  const fits = (type: string, value: JsonValue) => {
    const parsed = parseType(type);
    return parsed === null ? "no type" : checkValue(parsed, value) === null;
  };

  it.each<[string, JsonValue[], JsonValue[]]>([
    ["string", ["", "a"], [1, null]], ["number", [0, -1.5], ["1", null]], ["boolean", [true], [0]], ["null", [null], [0]], ["'a' | 2 | -3 | true | null", ["a", 2, -3, true, null], ["b", 3, false]],
    ["| 'a'\n | 'b'", ["a", "b"], ["c"]], ["number[]", [[], [1, 2]], [["a"], 1, { 0: 1 }]], ["readonly string[][]", [[["a"]]], [["a"]]], ["Array<number | null>", [[1, null]], [["a"]]], ["ReadonlyArray<string>", [["a"]], [[1]]],
    ["Record<string, number>", [{}, { a: 1 }], [{ a: "x" }, [], null]], ["[number, string]", [[1, "a"]], [[1], [1, "a", 2], ["a", 1]]], ["(string | number)[]", [["a", 1]], [[null]]],
    ["{ a: number; readonly b?: string, 'c d': { e: boolean } }", [{ a: 1, "c d": { e: true } }], [{ a: 1 }, { a: 1, "c d": { e: true }, x: 1 }, { a: 1, b: 2, "c d": { e: true } }]], ["{}", [{}], [{ a: 1 }]],
    ["{\n a: number\n readonly: string\n}", [{ a: 1, readonly: "x" }], [{ a: 1 }]],
  ])("%s", (type, good, bad) => {
    expect(good.map((value) => fits(type, value))).toEqual(good.map(() => true));
    expect(bad.map((value) => fits(type, value))).toEqual(bad.map(() => false));
  });

  it.each(["Date", "any", "Map<string, number>", "Record<number, string>", "string &", "() => void", "typeof x", "[a: number]", "string[", "readonly string", "{ a() }", "`x${string}`", "number string", ""])("can't be %s", (type) => expect(parseType(type)).toBeNull());
});

describe("the value of a parameter", () => {
  const matter = (...lines: string[]) => ["---", ...lines, "---"].join("\n");
  const cell = (...lines: string[]) => ({ source: lines.join("\n"), tags: ["parameters"] });
  const project = async (yaml: string, one = 'const seed: number = 1\nconst mode: "a" | "b" = "a"\nconst at: { lat: number }[] | null = null\nconst limit: number | string = 0') =>
    readProject(await makeProject({
      "stitchbook.yaml": `name: test\n${yaml}`,
      "notebooks/1.ipynb": [matter("stage: one"), cell(one)],
      "notebooks/2.ipynb": [matter("stage: two", "foreach: dataset"), cell('const dataset: string = "x"', "const seed: number = 2", "const lat: number = 0")],
      "notebooks/3.ipynb": [matter("stage: three"), cell("const datasets: readonly string[] = []", 'const dataset: string = "own"')],
    }));
  const datasets = "datasets: { s: { lat: 47, seed: 30 }, n: {} }\n";

  it("comes, in rising order, from the cell, stitchbook.yaml, the dataset and --param", async () => {
    const plain = resolveParameters(await project(datasets), []);
    expect(plain.problems).toEqual([]);
    expect(Object.fromEntries(plain.values)).toEqual({
      one: { seed: 1, mode: "a", at: null, limit: 0 }, three: { datasets: ["s", "n"], dataset: "own" },
      "two@n": { dataset: "n", seed: 2, lat: 0 }, "two@s": { dataset: "s", seed: 30, lat: 47 },
    });
    const seeds = (read: Awaited<ReturnType<typeof project>>, overrides: string[]) => {
      const { values } = resolveParameters(read, overrides);
      return ["one", "two@n", "two@s"].map((task) => values.get(task)?.["seed"]);
    };
    const general = await project(`${datasets}params: { seed: 10 }\n`);
    const specific = await project(`${datasets}params: { two.seed: 20, seed: 10 }\n`);
    expect(seeds(general, [])).toEqual([10, 10, 30]);
    expect(seeds(specific, [])).toEqual([10, 20, 30]);
    expect(seeds(specific, ["two.seed=50", "seed=40"])).toEqual([40, 50, 50]);
    expect(seeds(specific, ["seed=40", "seed=41"])).toEqual([41, 41, 41]);
  });

  it("from --param is raw text for text, JSON for the rest", async () => {
    const read = await project(datasets);
    const values = (...overrides: string[]) => resolveParameters(read, overrides).values.get("one");
    expect(values("mode=b", 'at=[{"lat": 1.5}]', "limit=5")).toEqual({ seed: 1, mode: "b", at: [{ lat: 1.5 }], limit: 5 });
    expect(values("limit=a=b", "at=null")).toMatchObject({ limit: "a=b", at: null });
    expect(resolveParameters(read, ["three.dataset=1"]).values.get("three")).toMatchObject({ dataset: "1" });
  });

  it("that doesn't fit is told with its type, what was found, and where it came from", async () => {
    const read = await project(`${datasets}params: { seed: many, one.mode: c }\n`);
    const { problems } = resolveParameters(read, ['at=[{"lat": "x"}]', "two.lat=1e999", "limit={"]);
    const told = problems.map(({ code, place, message }) => `${place.file}${place.line === undefined ? "" : `:${place.line}`} ${code} ${message}`);
    expect(told).toEqual([
      "stitchbook.yaml:3 parameter-type the parameter `seed` of the stage `one` must be `number`, found \"many\"",
      "stitchbook.yaml:3 parameter-type the parameter `mode` of the stage `one` must be `\"a\" | \"b\"`, found \"c\"",
      "--param at=[{\"lat\": \"x\"}] parameter-type the parameter `at` of the stage `one` must be `{ lat: number }[] | null`, and at `at[0].lat` `number`, found \"x\"",
      "stitchbook.yaml:3 parameter-type the parameter `seed` of the stage `two` must be `number`, found \"many\"",
      "--param two.lat=1e999 parameter-type the parameter `lat` of the stage `two` must be `number`, found 1e999",
    ]);
    expect(problems[0]?.hint).toContain("notebooks/1.ipynb, cell 2, line 1");
    expect(resolveParameters(await project(datasets, 'const seed: number = "x"'), []).problems).toMatchObject([{ place: { file: "notebooks/1.ipynb", cell: 2, line: 1, column: 7 } }]);
    expect(resolveParameters(await project("datasets: { s: { lat: x } }\n"), []).problems).toMatchObject([{ place: { file: "stitchbook.yaml", line: 2, column: 18 } }]);
    expect(resolveParameters(read, ["one.seed={"]).problems.map(({ message }) => message).join()).toContain("found {, which is not JSON");
  });

  it("can't be set where nothing takes it", async () => {
    const { problems } = resolveParameters(await project(datasets), ["sed=1", "oen.seed=1", "one.lat=1", "nonsense", "two.dataset=s", "datasets=[]"]);
    expect(problems.map(({ code, hint }) => [code, hint])).toEqual([
      ["unknown-parameter", "did you mean `seed`?"], ["unknown-stage", "did you mean `one`?"], ["unknown-parameter", expect.any(String)], ["bad-override", "for example `--param seed=7`"],
      ["fan-out-parameter", "choose datasets with `--dataset`"], ["fan-out-parameter", "choose datasets with `--dataset`"],
    ]);
  });
});
