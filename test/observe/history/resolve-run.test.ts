import { expect, it } from "vitest";
import { resolveRun } from "../../../engine/observe/history/resolve-run.js";
import { drawSparkline, dropRepeats } from "../../../engine/observe/sparkline.js";
import { runId } from "./sample-head.js";
import { addRun, makeFolder } from "./sample-runs.js";

it("finds runs by how far back they are, by their ids, and by unique parts of them", () => {
  const folder = makeFolder();
  for (let number = 0; number < 40; number += 1) addRun(folder, number, { "m:a": number });
  const find = (reference: string) => {
    const found = resolveRun(folder, reference);
    return found.kind === "run" ? found.entry.run : `${found.kind} ${found.ids.length}`;
  };
  expect(["last", "last~0", "last~1", "last~39", "last~40"].map(find)).toEqual([runId(39), runId(39), runId(38), runId(0), "unknown 40"]);
  expect([runId(7), runId(7).slice(0, -3), runId(7).slice(-4), "2026-01-01T0007"].map(find)).toEqual([runId(7), runId(7), runId(7), runId(7)]);
  expect(["2026", "2026-01-01T003", "", "zz", "last~"].map(find)).toEqual(["ambiguous 40", "ambiguous 10", "unknown 40", "unknown 40", "unknown 40"]);
});

it("draws a trend from the smallest value to the largest", () => {
  expect([[1, 2, 3, 8], [5, 5], [3], [-1, 0, 1], [1e-300, 1e300]].map(drawSparkline)).toEqual(["▁▂▃█", "▄▄", "", "▁▅█", "▁█"]);
  expect(dropRepeats([1, 1, 2, 2, 1])).toEqual([1, 2, 1]);
});
