import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shorten } from "../../engine/checkpoint/tables/shorten.js";
import { describer, schemaText, temporaryFolder } from "./temporary-folder.js";

const describeFile = describer(temporaryFolder());

/** What the misses of a malformed file say. */
async function malformedText(content: string, name = "a.csv"): Promise<string> {
  const { description, misses } = await describeFile(name, content);
  expect(misses.map(({ kind }) => kind)).toEqual(["malformed"]);
  expect([description.rows, description.schema, description.schemaHash]).toEqual([null, null, null]);
  expect(description.sha256).toBe(createHash("sha256").update(content).digest("hex"));
  const [miss] = misses;
  return `expected ${miss?.expected ?? ""}, found ${miss?.found ?? ""}; rows ${miss?.offenders.map(({ row }) => row).join() ?? ""}`;
}

describe("a CSV file", () => {
  it("has bytes, digest, rows and a schema", async () => {
    const content = "date,temp,rain\n2015-01-01,4.5,true\n2015-01-02,,false\n";
    const artifact = await describeFile("a.csv", content);
    expect(artifact.misses).toEqual([]);
    expect(artifact.description).toMatchObject({ path: "a.csv", bytes: content.length, rows: 2, sha256: createHash("sha256").update(content).digest("hex") });
    expect(schemaText(artifact)).toBe("date:string,temp:number,rain:boolean");
  });

  it.each([
    ["without a newline at the end", "a,b\n1,2", 1],
    ["with CRLF", "a,b\r\n1,2\r\n3,4\r\n", 2],
    ["with a CR as its last byte", "a,b\r\n1,2\r", 1],
    ["with a quoted cell and a CR as its last bytes", 'a,b\r\n1,"2"\r', 1],
    ["with blank last lines", "a,b\n1,2\n\n\r\n\n", 1],
    ["with a byte order mark", "\ufeffa,b\n1,2\n", 1],
    ["with a quoted header", '"a","b"\n1,2\n', 1],
    ["with a byte order mark and a quoted header", '\ufeff"a",b\n1,2\n', 1],
    ["of a header only", "a,b", 0],
    ["of a header line only", "a,b\n", 0],
  ])("%s", async (_, content, rows) => {
    const artifact = await describeFile("a.csv", content);
    expect(artifact.misses).toEqual([]);
    expect(artifact.description.rows).toBe(rows);
    expect(schemaText(artifact)).toBe(rows === 0 ? "a:null,b:null" : "a:number,b:number");
  });

  it("keeps quoted newlines, delimiters and quotes in their cells", async () => {
    const artifact = await describeFile("a.csv", 'a,"b\n""c"""\n"x\r\ny","1,2"\n"say ""hi""",3\n');
    expect(artifact.description.rows).toBe(2);
    expect(schemaText(artifact)).toBe('a:string,b\n"c":string');
  });

  it("reads a quote inside an unquoted cell as a character", async () => {
    expect((await describeFile("a.csv", 'a,b\n5" pipe,2\n')).description.rows).toBe(1);
  });

  it("is split by tabs when its name ends in .tsv, in any case", async () => {
    expect(schemaText(await describeFile("a.TSV", 'a,b\tc\n"1\t2"\t3\n'))).toBe("a,b:string,c:number");
  });

  it("may have an unnamed column", async () => {
    expect(schemaText(await describeFile("a.csv", ",a\n0,x\n"))).toBe(":number,a:string");
  });

  it("of one column has an empty value in a blank line", async () => {
    const artifact = await describeFile("a.csv", "a\n1\n\n3\n", { contract: { columns: [{ name: "a", required: true }] } });
    expect(artifact.description.rows).toBe(3);
    expect(artifact.misses).toMatchObject([{ kind: "required", offenders: [{ row: 2, text: "" }] }]);
  });
});

