import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { formatMisses } from "../../engine/checkpoint/format-miss.js";
import type { ColumnContract, OutputContract } from "../../engine/project/types.js";
import { describer, schemaText, temporaryFolder } from "./temporary-folder.js";

const describeFile = describer(temporaryFolder());
const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`fixtures/${name}.parquet`, import.meta.url)));
const column = (name: string, more: Partial<ColumnContract> = {}): ColumnContract => ({ name, required: false, ...more });

/*
 * id INT32 required, big INT64, temp DOUBLE, whole DOUBLE, place STRING, is_wet BOOLEAN, iso STRING:
 *   1, 9007199254740992, 1.5,  1,    Seattle,  true,  2015-01-01
 *   2, 9007199254740993, null, 2,    New York, false, 2015-01-02
 *   3, 9007199254740994, -3,   3,    Seattle,  null,  null
 *   4, 9007199254740995, 99,   null, Boston,   true,  2015-01-04
 *   5, 9007199254740993, 2,    5,    null,     false, 2015-02-30
 */
const describeFixture = (name: string, contract?: Partial<OutputContract>) => describeFile(`${name}.parquet`, fixture(name), contract === undefined ? {} : { contract });
const missText = async (contract: Partial<OutputContract>, name = "snappy"): Promise<string> => formatMisses((await describeFixture(name, contract)).misses);

describe("a Parquet file", () => {
  it.each(["snappy", "gzip", "brotli", "lz4"])("compressed with %s has rows and the types it says", async (name) => {
    const artifact = await describeFixture(name);
    expect(artifact.misses).toEqual([]);
    expect(artifact.description).toMatchObject({ rows: 5, bytes: fixture(name).length, sha256: createHash("sha256").update(fixture(name)).digest("hex") });
    expect(schemaText(artifact)).toBe("id:integer,big:integer,temp:number,whole:number,place:string,is_wet:boolean,iso:string");
  });

  it("knows dates, times, decimals and nested values by their logical types", async () => {
    expect(schemaText(await describeFixture("logical"))).toBe("day:date,stamp:date,milli:date,price:number,json:object,bytes:string");
  });

  it("may have no rows", async () => {
    const artifact = await describeFixture("no-rows", { columns: [column("a", { type: "integer", required: true })], key: ["a"] });
    expect([artifact.misses, artifact.description.rows, schemaText(artifact)]).toEqual([[], 0, "a:integer"]);
  });

  it.each([["nothing", ""], ["text", "a,b\n1,2\n"], ["a file cut short", fixture("snappy").subarray(0, 1_000)], ["a file without its first half", fixture("snappy").subarray(1_900)]])("is malformed when it is %s", async (_, content) => {
    const { misses, description } = await describeFile("bad.parquet", content, { contract: { columns: [column("place", { required: true })] } });
    expect(misses.map(({ kind }) => kind)).toEqual(["malformed"]);
    expect(description.bytes).toBe(content.length);
  });
});

describe("the columns of a Parquet file", () => {
  it("satisfy the types that its own prove, or its values", async () => {
    const columns = [column("id", { type: "number" }), column("big", { type: "integer" }), column("whole", { type: "integer" }), column("place", { type: "string" }), column("is_wet", { type: "boolean" })];
    const artifact = await describeFixture("snappy", { columns });
    expect(artifact.misses).toEqual([]);
    expect(schemaText(artifact)).toBe("id:number,big:integer,temp:number,whole:integer,place:string,is_wet:boolean,iso:string");
  });

  it("miss a type that they cannot hold", async () => {
    expect(await missText({ columns: [column("place", { type: "number", minimum: 0 }), column("id", { type: "string" }), column("zz")] })).toBe(
      [
        'snappy.parquet: column: expected column "zz", found columns "id", "big", "temp", "whole", "place", "is_wet", "iso"',
        'snappy.parquet: type: expected number in column "place", found a column of string',
        'snappy.parquet: type: expected string in column "id", found a column of integer',
      ].join("\n"),
    );
  });

  it("miss a type by their values, across row groups", async () => {
    expect(await missText({ columns: [column("temp", { type: "integer" }), column("iso", { type: "date" })] })).toBe(
      [
        'snappy.parquet: type: expected integer in column "temp", found 1.5 in row 1',
        '  row 1: temp=1.5, iso="2015-01-01"',
        'snappy.parquet: type: expected date in column "iso", found "2015-02-30" in row 5',
        '  row 5: temp=2, iso="2015-02-30"',
      ].join("\n"),
    );
  });

  it.each(["snappy", "gzip", "brotli"])("compressed with %s are held against required, enum and bounds", async (name) => {
    const columns = [column("place", { required: true, enum: ["Seattle", "New York"] }), column("temp", { minimum: -3, maximum: 50 }), column("big", { enum: [9007199254740992], maximum: 9007199254740992 })];
    const { misses } = await describeFixture(name, { columns });
    expect(misses.map(({ kind, found, offenders }) => `${kind} ${found} ${offenders.map(({ row }) => row).join()}`)).toEqual([
      "required none in 1 row 5",
      'enum "Boston" in row 4 4',
      "range 99 in row 4 4",
      "enum 9007199254740993 in row 2, 4 such values in all 2,3,4,5",
      "range 9007199254740993 in row 2, 4 such values in all 2,3,4,5",
    ]);
  });

  it("have exact keys: neighbouring big integers differ, repeats are found across row groups", async () => {
    expect(await missText({ key: ["big"] })).toBe(
      "snappy.parquet: key: expected every (big) once, found 1 row with a key that an earlier row has\n  row 5: first seen in row 2: big=9007199254740993",
    );
    expect(await missText({ key: ["place", "temp"] })).toBe("");
    expect(await missText({ key: ["stamp"] }, "logical")).toContain('row 3: first seen in row 2: stamp="2015-01-01T00:00:00.000002Z"');
    expect(await missText({ key: ["stamp", "day"] }, "logical")).toBe("");
  });

  it("show dates and decimals as people write them", async () => {
    const { misses } = await describeFixture("logical", { columns: [column("day", { enum: ["2015-01-01"] }), column("milli", { type: "date", enum: ["2015-01-01T07:00:00Z"] }), column("price", { maximum: 2 })] });
    expect(misses.map(({ kind, found }) => `${kind} ${found}`)).toEqual(['enum "2015-01-02" in row 2', 'enum "2015-01-01T06:00:00.500Z" in row 1', "range 2.5 in row 2"]);
  });

  it("that are compressed in a way that cannot be read are a miss only where values are asked for", async () => {
    expect(await missText({ columns: [column("place", { type: "string" })] }, "lz4")).toBe("");
    expect(await missText({ columns: [column("place", { required: true })] }, "lz4")).toMatch(/^lz4\.parquet: malformed: expected values that can be read .*found LZ4_RAW in column "place"$/);
  });
});
