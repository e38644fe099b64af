import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forecastClimatology, forecastPersistence } from "../../stages/baselines.js";
import { addDays } from "../../stages/calendar.js";
import { candidates } from "../../stages/candidates.js";
import { independentColumns } from "../../stages/independence.js";
import { score, skill } from "../../stages/metrics.js";
import { predict } from "../../stages/predictors.js";
import { createRandom, sampleIndexes } from "../../stages/random.js";
import { fitScaling, makeFolds, type Sample, scaleValues } from "../../stages/samples.js";
import { correlation, quantile, round } from "../../stages/stats.js";

function samples(count: number, y: (index: number) => number, first = "2020-01-01"): Sample[] {
  return Array.from({ length: count }, (_, index) => ({ location: "Oslo", target_date: addDays(first, index), x: [Math.sin(index), index % 7], y: y(index) }));
}

describe("scores", () => {
  const outcomes = [1, 2, 3].map((actual, index) => ({ location: "Oslo", target_date: "2020-01-01", actual, forecast: [2, 2, 1][index] ?? 0 }));

  it("follow their formulas", () => {
    const { r2, ...rest } = score(outcomes);
    expect(r2).toBeCloseTo(1 - 5 / 2, 12);
    expect(rest).toEqual({ n: 3, rmse: Math.sqrt(5 / 3), mae: 1, bias: -1 / 3 });
  });

  it("are defined where all values are equal", () => {
    expect(score(outcomes.map((each) => ({ ...each, actual: 4, forecast: 4 })))).toMatchObject({ r2: 0, rmse: 0 });
  });

  it("tell the skill against a reference", () => {
    const reference = score(outcomes);
    expect(skill(reference, reference)).toBe(0);
    expect(skill({ ...reference, rmse: 0 }, reference)).toBe(1);
    expect(skill({ ...reference, rmse: reference.rmse / 2 }, reference)).toBeCloseTo(0.75, 12);
  });
});

describe("folds", () => {
  it("are forecast from earlier days only, and cover the later half once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 1, max: 6 }), (count, folds) => {
        const all = samples(count, (index) => index);
        const made = makeFolds(all, folds);
        for (const { from, train, check } of made) {
          expect(train.every((sample) => sample.target_date < from)).toBe(true);
          expect(check.every((sample) => sample.target_date >= from)).toBe(true);
          expect(train.length).toBeGreaterThanOrEqual(Math.floor(count / 2));
        }
        expect(made.flatMap(({ check }) => check)).toEqual(all.slice(Math.ceil(count / 2)));
      }),
    );
  });

  it("are refused where there is too little time", () => {
    expect(() => makeFolds(samples(4, () => 0), 3)).toThrow("4 samples can't be cut into 3 blocks");
    expect(() => makeFolds([], 1)).toThrow(RangeError);
  });
});

describe("baselines", () => {
  it("say the same as today", () => {
    expect(forecastPersistence(samples(3, (index) => index), 1).map(({ forecast }) => forecast)).toEqual([0, 1, 2]);
  });

  it("say what is usual around that day, across the turn of the year", () => {
    const train = samples(366 + 365, (index) => index % 366).map((sample) => ({ ...sample, y: Number(sample.target_date.slice(5, 7)) }));
    const [forecast] = forecastClimatology(train, [{ location: "Oslo", target_date: "2022-01-01", x: [], y: 0 }], 2);
    // Two days of December and three of January, in both years.
    expect(forecast?.forecast).toBeCloseTo((2 * 12 + 3) / 5, 12);
  });

  it("fall back on all days where none is near, and on all places for an unknown one", () => {
    const train = samples(10, (index) => index);
    const ask = (location: string, target_date: string) => forecastClimatology(train, [{ location, target_date, x: [], y: 0 }], 3)[0]?.forecast;
    expect(ask("Oslo", "2020-07-01")).toBe(4.5);
    expect(ask("Bern", "2020-01-05")).toBe(4.5);
  });
});

describe("independent columns", () => {
  it("leave out constants, copies and combinations, in favour of earlier columns", () => {
    const random = createRandom(3);
    const rows = Array.from({ length: 50 }, () => {
      const [a, b] = [random(), random()];
      return [a, 5, b, 2 * a - b + 1, a * b, 1e9 * a];
    });
    expect(independentColumns(rows)).toEqual([0, 2, 4]);
  });

  it("are none without rows", () => {
    expect(independentColumns([])).toEqual([]);
  });
});

describe("every candidate", () => {
  it.each(candidates)("$name learns a straight line well enough", ({ fit }) => {
    const train = samples(200, (index) => 3 + 5 * Math.sin(index));
    const scaling = fitScaling(train);
    const predictor = fit(train, { scaling, seed: 1, kernelRows: 150, todayIndex: 0 });
    for (const sample of samples(20, (index) => 3 + 5 * Math.sin(index))) expect(Math.abs(predict(predictor, scaling, sample.x) - sample.y)).toBeLessThan(0.5);
  });
});

describe("scaling", () => {
  it("brings features to mean 0 and deviation 1, and a constant to 0", () => {
    const scaling = fitScaling([{ x: [1, 7] }, { x: [3, 7] }].map(({ x }) => ({ location: "Oslo", target_date: "2020-01-01", x, y: 0 })));
    expect(scaleValues([1, 7], scaling)).toEqual([-1, 0]);
    expect(scaleValues([5, 8], scaling)).toEqual([3, 1]);
  });
});

describe("random numbers", () => {
  it("are those of mulberry32", () => {
    const random = createRandom(7);
    const mulberry = (() => {
      let a = 7;
      return () => {
        a = (a + 0x6d2b79f5) | 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
      };
    })();
    for (let index = 0; index < 1000; index += 1) expect(random()).toBe(mulberry());
  });

  it("choose without repeats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 80 }), fc.integer(), (size, count, seed) => {
        const chosen = sampleIndexes(size, count, createRandom(seed));
        expect(new Set(chosen).size).toBe(Math.min(size, count));
        expect(chosen.every((index) => index >= 0 && index < size)).toBe(true);
      }),
    );
  });
});

describe("statistics", () => {
  it("interpolate quantiles", () => {
    expect([0, 0.25, 0.5, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1.75, 2.5, 4]);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it("give no correlation to what does not vary", () => {
    expect(correlation([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(correlation([1, 2, 3], [6, 4, 2])).toBeCloseTo(-1, 12);
  });

  it("round without a negative zero", () => {
    expect(Object.is(round(-0.001, 2), 0)).toBe(true);
  });
});
