import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGoodRun, type RunState } from "../../../engine/observe/history/entry.js";
import { appendRun, findRun, lastGoodRun, lastValues, loadSeries, readRuns } from "../../../engine/observe/history/history.js";
import { previousValues, trendOf } from "../../../engine/observe/history/metric-series.js";
import { runId, sampleHead } from "./sample-head.js";
import { addRun, makeFolder, makeState } from "./sample-runs.js";

const lastFile = (folder: string) => join(folder, readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort().at(-1) ?? "");
const ids = (folder: string) => [...readRuns(folder)].map(({ run }) => run);
const task = (fingerprint: string) => ({ fingerprint, run: "r", revision: null, artifacts: [{ path: "a.csv", sha256: "s", bytes: 1, rows: 3, schema_hash: null }] });

describe("a history", () => {
  it("is empty where there is none", () => {
    expect(ids(join(makeFolder(), "none"))).toEqual([]);
    expect(lastGoodRun(join(makeFolder(), "none"))).toBeNull();
    expect(loadSeries(join(makeFolder(), "none")).count).toBe(0);
  });

  it("gives back every run with its whole state, whatever changed between them", () => {
    const part = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__", "constructor", "x.y"), fc.constantFrom("1", "2"), { noNullPrototype: true });
    const metrics = fc.dictionary(fc.constantFrom("m:a", "m:b", "m:__proto__"), fc.constantFrom(-0, 0.1, 1e300), { noNullPrototype: true });
    const tasks = fc.dictionary(fc.constantFrom("t1", "t2"), fc.constantFrom(task("1"), task("2")), { noNullPrototype: true });
    const state = fc.record({ metrics, tasks, params: part, packages: part, code: part, env: part });
    fc.assert(fc.property(fc.array(state, { minLength: 1, maxLength: 12 }), (states: RunState[]) => {
      const folder = makeFolder();
      states.forEach((each, number) => addRun(folder, number, each.metrics, { state: each }));
      const found = [...readRuns(folder)].reverse();
      expect(found.map(({ run }) => run)).toEqual(states.map((_, number) => runId(number)));
      // -0 is 0 in JSON.
      expect(found.map((entry) => JSON.parse(JSON.stringify(sorted(entry.state))))).toEqual(states.map((each) => JSON.parse(JSON.stringify(sorted(each)))));
    }), { numRuns: 30 });
  });

  it("keeps a run that changed nothing in one short line", () => {
    const folder = makeFolder();
    const metrics = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m.json:${index}`, index]));
    addRun(folder, 0, metrics);
    const before = statSync(lastFile(folder)).size;
    addRun(folder, 1, metrics, { deeds: {}, fresh: 7 });
    expect(statSync(lastFile(folder)).size - before).toBeLessThan(300);
    expect([...readRuns(folder)][0]?.state.metrics).toEqual(metrics);
  });

  it("leaves out a last line that is torn at any byte, and goes on after it", () => {
    const folder = makeFolder();
    addRun(folder, 0, { "m:a": 1 });
    const start = statSync(lastFile(folder)).size;
    addRun(folder, 1, { "m:a": 2 });
    const bytes = readFileSync(lastFile(folder));
    for (let size = start; size < bytes.length; size += size < bytes.length - 4 ? 7 : 1) {
      writeFileSync(lastFile(folder), bytes.subarray(0, size));
      // A line that lacks nothing but its end is whole.
      expect(ids(folder).length, `torn at ${size}`).toBe(size === bytes.length - 1 ? 2 : 1);
      addRun(folder, 2, { "m:a": 3 });
      expect([...readRuns(folder)].map(({ run, state }) => [run, state.metrics["m:a"]]).filter(([run]) => run !== runId(1))).toEqual([[runId(2), 3], [runId(0), 1]]);
    }
  });

  it("never tells a wrong state after damage in the middle", () => {
    const folder = makeFolder();
    for (let number = 0; number < 6; number += 1) addRun(folder, number, { "m:a": number, "m:b": 1 });
    const lines = readFileSync(lastFile(folder), "utf8").split("\n");
    for (let line = 0; line < 6; line += 1) {
      writeFileSync(lastFile(folder), lines.map((text, index) => (index === line ? text.replace('"m:a"', '"m:c"').replace("ok", "oj") : text)).join("\n"));
      for (const { run, state } of readRuns(folder)) expect(state.metrics).toEqual({ "m:a": Number.parseInt(run.slice(-4), 36), "m:b": 1 });
      addRun(folder, 9, { "m:a": 9, "m:b": 1 });
      expect(ids(folder)[0]).toBe(runId(9));
    }
  });

  it("begins segments anew, finds runs in any of them, and stays whole where one is missing", () => {
    const folder = makeFolder();
    const wide = (number: number) => Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`m.json:value.${index}`, number + index / 7]));
    for (let number = 0; number < 50; number += 1) addRun(folder, number, wide(number));
    const segments = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    expect(segments.length).toBeGreaterThan(2);
    expect(ids(folder)).toEqual(Array.from({ length: 50 }, (_, index) => runId(49 - index)));
    for (const number of [0, 27, 49]) expect(findRun(folder, runId(number))?.state.metrics).toEqual(wide(number));
    expect(findRun(folder, runId(500))).toBeNull();
    unlinkSync(join(folder, segments.sort()[1] ?? ""));
    expect(ids(folder).length).toBeGreaterThan(20);
    expect(findRun(folder, runId(49))?.state.metrics).toEqual(wide(49));
  });

  it("describes a state once, however large it is, as long as it stays the same", () => {
    const folder = makeFolder();
    const large = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m.json:value.${index}`, index / 7]));
    addRun(folder, 0, large);
    expect(statSync(lastFile(folder)).size).toBeGreaterThan(512 * 1024);
    // Only a short line tells what the one before it was.
    addRun(folder, 1, large);
    const refuse = (): never => {
      throw new Error("described again");
    };
    appendRun(folder, { head: sampleHead(2), stateKey: JSON.stringify(makeState(large)), makeState: refuse, isDurable: false });
    expect(ids(folder)).toEqual([runId(2), runId(1), runId(0)]);
    expect(findRun(folder, runId(2))?.state.metrics).toEqual(large);
  });

  it("knows the last good run: neither failed, nor with --param, nor elsewhere", () => {
    const folder = makeFolder();
    addRun(folder, 0, { "m:a": 1 });
    addRun(folder, 1, { "m:a": 2 }, { status: "failed", reason: "x" });
    addRun(folder, 2, { "m:a": 3 }, { params: ["a=1"] });
    addRun(folder, 3, { "m:a": 4 }, { output_dir: "/tmp/x" });
    expect(lastGoodRun(folder)?.run).toBe(runId(0));
    addRun(folder, 4, { "m:a": 5 }, { status: "alerted" });
    expect(lastGoodRun(folder)?.run).toBe(runId(4));
    expect(lastValues(folder, 5, ({ state }) => state.metrics["m:a"])).toEqual([{ run: runId(4), value: 5 }, { run: runId(0), value: 1 }]);
    expect([...readRuns(folder)].filter(isGoodRun)).toHaveLength(2);
  });
});

