import { describe, expect, it } from "vitest";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeArtifact } from "../../engine/checkpoint/describe.js";
import { formatMisses } from "../../engine/checkpoint/format-miss.js";
import type { ColumnContract, OutputContract } from "../../engine/project/types.js";
import { describer, schemaText, temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const describeFile = describer(folder);

const column = (name: string, more: Partial<ColumnContract> = {}): ColumnContract => ({ name, required: false, ...more });

/** What the misses of a CSV file say to people. */
async function missText(content: string, contract: Partial<OutputContract>): Promise<string> {
  return formatMisses((await describeFile("a.csv", content, { contract })).misses);
}

describe("the rows of an artifact", () => {
  const rows = { min: 2, max: 3, text: "2..3" };

  it.each([[1, false], [2, true], [3, true], [4, false]])("that are %i meet 2..3: %s", async (count, isMet) => {
    const text = await missText(`a,b\n${"1,2\n".repeat(count)}`, { rows });
    expect(text).toBe(isMet ? "" : `a.csv: rows: expected 2..3, found ${count}`);
  });

  it("are told as the author wrote them", async () => {
    expect(await missText("a,b\n1,2\n", { rows: { min: 1000, max: Infinity, text: ">= 1000" } })).toBe("a.csv: rows: expected >= 1000, found 1");
  });
});

describe("the declared columns of a CSV file", () => {
  it("must be there", async () => {
    expect(await missText("a,b\n1,2\n", { columns: [column("a"), column("c"), column("d")] })).toBe('a.csv: column: expected columns "c", "d", found columns "a", "b"');
  });

  it("may have further columns beside them", async () => {
    expect(await missText("a,b\n1,2\n", { columns: [column("b")] })).toBe("");
  });

  it("show their first five offending rows and count the rest", async () => {
    const content = `a,b\n${Array.from({ length: 9 }, (_, index) => `x${index},${index}\n`).join("")}`;
    expect(await missText(content, { columns: [column("a", { type: "number" })] })).toBe(
      'a.csv: type: expected number in column "a", found "x0" in row 1, 9 such values in all\n' + [1, 2, 3, 4, 5].map((row) => `  row ${row}: x${row - 1},${row - 1}`).join("\n"),
    );
  });

  it("that are required have no empty values", async () => {
    expect(await missText('a,b\n1,2\n,3\n"",4\n', { columns: [column("a", { required: true, type: "number" })] })).toBe(
      'a.csv: required: expected a value in every row of column "a", found none in 2 rows\n  row 2: ,3\n  row 3: ,4',
    );
  });

  it("have only listed values, where empty ones are not judged", async () => {
    const place = column("a", { type: "string", enum: ["Seattle", "New, York"] });
    expect(await missText('a,b\nSeattle,1\n"New, York",2\n,3\n', { columns: [place] })).toBe("");
    expect(await missText("a,b\nSeattle,1\nseattle,2\n", { columns: [place] })).toBe('a.csv: enum: expected "Seattle" or "New, York" in column "a", found "seattle" in row 2\n  row 2: seattle,2');
  });

  it("compare listed numbers and booleans by value", async () => {
    const columns = [column("a", { enum: [1, 2.5] }), column("b", { enum: [true] })];
    expect(await missText("a,b\n1,true\n1.0,true\n25e-1,true\n", { columns })).toBe("");
    expect(await missText("a,b\n3,false\n", { columns })).toMatch(/expected 1 or 2\.5 in column "a", found "3"[^]*expected true in column "b", found "false"/);
    expect(await missText("a,b\n1.0,x\n", { columns: [column("a", { enum: ["1"] })] })).toContain("enum");
  });

  it("lie between their bounds, which are met by themselves", async () => {
    const bounded = column("t", { type: "number", minimum: -60, maximum: 60 });
    expect(await missText("t,u\n-60,1\n60,1\n60.0,1\n,1\n", { columns: [bounded] })).toBe("");
    expect(await missText("t,u\n60.000001,1\n-6.1e1,2\n", { columns: [bounded] })).toBe(
      'a.csv: range: expected a number from -60 to 60 in column "t", found "60.000001" in row 1, 2 such values in all\n  row 1: 60.000001,1\n  row 2: -6.1e1,2',
    );
    expect(await missText("t,u\n-1,1\n", { columns: [column("t", { minimum: 0 })] })).toContain("a number of at least 0");
    expect(await missText("t,u\n1,1\n", { columns: [column("t", { maximum: 0 })] })).toContain("a number of at most 0");
  });

  it("with bounds and no type hold no text", async () => {
    expect(await missText("t,u\nwarm,1\n", { columns: [column("t", { minimum: 0 })] })).toContain('range: expected a number of at least 0 in column "t", found "warm" in row 1');
  });

  it("tell a wrong type once, not as a wrong range too", async () => {
    const { misses } = await describeFile("a.csv", "t,u\nx,1\n", { contract: { columns: [column("t", { type: "number", minimum: 0, enum: [1] })] } });
    expect(misses.map(({ kind }) => kind)).toEqual(["type"]);
  });

  it("are looked at in every row, however late text comes", async () => {
    const content = `a,b\n${"1,x\n".repeat(5_000)}02139,x\n`;
    expect(schemaText(await describeFile("a.csv", content))).toBe("a:string,b:string");
    expect(await missText(content, { columns: [column("a", { type: "number" })] })).toContain("row 5001: 02139,x");
  });
});

describe("the key of a CSV file", () => {
  it("tells the repeated rows and where each was first seen", async () => {
    expect(await missText("d,p,x\n1,a,0\n1,b,0\n2,a,0\n1,b,9\n", { key: ["d", "p"] })).toBe(
      "a.csv: key: expected every (d, p) once, found 1 row with a key that an earlier row has\n  row 4: first seen in row 2: d=1, p=b",
    );
  });

  it("does not take parts of one value for another's", async () => {
    expect(await missText("d,p\nab,c\na,bc\n,abc\nabc,\n", { key: ["d", "p"] })).toBe("");
  });

  it("compares what cells say, not how they are quoted", async () => {
    expect(await missText('d,p\n"a""b",1\na"b,2\n"x",3\nx,4\n', { key: ["d"] })).toContain('row 2: first seen in row 1: d=a"b\n  row 4: first seen in row 3: d=x');
  });

  it("shows keys whose quoted form holds delimiters and quotes", async () => {
    expect(await missText('d,p\n""",",1\n""",",2\n"""""",3\n"""""",4\n', { key: ["d"] })).toContain('row 2: first seen in row 1: d=",\n  row 4: first seen in row 3: d=""');
  });

  it("needs its columns", async () => {
    expect(await missText("a,b\n1,2\n1,2\n", { key: ["a", "c"], columns: [column("c")] })).toBe('a.csv: column: expected column "c", found columns "a", "b"');
  });

  it("finds one repeat among 200,000 rows, far apart", async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index},${index % 7}\n`);
    expect(await missText(`a,b\n${lines.join("")}`, { key: ["a"] })).toBe("");
    lines[199_999] = "3,zz\n";
    expect(await missText(`a,b\n${lines.join("")}`, { key: ["a"] })).toContain("row 200000: first seen in row 4: a=3");
  });
});

describe("a file that is no table", () => {
  it("has bytes and a digest only", async () => {
    const { description, misses } = await describeFile("model.bin", "abc");
    expect(misses).toEqual([]);
    expect(description).toEqual({ path: "model.bin", bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", rows: null, schema: null, schemaHash: null });
  });

  it.each([["rows", { rows: { min: 1, max: 2, text: "1..2" } }], ["columns", { columns: [column("a")] }], ["key", { key: ["a"] }]])("cannot have %s", async (_, contract) => {
    const { misses } = await describeFile("model.bin", "abc", { contract });
    expect(misses.map(({ kind }) => kind)).toEqual(["not-a-table"]);
  });

  it("may have an empty contract", async () => {
    expect((await describeFile("model.bin", "abc", { contract: { columns: [], key: [] } })).misses).toEqual([]);
  });
});

describe("an artifact that is not there", () => {
  it.each(["nothing", "a folder", "a symbolic link"])("but %s", async (found) => {
    const path = `${found.replaceAll(" ", "-")}.csv`;
    const absolute = join(folder, path);
    if (found === "a folder") mkdirSync(absolute);
    if (found === "a symbolic link") {
      writeFileSync(join(folder, "target.csv"), "a\n1\n");
      symlinkSync(join(folder, "target.csv"), absolute);
    }
    const { description, misses } = await describeArtifact({ absolute, path });
    expect(misses).toEqual([{ path, kind: "missing", expected: "a file", found, offenders: [] }]);
    expect(description).toEqual({ path, bytes: 0, sha256: "", rows: null, schema: null, schemaHash: null });
  });
});

describe("messages", () => {
  it("stand on one line each and carry no control characters", async () => {
    const text = await missText('a,b\n"\u001b[31mred\nline",1\n', { columns: [column("a", { type: "number" })] });
    expect(text.split("\n")).toHaveLength(2);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("\\u001b[31mred\\nline");
  });

  it("say nothing where nothing is missed", () => {
    expect(formatMisses([])).toBe("");
  });
});