describe("types of CSV columns", () => {
  it.each([
    ["leading zeros", ["02139", "10001"], "string"],
    ["numbers only", ["1", "-2.5", "1e5", "-0"], "number"],
    ["whole numbers only, which a fraction must not turn into another type", ["1", "2"], "number"],
    ["quoted numbers", ['"1"', "2"], "number"],
    ["numbers and gaps", ["1", '""', "3"], "number"],
    ["numbers and text", ["1", "n/a"], "string"],
    ["numbers and booleans", ["1", "true"], "string"],
    ["booleans", ["true", "false"], "boolean"],
    ["dates, which are never guessed", ["2015-01-01"], "string"],
    ["NaN", ["NaN", "1"], "string"],
    ["blanks around", [" 1"], "string"],
    ["nothing", ['""', '""'], "null"],
  ])("given %s", async (_, cells, type) => {
    const content = `a,b\n${cells.map((cell) => `${cell},x\n`).join("")}`;
    expect(schemaText(await describeFile("a.csv", content))).toBe(`a:${type},b:string`);
  });

  it("are the declared ones where all values have them", async () => {
    const contract = { columns: [{ name: "zip", type: "string" }, { name: "n", type: "integer" }, { name: "x", type: "number" }, { name: "d", type: "date" }, { name: "e", type: "boolean" }, { name: "u", required: false }] } as const;
    const columns = contract.columns.map((column) => ({ required: false, ...column }));
    const artifact = await describeFile("a.csv", "zip,n,x,d,e,u\n90210,3,4,2015-02-28,,\n10001,,5,,,\n", { contract: { columns } });
    expect(artifact.misses).toEqual([]);
    expect(schemaText(artifact)).toBe("zip:string,n:integer,x:number,d:date,e:boolean,u:null");
  });

  it("are what was found where a value has another", async () => {
    const columns = [{ name: "n", type: "integer" as const, required: false }, { name: "d", type: "date" as const, required: false }];
    const artifact = await describeFile("a.csv", "n,d\n3,2015-02-30\n3.5,2015-02-28\n", { contract: { columns } });
    expect(schemaText(artifact)).toBe("n:number,d:string");
    expect(artifact.misses).toMatchObject([
      { kind: "type", expected: 'integer in column "n"', found: '"3.5" in row 2', offenders: [{ row: 2, text: "3.5,2015-02-28" }] },
      { kind: "type", expected: 'date in column "d"', found: '"2015-02-30" in row 1', offenders: [{ row: 1 }] },
    ]);
  });

  it("make a hash that depends on names, types and order alone", async () => {
    const hash = async (content: string): Promise<string | null> => (await describeFile("a.csv", content)).description.schemaHash;
    const first = await hash("a,b\n1,x\n");
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash("a,b\r\n2.5,y\r\n7,z")).toBe(first);
    expect(new Set([first, await hash("b,a\nx,1\n"), await hash("a,b\nx,1\n"), await hash("a,c\n1,x\n"), await hash('"a,b"\n1\n')]).size).toBe(5);
  });
});

describe("a malformed CSV file", () => {
  it.each([
    ["nothing at all", "", "expected a header line, found an empty file; rows "],
    ["a byte order mark only", "\ufeff", "expected a header line, found an empty file; rows "],
    ["an empty first line", "\n1\n", "expected a header line, found an empty first line; rows "],
    ["a header with a name twice", "a,b,a\n1,2,3\n", 'expected every column name once in the header, found "a" twice; rows '],
    ["too few fields", "a,b,c\n1,2,3\n4,5\n", "expected 3 fields in row 2, as in the header, found 2 fields; rows 2"],
    ["too many fields", "a,b\n1,2\n3,4,5\n", "expected 2 fields in row 2, as in the header, found 3 fields; rows 2"],
    ["a blank line inside", "a,b\n1,2\n\n3,4\n", "expected 2 fields in row 2, found a blank line; rows 2"],
    ["an unclosed quote", 'a,b\n1,2\n3,"4\n5,6\n', "expected a closing quote in row 2, found none up to the end of the file; rows 2"],
    ["an unclosed quote in the header", 'a,"b\n1,2\n', "expected a closing quote in the header, found none up to the end of the file; rows "],
    ["text after a closing quote", 'a,b\n"1"x,2\n', "expected a comma or the line's end after a closing quote in row 1, found other text; rows 1"],
  ])("with %s", async (_, content, expected) => {
    expect(await malformedText(content)).toBe(expected);
  });

  it("shows the row in a short form on one line", async () => {
    const { misses } = await describeFile("a.csv", `a,b\n"${"x\n".repeat(200)}"\n`);
    expect(misses[0]?.offenders[0]?.text).toMatch(/^"x\\nx\\n.*\.\.\.$/);
    expect(misses[0]?.offenders[0]?.text.length).toBe(120);
  });

  it("is told from a long record", async () => {
    const content = `a,b\n${"x".repeat(3_000_000)},1\n"${"y\n".repeat(2_000_000)}",2\n`;
    const artifact = await describeFile("a.csv", content);
    expect([artifact.misses.length, artifact.description.rows]).toEqual([0, 2]);
  });
});

type Parsed = { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** A parser of RFC 4180 that reads character by character. */
function parseReference(text: string): Parsed | null {
  const records: string[][] = [];
  let [at, record]: [number, string[]] = [0, []];
  const atBreak = (): boolean => at >= text.length || text[at] === "\n" || text.slice(at, at + 2) === "\r\n" || (text[at] === "\r" && at === text.length - 1);
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        if (at >= text.length) return null;
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[(at += 1)];
        else break;
      }
      at += 1;
      if (!atBreak() && text[at] !== ",") return null;
    } else while (!atBreak() && text[at] !== ",") cell += text[at++];
    record.push(cell);
    const isEnd = atBreak();
    if (isEnd) {
      records.push(record);
      record = [];
      at += text[at] === "\r" ? 2 : 1;
    } else {
      at += 1;
      if (at >= text.length) records.push([...record, ""]);
    }
  }
  const [header, ...rows] = records;
  if (header === undefined || (header.length === 1 && header[0] === "") || new Set(header).size < header.length) return null;
  return rows.every(({ length }) => length === header.length) ? { header, rows } : null;
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function typeOf(cells: readonly string[]): string {
  const filled = cells.filter((cell) => cell !== "");
  if (filled.length === 0) return "null";
  if (filled.every((cell) => JSON_NUMBER.test(cell))) return "number";
  return filled.every((cell) => cell === "true" || cell === "false") ? "boolean" : "string";
}

