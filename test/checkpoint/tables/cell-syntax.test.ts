import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOOLEAN, EMPTY, isDate, isWholeCell, kindOfCell, NUMBER, numberOfCell, STRING } from "../../../engine/checkpoint/tables/cell-syntax.js";

/** Runs a function on a cell that stands between other bytes, so that reading beyond it shows. */
function onCell<T>(text: string, look: (bytes: Buffer, start: number, end: number) => T): T {
  const bytes = Buffer.from(`91${text}19`);
  return look(bytes, 2, bytes.length - 2);
}

const kindOf = (text: string): number => onCell(text, kindOfCell);
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const numberLike = fc.string({ unit: fc.constantFrom(..."0123456789-+.eE"), maxLength: 12 });
const jsonNumber = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.stringMatching(JSON_NUMBER));

describe("the kind of a cell", () => {
  it.each(["0", "-0", "7", "-12", "1.5", "0.0", "1e5", "1E+5", "2.50e-3", "12345678901234567890"])("%s is a number", (text) => {
    expect(kindOf(text)).toBe(NUMBER);
  });

  it.each(["02139", "+1", "1.", ".5", "-", "-.5", "1e", "1e+", "0x10", "1_000", "1,5", "NaN", "Infinity", " 1", "1 ", "00", "-01", "1.5.2", "1e5.0", "TRUE", "True", "yes", "tru", "truer", "null", "2015-01-01", "é"])("%s is text", (text) => {
    expect(kindOf(text)).toBe(STRING);
  });

  it("knows empty cells and booleans", () => {
    expect([kindOf(""), kindOf("true"), kindOf("false")]).toEqual([EMPTY, BOOLEAN, BOOLEAN]);
  });

  it("is a number exactly where JSON has one", () => {
    fc.assert(fc.property(numberLike, (text) => {
      fc.pre(text !== "");
      expect(kindOf(text)).toBe(JSON_NUMBER.test(text) ? NUMBER : STRING);
    }), { numRuns: 2_000 });
  });
});

describe("the value of a number", () => {
  it("is the double that JSON.parse gives", () => {
    fc.assert(fc.property(jsonNumber, (text) => {
      fc.pre(JSON_NUMBER.test(text));
      expect(onCell(text, numberOfCell)).toBe(JSON.parse(text));
    }), { numRuns: 2_000 });
    expect(onCell("9007199254740993", numberOfCell)).toBe(9007199254740992);
    expect(onCell("9.007199254740993", numberOfCell)).toBe(9.007199254740993);
  });

  it.each(["3", "-3", "0", "-0", "3.0", "-3.000", "1e5", "2.5e1", "100e-2", "0.0e-9", "12345678901234567890", "1e400"])("%s is whole", (text) => {
    expect(onCell(text, isWholeCell)).toBe(true);
  });

  it.each(["0.5", "3.01", "1e-1", "2.5e0", "25e-2", "1.00000000000000000001", "1e-400"])("%s is not whole", (text) => {
    expect(onCell(text, isWholeCell)).toBe(false);
  });
});

describe("a date", () => {
  it.each(["2015-02-28", "2016-02-29", "2000-02-29", "0001-01-01", "2015-12-31T23:59", "2015-12-31T23:59:59", "2015-12-31T23:59:59.123456789", "2015-12-31T00:00Z", "2015-12-31T00:00:00.5Z", "2015-12-31T00:00+05:30", "2015-12-31T00:00:00-0800", "2015-12-31T00:00:00+01"])("is %s", (text) => {
    expect(onCell(text, isDate)).toBe(true);
  });

  it.each(["", "2015", "2015-02", "2015-02-30", "2015-02-29", "1900-02-29", "2015-04-31", "2015-00-10", "2015-13-01", "2015-01-00", "2015-1-1", "20150101", "2015/01/01", "01-02-2015", "2015-01-01 10:00", "2015-01-01T", "2015-01-01T24:00", "2015-01-01T10", "2015-01-01T10:60", "2015-01-01T10:00:60", "2015-01-01T10:00:", "2015-01-01T10:00:00.", "2015-01-01T10:00z", "2015-01-01T10:00ZZ", "2015-01-01T10:00+24:00", "2015-01-01T10:00+1", "2015-01-01T10:00+01:0", "2015-01-01x", "2015-W01-1", "２015-01-01"])("is not %s", (text) => {
    expect(onCell(text, isDate)).toBe(false);
  });

  it("is every day of the calendar, and no other", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }), (year, month, day) => {
      const text = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
      const time = Date.parse(`${text}T00:00:00Z`);
      const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
      expect(onCell(text, isDate)).toBe(isDay);
    }), { numRuns: 2_000 });
  });
});
