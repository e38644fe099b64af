import { expect, it } from "vitest";
import { compareWeeks } from "../stages/compare";
import { fitLine } from "../stages/fit";

it("finds the line that points lie on", () => {
  expect(fitLine([{ x: 0, y: 10 }, { x: 2, y: 6 }, { x: 5, y: 0 }])).toEqual({ slope: -2, intercept: 10, r2: 1, n: 3 });
});

it("a line needs two different places", () => {
  expect(() => fitLine([{ x: 1, y: 1 }])).toThrow("two different temperatures");
});

it("expects no less of a summer week than of one at the heating limit", () => {
  const fit = { slope: -2, intercept: 50, r2: 1, n: 3, heatingLimit: 15 };
  expect(compareWeeks([{ week: "2025-07-07", kwh: 21, outdoor: 25 }], fit)).toEqual([{ week: "2025-07-07", kwh: 21, expected: 20, difference: 1 }]);
});
