import { describe, expect, it } from "vitest";
import { metricKey, mostMetrics, readMetrics, splitMetricKey } from "../../engine/observe/metrics.js";

describe("the metrics of a JSON text", () => {
  it("are its numbers by their paths, in lists too", () => {
    const text = JSON.stringify({ r2: 0.8, test: { rmse: 2.5, name: "x" }, by_place: [{ mae: 1 }, { mae: null }], flag: true, "a.b": 3 });
    expect(readMetrics(text)).toEqual({ r2: 0.8, "test.rmse": 2.5, "by_place.0.mae": 1, "a.b": 3 });
    expect(readMetrics("7")).toEqual({ "": 7 });
  });

  it("are none where it is no JSON", () => {
    expect(readMetrics("r2 = 1")).toBeNull();
  });

  it("are bounded, but for those that are watched", () => {
    const text = JSON.stringify({ all: Array.from({ length: 2 * mostMetrics }, (_, index) => index), last: 5 });
    expect(Object.keys(readMetrics(text) ?? {})).toHaveLength(mostMetrics);
    expect(readMetrics(text, new Set(["last", "all.1999"]))).toMatchObject({ "all.0": 0, "all.1999": 1999, last: 5 });
  });

  it("have keys that tell file and metric apart", () => {
    expect(splitMetricKey(metricKey("model/m.json", "a:b.c"))).toEqual({ file: "model/m.json", metric: "a:b.c" });
  });
});
