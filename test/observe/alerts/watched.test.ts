import { describe, expect, it } from "vitest";
import { judgeRules } from "../../../engine/observe/alerts/judge-rules.js";
import type { Past } from "../../../engine/observe/alerts/types.js";
import { listWatched, readMetric } from "../../../engine/observe/alerts/watched.js";
import type { AlertRule } from "../../../engine/project/types.js";

const place = { file: "stitchbook.yaml" };
const rule = (conditions: Partial<AlertRule>): AlertRule => ({ subject: { kind: "metric", metric: "r2", path: "model/metrics.json" }, below: null, above: null, change: null, place, ...conditions });
const past = (lastGood: number | null): Past => ({ lastGood: () => lastGood, recent: () => [] });

function judge(conditions: Partial<AlertRule>, value: number | null, { earlier = null, isNew = true }: { earlier?: number | null; isNew?: boolean } = {}) {
  const [finding] = judgeRules(listWatched([rule(conditions)], []), { read: () => ({ value, isNew }) }, past(earlier));
  return finding;
}

describe("a metric", () => {
  it.each([
    ["r2", 0.5],
    ["test.rmse", 2],
    ["folds.1.r2", 0.7],
    ["a.b", 3],
    ["odd.c.d", 4],
    ["missing", null],
    ["test", null],
    ["name", null],
    ["test.rmse.x", null],
    ["toString", null],
  ])("%s is found at its path in a document", (metric, value) => {
    expect(readMetric({ r2: 0.5, name: "x", test: { rmse: 2 }, folds: [{ r2: 0.6 }, { r2: 0.7 }], "a.b": 3, a: { b: 1 }, odd: { "c.d": 4 } }, metric)).toBe(value);
  });
});

describe("a rule", () => {
  it("holds for every dataset that its path names, and names each apart", () => {
    const watched = listWatched([rule({ subject: { kind: "rows", path: "data/{dataset}.csv" }, below: 1 })], [{ name: "a", values: {} }, { name: "b", values: {} }]);
    expect(watched.map(({ path, dataset, name }) => [path, dataset, name])).toEqual([["data/a.csv", "a", "rows"], ["data/b.csv", "b", "rows"]]);
    expect(new Set(watched.map(({ key }) => key)).size).toBe(2);
  });

  it("with another threshold is another rule", () => {
    expect(new Set(listWatched([rule({ below: 0.7 }), rule({ below: 0.8 }), rule({ below: 0.8 })], []).map(({ key }) => key)).size).toBe(2);
  });

  it.each([
    [{ below: 0.75 }, 0.61, true, "0.61 is below 0.75"],
    [{ below: 0.75 }, 0.75, false, "0.75 is not below 0.75"],
    [{ above: 4 }, 4.5, true, "4.5 is above 4"],
    [{ above: 4 }, 4, false, "4 is not above 4"],
    [{ below: 1, above: 4 }, 2, false, "2 is not below 1 and not above 4"],
    [{ below: 1 }, null, true, "model/metrics.json holds no number r2"],
  ])("%o for %s: %s", (conditions, value, isFiring, reason) => {
    expect(judge(conditions, value)).toMatchObject({ isFiring, reason, value });
  });

  it.each([
    [110, 100, false, "110 differs from 100 by 10%, at most 10%"],
    [111, 100, true, "111 differs from 100 by 11%, more than 10%"],
    [89, 100, true, "89 differs from 100 by 11%, more than 10%"],
    [-89, -100, true, "-89 differs from -100 by 11%, more than 10%"],
    [1, 0, true, "1 differs from 0 by any measure, more than 10%"],
    [0, 0, false, "0 differs from 0 by 0%, at most 10%"],
    [5, null, false, "5 has nothing to be compared with"],
  ])("on a change of more than 10%%, at %s after %s: %s", (value, earlier, isFiring, reason) => {
    expect(judge({ change: 0.1 }, value, { earlier })).toMatchObject({ isFiring, reason });
  });

  it("on a change says nothing where the file was not made anew, but its bounds still hold", () => {
    expect(judge({ change: 0.1 }, 100, { earlier: 100, isNew: false })?.isFiring).toBeNull();
    expect(judge({ change: 0.1, below: 200 }, 100, { earlier: 100, isNew: false })?.isFiring).toBe(true);
  });
});