const cell = fc.oneof(fc.string({ unit: fc.constantFrom(..."ab,\"\r\n\té0"), maxLength: 5 }), fc.constantFrom("", "1", "-2.5", "true", "false", "02", "😀"));
const quoted = fc.tuple(cell, fc.boolean()).map(([text, isForced]) => (isForced || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
const chunkBytes = fc.integer({ min: 1, max: 40 });

describe("the CSV scanner", () => {
  it("agrees with a plain parser on well-formed files, whatever the size of the pieces", async () => {
    const file = fc.integer({ min: 2, max: 4 }).chain((width) => fc.record({
      rows: fc.array(fc.array(quoted, { minLength: width, maxLength: width }), { maxLength: 8 }),
      names: fc.uniqueArray(fc.string({ unit: fc.constantFrom(..."abcé"), minLength: 1, maxLength: 3 }), { minLength: width, maxLength: width }),
      newline: fc.constantFrom("\n", "\r\n"),
      isEnded: fc.boolean(),
    }));
    await fc.assert(fc.asyncProperty(file, chunkBytes, async ({ rows, names, newline, isEnded }, size) => {
      const content = [names, ...rows].map((row) => row.join(",")).join(newline) + (isEnded ? newline : "");
      const parsed = parseReference(content);
      const artifact = await describeFile("p.csv", content, { chunkBytes: size });
      expect(artifact.misses).toEqual([]);
      expect(artifact.description.rows).toBe(parsed?.rows.length);
      expect(schemaText(artifact)).toBe(parsed?.header.map((name, index) => `${name}:${typeOf(parsed.rows.map((row) => row[index] ?? ""))}`).join(","));
    }), { numRuns: 600 });
  });

  it("agrees with a plain parser on arbitrary text", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ",", '"', "\n", "\r", "\r\n", "1", "x,y\n"), maxLength: 30 });
    await fc.assert(fc.asyncProperty(text, chunkBytes, async (body, size) => {
      const content = `x,y\n${body}`;
      // Where blank lines are allowed is tested above.
      const parsed = parseReference(content.replace(/(\r?\n)(\r?\n|\r$)+$/, "$1"));
      const { description } = await describeFile("q.csv", content, { chunkBytes: size });
      expect(description.rows).toBe(parsed === null ? null : parsed.rows.length);
    }), { numRuns: 1_500 });
  });

  it("finds the same repeated keys as a plain comparison", async () => {
    const rows = fc.array(fc.tuple(quoted, quoted), { minLength: 1, maxLength: 30 });
    await fc.assert(fc.asyncProperty(rows, chunkBytes, async (pairs, size) => {
      const content = `a,b\n${pairs.map((pair) => `${pair.join(",")}\n`).join("")}`;
      const cells = parseReference(content)?.rows ?? [];
      const firstRows = new Map<string, number>();
      const repeats = cells.flatMap((row, index) => {
        const key = JSON.stringify(row);
        const first = firstRows.get(key);
        if (first === undefined) firstRows.set(key, index + 1);
        return first === undefined ? [] : [{ row: index + 1, first }];
      });
      const { misses } = await describeFile("k.csv", content, { chunkBytes: size, contract: { key: ["a", "b"] } });
      const offenders = misses.find(({ kind }) => kind === "key")?.offenders ?? [];
      const shown = (row: readonly string[]): string => shorten(["a", "b"].map((name, index) => `${name}=${shorten(row[index] ?? "", 40)}`).join(", "));
      expect(offenders).toEqual(repeats.slice(0, 5).map(({ row, first }) => ({ row, text: `first seen in row ${first}: ${shown(cells[row - 1] ?? [])}` })));
    }), { numRuns: 600 });
  });
});
