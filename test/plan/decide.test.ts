import { describe, expect, it } from "vitest";
import { contractHash } from "../../engine/plan/contract-hash.js";
import { decideTask, isOnlyVerified, type Question } from "../../engine/plan/decide.js";
import { makeFingerprint } from "../../engine/plan/fingerprint.js";
import { makeCells, makeOutput, makeStage, makeTask } from "./project-builder.js";
import { makeRecord } from "./record-builder.js";

const stage = makeStage({ id: "clean", outputs: [makeOutput("data/clean.csv")] });
const task = makeTask(stage, { inputs: ["data/raw.csv", ["data/made.csv", "fetch"]] });
const DAY = 86_400_000;
const PARTS = {
  "code:cell 1": "a",
  "code:cell 2": "b",
  "code:stages/units.ts": "c",
  "code:bundle": "d",
  "packages:arquero": "8.0.2",
  "packages:resolution": "e",
  "params:seed": "7",
  "env:REGION": "f",
  "env:time zone": "UTC",
  "input:data/raw.csv": "g",
  "input:data/made.csv": "h",
  "artifact:data/clean.csv": "output",
  "engine:node": "20",
};

function decide(changes: Record<string, string | undefined>, given: Partial<Question> = {}) {
  const now = Object.fromEntries(Object.entries({ ...PARTS, ...changes }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
  return decideTask({
    task,
    record: makeRecord(task, makeFingerprint(PARTS)),
    fingerprint: makeFingerprint(now),
    contract: contractHash(task),
    artifactsMatch: [],
    now: Date.parse("2024-01-02T00:00:00.000Z"),
    forced: false,
    ...given,
  });
}

describe("decideTask", () => {
  it("finds a task fresh whose record holds", () => {
    expect(decide({})).toEqual({ task: "clean", action: "fresh", reasons: [] });
  });

  it.each([
    [{ "code:stages/units.ts": "x", "code:bundle": "x" }, { kind: "code", subject: "stages/units.ts", detail: "changed (reached from cell 4)" }],
    [{ "code:stages/new.ts": "x", "code:bundle": "x" }, { kind: "code", subject: "stages/new.ts", detail: "added (reached from cells 4, 6)" }],
    [{ "code:bundle": "x" }, { kind: "code", subject: "imports of cells", detail: "changed" }],
    [{ "code:cell 2": "x" }, { kind: "code", subject: "cell 6", detail: "changed" }],
    [{ "code:cell 1": "new", "code:cell 2": "a", "code:cell 3": "b" }, { kind: "code", subject: "cell 4", detail: "added" }],
    [{ "code:cell 2": undefined }, { kind: "code", subject: "cells", detail: "1 removed after cell 4" }],
    [{ "packages:arquero": "8.0.3", "packages:resolution": "x" }, { kind: "packages", subject: "arquero", detail: "8.0.2 -> 8.0.3" }],
    [{ "packages:arquero": "content 1234" }, { kind: "packages", subject: "arquero", detail: "content changed" }],
    [{ "params:seed": "8" }, { kind: "params", subject: "seed", detail: "7 -> 8" }],
    [{ "env:REGION": "x" }, { kind: "env", subject: "REGION", detail: "changed" }],
    [{ "env:time zone": "Europe/Rome" }, { kind: "env", subject: "time zone", detail: "UTC -> Europe/Rome" }],
    [{ "input:data/raw.csv": "x" }, { kind: "input", subject: "data/raw.csv", detail: "changed" }],
    [{ "input:data/raw.csv": undefined }, { kind: "input", subject: "data/raw.csv", detail: "removed" }],
    [{ "input:data/z.csv": "x" }, { kind: "input", subject: "data/z.csv", detail: "added" }],
    [{ "artifact:data/more.csv": "output" }, { kind: "artifact", subject: "data/more.csv", detail: "declared as output" }],
    [{ "engine:node": "22" }, { kind: "engine", subject: "node", detail: "20 -> 22" }],
  ])("names the one thing that changed: %j", (changes, reason) => {
    const code = { cells: [4, 6], reachedFrom: { "stages/units.ts": [4], "stages/new.ts": [4, 6] } };
    expect(decide(changes, { code })).toEqual({ task: "clean", action: "run", reasons: [reason] });
  });

  it("gives every reason, the most telling first", () => {
    const { reasons } = decide(
      { "engine:node": "22", "code:cell 1": "x", "input:data/raw.csv": "x" },
      { forced: true, artifactsMatch: [{ path: "data/clean.csv", problem: "missing" }, { path: "data/b.csv", problem: "changed" }], contract: "x" },
    );
    expect(reasons.map(({ kind, detail }) => `${kind} ${detail}`)).toEqual(["code changed", "input changed", "artifact missing", "artifact changed by hand", "contract changed", "engine 20 -> 22", "forced asked for"]);
  });

  it("says of a task without a record that it never ran", () => {
    expect(decide({}, { record: null }).reasons).toMatchObject([{ kind: "never-run" }]);
  });

  it("lets a result expire by its age since execution", () => {
    const aged = makeTask({ ...stage, maxAgeMs: DAY }, { inputs: ["data/raw.csv"] });
    const record = makeRecord(aged, makeFingerprint(PARTS));
    const at = (time: string) => decide({}, { task: aged, record, contract: contractHash(aged), now: Date.parse(time) });
    expect(at("2024-01-02T00:00:00.000Z").action).toBe("fresh");
    expect(at("2024-01-02T02:00:00.000Z").reasons).toEqual([{ kind: "expired", subject: "clean", detail: "26h old, max_age 24h" }]);
    expect(decide({}, { task: aged, record: { ...record, startedAt: "?" }, contract: contractHash(aged) }).action).toBe("run");
  });

  it("only verifies where nothing but the contract changed", () => {
    const promised = makeTask({ ...stage, title: "Another title", outputs: [makeOutput("data/clean.csv", { rows: { min: 1, max: Infinity, text: ">= 1" } })] });
    const decision = decide({}, { contract: contractHash(promised) });
    expect(decision.reasons).toMatchObject([{ kind: "contract" }]);
    expect(isOnlyVerified(decision)).toBe(true);
    expect(isOnlyVerified(decide({ "params:seed": "8" }, { contract: contractHash(promised) }))).toBe(false);
    expect(isOnlyVerified(decide({}))).toBe(false);
  });

  it("runs a stage whose label has no recorded output, and not one whose label is gone", () => {
    const labelled = (label?: string) => makeTask(makeStage({ id: "clean", cells: makeCells([{ source: "1", options: label === undefined ? {} : { label } }]) }));
    const ask = (before: string | undefined, now: string | undefined) => decide({}, { task: labelled(now), record: makeRecord(labelled(before), makeFingerprint(PARTS)), contract: contractHash(labelled(now)) });
    expect(ask(undefined, "chart").reasons).toEqual([{ kind: "code", subject: "label chart", detail: "new in cell 2" }]);
    expect(ask("chart", "chart").action).toBe("fresh");
    expect(ask("chart", undefined).action).toBe("fresh");
  });

  it("leaves out what an unknown task makes, but not that it is an input now", () => {
    const unknownTasks = new Set(["fetch"]);
    expect(decide({ "input:data/made.csv": "unknown" }, { unknownTasks }).action).toBe("fresh");
    expect(decide({ "input:data/raw.csv": "x" }, { unknownTasks }).reasons).toMatchObject([{ subject: "data/raw.csv" }]);
    expect(decide({ "input:data/made.csv": undefined }, { unknownTasks }).reasons).toMatchObject([{ subject: "data/made.csv", detail: "removed" }]);
  });

  it("runs where a record's hash is not that of its parts", () => {
    const record = makeRecord(task, { hash: "0", parts: PARTS });
    expect(decide({}, { record }).reasons).toMatchObject([{ kind: "engine" }]);
  });
});

describe("contractHash", () => {
  it("is over rows, columns, key and title, and not over places or wording", () => {
    const hash = (given: Parameters<typeof makeOutput>[1], title = "t") => contractHash(makeTask(makeStage({ id: "a", title, outputs: [makeOutput("x.csv", given)] })));
    const rows = { min: 1, max: Infinity, text: ">= 1" };
    expect(hash({ rows })).toBe(hash({ rows: { ...rows, text: "> 0" }, place: { file: "other" } }));
    const all = [hash({}), hash({ rows }), hash({ rows: { ...rows, max: 5 } }), hash({ key: ["a"] }), hash({ columns: [{ name: "a", required: false }] }), hash({ columns: [{ name: "a", required: true }] }), hash({}, "u")];
    expect(new Set(all).size).toBe(all.length);
  });
});
