import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, dayOfCommonYear, dayOfYear, seasonAngle, toDate, toDayNumber } from "../../stages/calendar.js";

describe("toDayNumber", () => {
  it.each(["2015-02-30", "2015-13-01", "2015-00-10", "2015-1-1", "15-01-01", "2015-01-01T00:00", " 2015-01-01", "2100-02-29", "", "0099-01-01"])("refuses %j", (text) => {
    expect(toDayNumber(text)).toBeNull();
  });

  it("is undone by toDate for every day", () => {
    fc.assert(fc.property(fc.integer({ min: -300_000, max: 1_000_000 }), (day) => toDayNumber(toDate(day)) === day));
  });

  it("agrees with the calendar of the machine", () => {
    fc.assert(fc.property(fc.date({ min: new Date("1000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => toDayNumber(date.toISOString().slice(0, 10)) === Math.floor(date.getTime() / 86_400_000)));
  });
});

describe("the year", () => {
  it("knows leap years", () => {
    expect(addDays("2012-02-28", 1)).toBe("2012-02-29");
    expect(addDays("2015-12-31", 1)).toBe("2016-01-01");
    expect(dayOfYear("2012-12-31")).toBe(366);
    expect(dayOfYear("2013-12-31")).toBe(365);
  });

  it("gives a date one place in every year", () => {
    expect(dayOfCommonYear("2012-03-01")).toBe(dayOfCommonYear("2013-03-01"));
    expect(dayOfCommonYear("2012-02-29")).toBe(59);
    expect(dayOfCommonYear("2012-12-31")).toBe(365);
  });

  it("closes the circle of the seasons", () => {
    expect(seasonAngle("2013-01-01")).toBe(0);
    expect(seasonAngle("2012-12-31")).toBeCloseTo(2 * Math.PI * (365 / 366), 12);
  });

  it("refuses to count from what is no date", () => {
    expect(() => addDays("soon", 1)).toThrow('found "soon"');
  });
});
