import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { columnFromArray, float64, int32, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { compareArtifacts, type Difference } from "../../engine/checkpoint/compare-artifacts.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();

function compare(path: string, recorded: string | Uint8Array, found: string | Uint8Array): Promise<Difference | null> {
  const pair = { path, recorded: join(folder, `recorded-${path}`), found: join(folder, `found-${path}`) };
  writeFileSync(pair.recorded, recorded);
  writeFileSync(pair.found, found);
  return compareArtifacts(pair);
}

const csv = (recorded: string, found: string) => compare("a.csv", recorded, found);
const json = (recorded: unknown, found: unknown) => compare("a.json", JSON.stringify(recorded), JSON.stringify(found));

describe("two files", () => {
  it.each(["a.csv", "a.json", "a.jsonl", "a.txt", "a.png", "a.parquet"])("of the same bytes do not differ (%s)", async (path) => {
    expect(await compare(path, "a,b\n1,2\n", "a,b\n1,2\n")).toBeNull();
  });

  it("differ where one is not there", async () => {
    writeFileSync(join(folder, "here.csv"), "a\n");
    expect(await compareArtifacts({ path: "x.csv", recorded: join(folder, "nowhere.csv"), found: join(folder, "here.csv") })).toEqual({ place: { kind: "file" }, recorded: null, found: "a file" });
  });
});

describe("CSV", () => {
  it.each([
    ["a value", "a,b\n1,2\n3,4\n5,6\n", "a,b\n1,2\n3,40\n5,6\n", { kind: "cell", row: 2, column: "b" }, "4", "40"],
    ["the last value, without an end of line", "a,b\n1,2", "a,b\n1,23", { kind: "cell", row: 1, column: "b" }, "2", "23"],
    ["a quoted value with a line end in it", 'a,b\n"x\ny",2\n3,4\n', 'a,b\n"x\ny",2\n3,"4""5"\n', { kind: "cell", row: 2, column: "b" }, "4", '4"5'],
    ["a row more", "a,b\n1,2\n", "a,b\n1,2\n3,4\n", { kind: "row", row: 2 }, null, "3, 4"],
    ["a row less", "a,b\n1,2\n3,4\n", "a,b\n1,2\n", { kind: "row", row: 2 }, "3, 4", null],
    ["a row more after one without an end of line", "a,b\n1,2", "a,b\n1,2\n3,4\n", { kind: "row", row: 2 }, null, "3, 4"],
    ["a row between others", "a\n1\n3\n", "a\n1\n2\n3\n", { kind: "cell", row: 2, column: "a" }, "3", "2"],
    ["the name of a column", "a,b\n1,2\n", "a,c\n1,2\n", { kind: "header", position: 2 }, "b", "c"],
    ["a column more", "a\n1\n", "a,b\n1,2\n", { kind: "header", position: 2 }, null, "b"],
    ["no header at all", "", "a\n1\n", { kind: "row", row: 0 }, null, "a"],
    ["only quotes", 'a,b\n1,2\n3,4\n', 'a,b\n1,"2"\n3,4\n', { kind: "text", line: 2, character: 3 }, "1,2", '1,"2"'],
    ["only line ends", "a,b\n1,2\n", "a,b\r\n1,2\r\n", { kind: "text", line: 1, character: 4 }, "a,b", "a,b\\r"],
  ])("names %s", async (_, recorded, found, place, was, is) => {
    expect(await csv(recorded, found)).toEqual({ place, recorded: was, found: is });
  });

  it("finds the cell in large files, whatever lies at the end of a piece", async () => {
    const rows = Array.from({ length: 200_000 }, (_, row) => `${row},"text ${row}"`);
    for (const row of [1, 61_234, 199_999]) {
      const changed = rows.with(row, `${row},"other"`);
      expect(await csv(`id,text\n${rows.join("\n")}\n`, `id,text\n${changed.join("\n")}\n`)).toEqual({ place: { kind: "cell", row: row + 1, column: "text" }, recorded: `text ${row}`, found: "other" });
    }
  });

  it("splits TSV at tabs", async () => {
    expect(await compare("a.tsv", "a\tb\n1,1\t2\n", "a\tb\n1,1\t3\n")).toMatchObject({ place: { kind: "cell", row: 1, column: "b" } });
  });
});

describe("JSON", () => {
  it.each([
    ["a value", { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, "$.a[1].b", "2", "3"],
    ["a name that is no identifier", { "a b": { "": 1 } }, { "a b": { "": 2 } }, '$["a b"][""]', "1", "2"],
    ["a member more", { a: 1 }, { a: 1, b: null }, "$.b", null, "null"],
    ["an item less", [1, 2], [1], "$[1]", "2", null],
    ["another type", { a: "1" }, { a: 1 }, "$.a", '"1"', "1"],
    ["members in another order", { x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }, "$.x", '["a","b"]', '["b","a"]'],
  ])("names %s by its path", async (_, recorded, found, path, was, is) => {
    expect(await json(recorded, found)).toEqual({ place: { kind: "json", path }, recorded: was, found: is });
  });

  it("is compared as text where only white space differs, and where it is none", async () => {
    expect(await compare("a.json", '{"a":1}\n', '{"a": 1}\n')).toMatchObject({ place: { kind: "text", line: 1, character: 6 } });
    expect(await compare("a.json", '{"a":1}\n', '{"a":\n')).toMatchObject({ place: { kind: "text", line: 1, character: 6 } });
  });

  it("of lines is named by row and path", async () => {
    expect(await compare("a.jsonl", '{"a":1}\n{"a":{"b":2}}\n', '{"a":1}\n{"a":{"b":3}}\n')).toEqual({ place: { kind: "json-row", row: 2, path: "$.a.b" }, recorded: "2", found: "3" });
    expect(await compare("a.ndjson", '{"a":1}\n', '{"a":1}\n{"a":2}\n')).toEqual({ place: { kind: "row", row: 2 }, recorded: null, found: '{"a":2}' });
  });
});

describe("typed tables", () => {
  const arrow = (temps: readonly (number | null)[]) => tableToIPC(tableFromColumns({ id: columnFromArray([1, 2, 3], int32()), temp: columnFromArray([...temps], float64()), name: columnFromArray(["x", "y", "z"], utf8()) }), { format: "file" }) ?? new Uint8Array();

  it("of Arrow are named by column and row", async () => {
    expect(await compare("a.arrow", arrow([1, 2.5, 3]), arrow([1, null, 3]))).toEqual({ place: { kind: "cell", row: 2, column: "temp" }, recorded: "2.5", found: "null" });
    expect(await compare("a.arrow", arrow([1, 0, 3]), arrow([1, -0, 3]))).toEqual({ place: { kind: "cell", row: 2, column: "temp" }, recorded: "0", found: "-0" });
  });

  it("of Parquet are named by column and row, or by the byte where the values are the same", async () => {
    const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`fixtures/${name}.parquet`, import.meta.url)));
    const changed = Buffer.from(fixture("snappy"));
    changed.write("Bosten", changed.indexOf("Boston"));
    expect(await compare("a.parquet", fixture("snappy"), changed)).toEqual({ place: { kind: "cell", row: 4, column: "place" }, recorded: '"Boston"', found: '"Bosten"' });
    expect(await compare("a.parquet", fixture("snappy"), fixture("gzip"))).toMatchObject({ place: { kind: "byte" } });
  });

  it("that can't be read are compared by their bytes", async () => {
    expect(await compare("a.parquet", Buffer.from([0, 1, 2]), Buffer.from([0, 1, 3]))).toEqual({ place: { kind: "byte", offset: 2 }, recorded: "02", found: "03" });
  });
});

describe("other files", () => {
  it("of text are named by line and character, with what stands there", async () => {
    const line = `<svg>${"é".repeat(300)}<g id="1"/></svg>`;
    const difference = await compare("a.svg", `one\n${line}\nthree\n`, `one\n${line.replace('"1"', '"2"')}\nthree\n`);
    expect(difference?.place).toEqual({ kind: "text", line: 2, character: 313 });
    expect(difference?.recorded).toMatch(/<g id="1"\/><\/svg>$/);
    expect(difference?.found).toMatch(/<g id="2"\/><\/svg>$/);
  });

  it("may differ beyond the first megabyte", async () => {
    const lines = Array.from({ length: 300_000 }, (_, index) => `line ${index}`);
    expect(await compare("a.txt", lines.join("\n"), lines.with(250_000, "other").join("\n"))).toEqual({ place: { kind: "text", line: 250_001, character: 1 }, recorded: "line 250000", found: "other" });
  });
});