describe("the values of metrics", () => {
  const series = (folder: string) => loadSeries(folder);

  it("are those of good runs, each as far as it changed", () => {
    const folder = makeFolder();
    const runs = [{ r2: 0.7, n: 1 }, { r2: 0.7, n: 1 }, { r2: 0.8, n: 1 }, { r2: 0.8, n: 2 }];
    runs.forEach(({ r2, n }, number) => addRun(folder, number, { "m:r2": r2, "m:n": n }));
    addRun(folder, 4, { "m:r2": 0.1, "m:n": 9 }, { params: ["a=1"] });
    expect(trendOf(series(folder), "m:r2", 0.8)).toEqual([0.7, 0.8]);
    expect(trendOf(series(folder), "m:r2", 0.9)).toEqual([0.7, 0.8, 0.9]);
    expect(trendOf(series(folder), "m:r2", undefined)).toEqual([]);
  });

  it("tell what was before, by the metrics that are asked about", () => {
    const folder = makeFolder();
    [{ r2: 0.7, n: 1 }, { r2: 0.8, n: 1 }, { r2: 0.8, n: 2 }].forEach(({ r2, n }, number) => addRun(folder, number, { "m:r2": r2, "m:n": n }));
    const now = { "m:r2": 0.8, "m:n": 2 };
    expect(previousValues(series(folder), ["m:r2"], now)?.("m:r2")).toBe(0.7);
    expect(previousValues(series(folder), ["m:n"], now)?.("m:r2")).toBe(0.8);
    expect(previousValues(series(folder), ["m:r2", "m:n"], now)?.("m:r2")).toBe(0.8);
    expect(previousValues(series(folder), ["m:other"], now)).toBeNull();
    expect(previousValues(series(folder), ["m:r2"], now)?.("m:other")).toBeNull();
  });

  it("are the same before and after the run that has them is kept", () => {
    const values = fc.array(fc.record({ r2: fc.integer({ min: 0, max: 3 }), n: fc.integer({ min: 0, max: 2 }) }), { minLength: 1, maxLength: 40 });
    fc.assert(fc.property(values, (runs) => {
      const folder = makeFolder();
      runs.forEach(({ r2, n }, number) => {
        const now = { "m:r2": r2, "m:n": n };
        const tell = () => [previousValues(series(folder), ["m:r2", "m:n"], now)?.("m:r2"), trendOf(series(folder), "m:r2", r2), trendOf(series(folder), "m:n", n)];
        const rendered = tell();
        addRun(folder, number, now);
        expect(tell()).toEqual(rendered);
      });
    }), { numRuns: 25 });
  });

  it("are made anew where the kept ones are lost, damaged or of an earlier run", () => {
    const folder = makeFolder();
    addRun(folder, 0, { "m:a": 1 });
    const early = readFileSync(join(folder, "series"));
    addRun(folder, 1, { "m:a": 2 });
    const kept = series(folder);
    for (const spoil of [() => unlinkSync(join(folder, "series")), () => writeFileSync(join(folder, "series"), early), () => truncateSync(join(folder, "series"), 20), () => appendFileSync(join(folder, "series"), "x")]) {
      spoil();
      expect(series(folder)).toEqual(kept);
      addRun(folder, 1, { "m:a": 2 });
    }
  });
});

function sorted(state: RunState): unknown {
  return Object.fromEntries(Object.entries(state).map(([section, values]) => [section, Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))]));
}
