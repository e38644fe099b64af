import { describe, expect, it } from "vitest";
import { readRecords, toNumber, writeRecords } from "../../stages/records.js";

const schema = { place: "string", date: "date", value: "number", next: "number?", filled: "boolean" } as const;
const columns = ["place", "date", "value", "next", "filled"] as const;

describe("records", () => {
  it("come back as they were written", () => {
    const records = [
      { place: 'a "b", c', date: "2020-01-01", value: 0.1 + 0.2, next: null, filled: false },
      { place: "d", date: "2020-01-02", value: -1e-7, next: 3, filled: true },
    ];
    expect(readRecords(writeRecords(records, columns), schema, "x.csv")).toEqual(records);
  });

  it.each([
    ["a,2020-02-30,1,,true", 'expected a date in column "date", found "2020-02-30"'],
    ["a,2020-02-01,one,,true", 'expected a number in column "value", found "one"'],
    ["a,2020-02-01,,,true", 'expected a number in column "value", found ""'],
    ["a,2020-02-01,1,x,true", 'expected a number in column "next", found "x"'],
    ["a,2020-02-01,1,,yes", 'expected a boolean in column "filled", found "yes"'],
  ])("name the field that does not fit: %s", (line, message) => {
    expect(() => readRecords(`${columns.join(",")}\n${line}\n`, schema, "x.csv")).toThrow(`x.csv, row 2: ${message}`);
  });

  it.each([["02139", null], ["1.", null], [".5", null], ["+1", null], ["1e400", null], ["0x10", null], [" 1", null], ["NaN", null], ["-0.5e3", -500], ["0", 0]])("read %j as a number only in JSON's syntax", (text, value) => {
    expect(toNumber(text)).toBe(value);
  });
});
