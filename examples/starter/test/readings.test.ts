import { expect, it } from "vitest";
import { cleanReadings, readReadings, writeReadings } from "../stages/readings";

const text = "week,kwh,outdoor\n2025-01-06,80.5,1.5\n2025-01-13,,-2\n2025-01-20,70,5\n2025-01-20,71,5\n";

it("weeks without a reading go, and a week counts once", () => {
  expect(writeReadings(cleanReadings(readReadings(text)))).toBe("week,kwh,outdoor\n2025-01-06,80.5,1.5\n2025-01-20,70,5\n");
});

it("a line of another form is an error with its number", () => {
  expect(() => readReadings("week,kwh,outdoor\n2025-01-06,80.5\n")).toThrow("line 2");
});
