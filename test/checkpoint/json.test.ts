import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ColumnContract } from "../../engine/project/types.js";
import { describer, schemaText, temporaryFolder } from "./temporary-folder.js";

const describeFile = describer(temporaryFolder());
const column = (name: string, more: Partial<ColumnContract> = {}): ColumnContract => ({ name, required: false, ...more });
const needsRows = { rows: { min: 0, max: Infinity, text: ">= 0" } };

/** The same records as an array and as lines. */
const formats = [
  ["a.json", (records: readonly unknown[]) => JSON.stringify(records)],
  ["indented.json", (records: readonly unknown[]) => JSON.stringify(records, null, 2)],
  ["a.jsonl", (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("")],
  ["a.ndjson", (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\r\n")],
] as const;

describe.each(formats)("records in %s", (name, write) => {
  it("are a table, its columns in the order of their first appearance", async () => {
    const content = write([{ b: 1, a: "x" }, { a: "y", c: true }]);
    const artifact = await describeFile(name, content);
    expect(artifact.misses).toEqual([]);
    expect(artifact.description).toMatchObject({ rows: 2, bytes: Buffer.byteLength(content), sha256: createHash("sha256").update(content).digest("hex") });
    expect(schemaText(artifact)).toBe("b:number,a:string,c:boolean");
  });

  it.each([
    ["number", [1, 2.5, null]],
    ["string", ["1", "2"]],
    ["string", ["1", 2]],
    ["string", [1, true]],
    ["boolean", [true, null]],
    ["object", [{ x: 1 }, null]],
    ["object", [[1], "x"]],
    ["null", [null, null]],
  ])("have columns of type %s", async (type, values) => {
    expect(schemaText(await describeFile(name, write(values.map((value) => ({ a: value })))))).toBe(`a:${type}`);
  });

  it("are held against types, and these show in the schema where they hold", async () => {
    const columns = [column("i", { type: "integer" }), column("d", { type: "date" }), column("s", { type: "string" }), column("n", { type: "number" }), column("b", { type: "boolean" })];
    const good = { i: 3.0, d: "2015-02-28T10:00Z", s: "02139", n: 1e-3, b: false };
    const artifact = await describeFile(name, write([good, { i: null }]), { contract: { columns } });
    expect(artifact.misses).toEqual([]);
    expect(schemaText(artifact)).toBe("i:integer,d:date,s:string,n:number,b:boolean");
    const bad = await describeFile(name, write([{ i: 3.5, d: "2015-02-30", s: 2139, n: "1", b: "true" }]), { contract: { columns } });
    expect(bad.misses.map(({ kind, expected, found }) => `${kind}: ${expected}, ${found}`)).toEqual([
      'type: integer in column "i", 3.5 in row 1',
      'type: date in column "d", "2015-02-30" in row 1',
      'type: string in column "s", 2139 in row 1',
      'type: number in column "n", "1" in row 1',
      'type: boolean in column "b", "true" in row 1',
    ]);
    expect(schemaText(bad)).toBe("i:number,d:string,s:number,n:string,b:string");
  });

  it("are held against required, enum, bounds and key", async () => {
    const columns = [column("p", { required: true, enum: ["a", "b"] }), column("t", { minimum: 0, maximum: 9 })];
    const records = [{ p: "a", t: 0 }, { p: "c", t: 10 }, { t: 9 }, { p: "a", t: 0 }, { p: null, t: "x" }];
    const { misses } = await describeFile(name, write(records), { contract: { columns, key: ["p", "t"] } });
    expect(misses.map(({ kind, offenders }) => [kind, ...offenders.map(({ row }) => row)])).toEqual([["required", 3, 5], ["enum", 2], ["range", 2, 5], ["key", 4]]);
    expect(misses[3]?.offenders[0]?.text).toBe('first seen in row 1: p="a", t=0');
    expect(misses[1]?.offenders[0]?.text).toBe('{"p":"c","t":10}');
  });

  it("have keys that tell a number from its text", async () => {
    expect((await describeFile(name, write([{ p: 1 }, { p: "1" }, { p: null }]), { contract: { key: ["p"] } })).misses).toEqual([]);
  });

  it("miss a column that no record has", async () => {
    const { misses } = await describeFile(name, write([{ a: 1 }]), { contract: { columns: [column("z")], key: ["z"] } });
    expect(misses).toMatchObject([{ kind: "column", expected: 'column "z"', found: 'columns "a"' }]);
  });

  it("may be named like members of objects", async () => {
    const content = write([JSON.parse('{"__proto__": 1, "constructor": "x", "toString": true}')]);
    const columns = [column("__proto__", { type: "number", required: true }), column("hasOwnProperty")];
    const artifact = await describeFile(name, content, { contract: { columns } });
    expect(schemaText(artifact)).toBe("__proto__:number,constructor:string,toString:boolean");
    expect(artifact.misses.map(({ kind }) => kind)).toEqual(["column"]);
  });
});

describe("without records", () => {
  it.each([["a.json", "[]"], ["a.json", " [\n ] \n"], ["a.jsonl", ""], ["a.jsonl", "\n\n"]])("%s is an empty table of the declared columns: %j", async (name, content) => {
    const artifact = await describeFile(name, content, { contract: { columns: [column("d", { type: "date", required: true }), column("x")], key: ["d"] } });
    expect(artifact.misses).toEqual([]);
    expect(artifact.description.rows).toBe(0);
    expect(schemaText(artifact)).toBe("d:date,x:null");
  });
});

describe("other JSON", () => {
  it.each([
    ["a.json", '{"r2": 0.9}', "JSON that is an object"],
    ["a.json", " 12 ", "JSON that is a number"],
    ["a.json", "null", "JSON that is null"],
    ["a.json", "[1, 2]", "JSON whose element 1 is a number, not an object"],
    ["a.json", '[{"a": 1}, [2]]', "JSON whose element 2 is an array, not an object"],
    ["a.jsonl", '{"a": 1}\n"x"\n', "JSON whose line 2 is a string, not an object"],
  ])("is no table: %s %s", async (name, content, found) => {
    expect((await describeFile(name, content)).misses).toEqual([]);
    const { description, misses } = await describeFile(name, content, { contract: needsRows });
    expect(misses).toMatchObject([{ kind: "not-a-table", found }]);
    expect([description.rows, description.schema]).toEqual([null, null]);
  });

  it.each([
    ["a.json", ""],
    ["a.json", "{"],
    ["a.json", "[{}"],
    ["a.json", "["],
    ["a.json", "[{}]]"],
    ["a.json", "[{}] x"],
    ["a.json", "[{},]"],
    ["a.json", "[,{}]"],
    ["a.json", "[,]"],
    ["a.json", "[{} {}]"],
    ["a.json", '[{"a": 1}, {"a": }]'],
    ["a.json", "[1, x]"],
    ["a.json", '["a'],
    ["a.json", "[{]}"],
    ["a.json", "{}{}"],
    ["a.jsonl", '{"a": 1}\n{"a": \n'],
    ["a.jsonl", "1\nx\n"],
  ])("is malformed: %s %j", async (name, content) => {
    const { description, misses } = await describeFile(name, content);
    expect(misses.map(({ kind }) => kind)).toEqual(["malformed"]);
    expect(description.sha256).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("tells where it is malformed", async () => {
    expect((await describeFile("a.jsonl", '{"a":1}\n\n{"a":2}\n{oops\n')).misses).toMatchObject([{ expected: "valid JSON in line 3", offenders: [{ row: 3, text: "{oops" }] }]);
    expect((await describeFile("a.json", '[{"a":1},{oops}]')).misses).toMatchObject([{ expected: "valid JSON in element 2", offenders: [{ row: 2, text: "{oops}" }] }]);
  });

  it("may begin with a byte order mark", async () => {
    expect((await describeFile("a.json", '\ufeff[{"a":1}]')).description.rows).toBe(1);
    expect((await describeFile("a.jsonl", '\ufeff{"a":1}\n')).description.rows).toBe(1);
    expect((await describeFile("a.json", '\ufeff{"a":1}')).misses).toEqual([]);
  });
});

describe("reading JSON in pieces", () => {
  it("gives what parsing it whole gives, whatever their size", async () => {
    const value = fc.oneof(fc.array(fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }), { maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }));
    await fc.assert(fc.asyncProperty(value, fc.integer({ min: 1, max: 30 }), fc.constantFrom(undefined, 1), async (json, chunkBytes, indent) => {
      const content = JSON.stringify(json, null, indent);
      const isTable = Array.isArray(json) && json.every((item) => typeof item === "object" && item !== null && !Array.isArray(item));
      const { description, misses } = await describeFile("p.json", content, { chunkBytes });
      expect(misses).toEqual([]);
      expect(description.rows).toBe(isTable ? json.length : null);
    }), { numRuns: 400 });
  });

  it("finds a malformed file where JSON.parse does", async () => {
    const text = fc.string({ unit: fc.constantFrom("[", "]", "{", "}", ",", '"', "\\", "1", '{"a":1}', " ", "null"), maxLength: 8 });
    await fc.assert(fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (inner, chunkBytes) => {
      const content = `[${inner}]`;
      const isValid = ((): boolean => {
        try {
          JSON.parse(content);
          return true;
        } catch {
          return false;
        }
      })();
      const { misses } = await describeFile("q.json", content, { chunkBytes });
      expect(misses.length === 0).toBe(isValid);
    }), { numRuns: 1_500 });
  });
});
