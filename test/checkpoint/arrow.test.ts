import { bool, columnFromArray, dateDay, decimal, dictionary, float64, int32, int64, list, tableFromColumns, tableToIPC, timestamp, TimeUnit, utf8 } from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { formatMisses } from "../../engine/checkpoint/format-miss.js";
import type { ColumnContract, OutputContract } from "../../engine/project/types.js";
import { describer, schemaText, temporaryFolder } from "./temporary-folder.js";

const describeFile = describer(temporaryFolder());
const column = (name: string, more: Partial<ColumnContract> = {}): ColumnContract => ({ name, required: false, ...more });

const table = tableFromColumns({
  id: columnFromArray([1, 2, 3, 4], int32(), { maxBatchRows: 3 }),
  big: columnFromArray([9007199254740992n, 9007199254740993n, 9007199254740994n, 9007199254740993n], int64(), { useBigInt: true, maxBatchRows: 3 }),
  temp: columnFromArray([1.5, null, -3, 99], float64(), { maxBatchRows: 3 }),
  place: columnFromArray(["Seattle", "New York", "Seattle", null], dictionary(utf8()), { maxBatchRows: 3 }),
  is_wet: columnFromArray([true, null, false, true], bool(), { maxBatchRows: 3 }),
  day: columnFromArray(["2015-01-01", "2015-01-02", "2015-01-03", "2015-01-04"].map((day) => new Date(day)), dateDay(), { maxBatchRows: 3 }),
  stamp: columnFromArray([0.25, 0.5, 0.75, 0.5], timestamp(TimeUnit.MICROSECOND), { maxBatchRows: 3 }),
  price: columnFromArray([1.25, 2.5, 3, null], decimal(10, 2), { maxBatchRows: 3 }),
  tags: columnFromArray([["a"], [], null, ["b", "c"]], list(utf8()), { maxBatchRows: 3 }),
});
const file = tableToIPC(table, { format: "file" }) ?? new Uint8Array();
const stream = tableToIPC(table, { format: "stream" }) ?? new Uint8Array();
const missText = async (contract: Partial<OutputContract>): Promise<string> => formatMisses((await describeFile("a.arrow", file, { contract })).misses);

describe("an Arrow file", () => {
  it.each([["a.arrow", file], ["a.feather", file], ["stream.arrow", stream]])("%s has rows and the types it says", async (name, content) => {
    const artifact = await describeFile(name, content);
    expect(artifact.misses).toEqual([]);
    expect(artifact.description).toMatchObject({ rows: 4, bytes: content.length });
    expect(schemaText(artifact)).toBe("id:integer,big:integer,temp:number,place:string,is_wet:boolean,day:date,stamp:date,price:number,tags:object");
  });

  it.each([["nothing", new Uint8Array()], ["text", Buffer.from("a,b\n1,2\n")], ["cut short", file.subarray(0, file.length / 2)]])("is malformed when it is %s", async (_, content) => {
    expect((await describeFile("bad.arrow", content)).misses.map(({ kind }) => kind)).toEqual(["malformed"]);
  });

  it("is malformed wherever it is cut", async () => {
    for (let length = 0; length < file.length; length += 7) {
      expect((await describeFile("cut.arrow", file.subarray(0, length))).misses).toMatchObject([{ kind: "malformed" }]);
    }
  });

  it("is held against its columns, across batches", async () => {
    const columns = [column("id", { type: "number" }), column("place", { required: true, enum: ["Seattle"] }), column("temp", { type: "number", maximum: 50 }), column("price", { maximum: 2.5 }), column("day", { type: "date", enum: ["2015-01-01", "2015-01-02", "2015-01-04"] })];
    expect(await missText({ columns })).toBe(
      [
        'a.arrow: required: expected a value in every row of column "place", found none in 1 row',
        '  row 4: place=null, temp=99, price=null, day="2015-01-04"',
        'a.arrow: enum: expected "Seattle" in column "place", found "New York" in row 2',
        '  row 2: place="New York", temp=null, price=2.5, day="2015-01-02"',
        'a.arrow: range: expected a number of at most 50 in column "temp", found 99 in row 4',
        '  row 4: place=null, temp=99, price=null, day="2015-01-04"',
        'a.arrow: range: expected a number of at most 2.5 in column "price", found 3 in row 3',
        '  row 3: place="Seattle", temp=-3, price=3, day="2015-01-03"',
        'a.arrow: enum: expected "2015-01-01" or "2015-01-02" or "2015-01-04" in column "day", found "2015-01-03" in row 3',
        '  row 3: place="Seattle", temp=-3, price=3, day="2015-01-03"',
      ].join("\n"),
    );
  });

  it("has exact keys", async () => {
    expect(await missText({ key: ["big"] })).toContain("row 4: first seen in row 2: big=9007199254740993");
    expect(await missText({ key: ["stamp"] })).toContain('row 4: first seen in row 2: stamp="1970-01-01T00:00:00.000500Z"');
    expect(await missText({ key: ["big", "id"] })).toBe("");
  });

  it("misses a type that its column cannot hold", async () => {
    expect(await missText({ columns: [column("tags", { type: "string" }), column("day", { type: "string" })] })).toBe(
      'a.arrow: type: expected string in column "tags", found a column of object\na.arrow: type: expected string in column "day", found a column of date',
    );
  });

  it("written by arquero is read", async () => {
    const { table: arqueroTable, toArrowIPC } = await import("arquero");
    const bytes = toArrowIPC(arqueroTable({ place: ["a", "b"], temp: [1, 2.5] }), { format: "file" });
    const artifact = await describeFile("arquero.arrow", bytes, { contract: { columns: [column("place", { type: "string", required: true })], key: ["place"] } });
    expect([artifact.misses, schemaText(artifact)]).toEqual([[], "place:string,temp:number"]);
  });
});
