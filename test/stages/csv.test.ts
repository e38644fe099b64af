import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvError, csvLine, CsvReader, parseCsv } from "../../stages/csv.js";

const options = { source: "data/raw/a.csv", header: ["place", "value"] };
const parse = (text: string): string[][] => parseCsv(text, options);

describe("reading CSV", () => {
  it("takes quotes, commas and line ends in fields", () => {
    expect(parse('place,value\n"a, ""b""\nc",1\r\nd,\n')).toEqual([['a, "b"\nc', "1"], ["d", ""]]);
  });

  it("drops a byte order mark, and only at the beginning", () => {
    expect(parse("\uFEFFplace,value\n\uFEFFx,1")).toEqual([["\uFEFFx", "1"]]);
  });

  it("keeps texts that look like numbers as they are", () => {
    expect(parse("place,value\n02139,12345678901234567890\n")).toEqual([["02139", "12345678901234567890"]]);
  });

  it("lets the last line end without a line end, or with several", () => {
    expect(parse("place,value\na,1")).toEqual([["a", "1"]]);
    expect(parse("place,value\na,1\n\n\n")).toEqual([["a", "1"]]);
  });

  it("gives the same rows for any cut of the text, and reads back what csvLine writes", () => {
    const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "é", " ", "1") });
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { minLength: 1 }), fc.array(fc.nat(200)), (rows, cuts) => {
        const text = csvLine(["place", "value"]) + rows.map(csvLine).join("");
        const reader = new CsvReader(options);
        const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const pieces = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect([...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]).toEqual(rows);
      }),
    );
  });
});

describe("a file that is not what it should be", () => {
  it.each([
    ["place,value\na,1\nb\n", 'row 3: expected 2 fields, found 1 (nothing for column "value")'],
    ["place,value\na,1,2\n", 'row 2: expected 2 fields, found 3 ("2" after the last column)'],
    ["place,value\n\na,1\n", "row 2: a blank line stands between rows"],
    ["place,value\na,\"1", 'row 2: the quote that opens the field of column "value" is never closed'],
    ['place,value\n"a"b,1\n', 'row 2: text follows the closing quote of the field of column "place"'],
    ['place,value\na,1"2\n', 'row 2: a quote stands inside the field of column "value"'],
    ["", "row 1: the file is empty"],
    ["place,temp\n", "(missing: value; unexpected: temp)"],
    ["place,value,x\n", "(unexpected: x)"],
    ["value,place\n", "(same columns in another order)"],
    ["place;value\na;1\n", "missing: place, value; unexpected: place;value"],
    [`place,value\na,${"x".repeat(70_000)}`, "longer than 65536 characters"],
  ])("is refused with the place: %j", (text, message) => {
    expect(() => parse(text)).toThrow(CsvError);
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow("data/raw/a.csv, row");
  });
});
