import { describe, expect, it } from "vitest";
import type { AlertState } from "../../../engine/observe/alerts/alert-state.js";
import { failureKey, findNews, noteDelivery, type RunOutcome } from "../../../engine/observe/alerts/find-news.js";
import type { ChannelName, Finding } from "../../../engine/observe/alerts/types.js";
import { listWatched } from "../../../engine/observe/alerts/watched.js";

const [watched] = listWatched([{ subject: { kind: "metric", metric: "r2", path: "m.json" }, below: 0.7, above: null, change: null, place: { file: "stitchbook.yaml" } }], []);
if (watched === undefined) throw new Error("no rule");
const finding = (isFiring: boolean | null): Finding => ({ watched, isFiring, value: 0.6, earlier: null, reason: "" });
const failure = (task: string) => ({ task, kind: "cell-error", message: "it broke", place: null, hint: null });
const both: readonly ChannelName[] = ["slack", "email"];

/** Runs one after the other; each gives what was sent to whom, as `kind task|r2 -> channels`. */
function follow(runs: readonly (Partial<RunOutcome> & { readonly dead?: readonly ChannelName[] })[], { on = ["failed", "recovered"] as const, channels = both }: { on?: readonly ("failed" | "recovered" | "schema")[]; channels?: readonly ChannelName[] } = {}): { said: string[][]; state: AlertState } {
  let state: AlertState = {};
  const said = runs.map(({ dead = [], ...run }, index) => {
    const outcome: RunOutcome = { run: `run-${index}`, time: `2026-01-0${index + 1}T00:00:00.000Z`, findings: [], failures: [], done: new Set(), isWhole: true, schemaChanges: [], ...run };
    const known = new Set([watched?.key ?? "", failureKey("a"), failureKey("b"), failureKey(null)]);
    const found = findNews(outcome, { state, on, past: { lastGood: () => null, recent: () => [0.9, 0.8] }, known, channels });
    state = found.state;
    return found.news.map((each) => {
      const reached = each.to.filter((name) => !dead.includes(name));
      for (const channel of reached) state = noteDelivery(state, each, channel);
      const since = "since" in each.news ? ` since ${each.news.since.slice(8, 10)}` : "";
      return `${each.news.kind}${since} -> ${each.to.join(" ")}`;
    });
  });
  return { said, state };
}

describe("a rule", () => {
  it("that fires, lasts over five runs and ends gives exactly two messages", () => {
    const runs = [finding(false), finding(true), finding(true), finding(true), finding(null), finding(true), finding(false), finding(false)];
    const { said, state } = follow(runs.map((each) => ({ findings: [each] })));
    expect(said).toEqual([[], ["rule since 02 -> slack email"], [], [], [], [], ["rule-over since 02 -> slack email"], []]);
    expect(state).toEqual({});
  });

  it("that could not be told is told by the next run, with when it began", () => {
    const { said } = follow([{ findings: [finding(true)], dead: ["slack"] }, { findings: [finding(true)] }, { findings: [finding(true)] }]);
    expect(said).toEqual([["rule since 01 -> slack email"], ["rule since 01 -> slack"], []]);
  });

  it("that was told to nobody ends without a word; one whose end could not be told is called off later", () => {
    expect(follow([{ findings: [finding(true)], dead: both }, { findings: [finding(false)] }]).said).toEqual([["rule since 01 -> slack email"], []]);
    const { said, state } = follow([{ findings: [finding(true)] }, { findings: [finding(false)], dead: ["email"] }, { findings: [finding(false)] }, { findings: [finding(false)] }]);
    expect(said).toEqual([["rule since 01 -> slack email"], ["rule-over since 01 -> slack email"], ["rule-over since 01 -> email"], []]);
    expect(state).toEqual({});
  });

  it("ends without a word where recoveries are not wanted", () => {
    const { said, state } = follow([{ findings: [finding(true)] }, { findings: [finding(false)] }], { on: ["failed"] });
    expect([said, state]).toEqual([[["rule since 01 -> slack email"], []], {}]);
  });

  it("stays as it is where its file says nothing", () => {
    expect(follow([{ findings: [finding(true)] }, {}, { findings: [finding(true)] }]).said).toEqual([["rule since 01 -> slack email"], [], []]);
  });
});

describe("a failure", () => {
  it("is told once, another task's apart, and its end when that task is done", () => {
    const { said } = follow([
      { failures: [failure("a")] },
      { failures: [failure("a"), failure("b")] },
      { failures: [failure("b")], done: new Set(["a"]) },
      { done: new Set(["a", "b"]) },
      { done: new Set(["a", "b"]) },
    ]);
    expect(said).toEqual([["failed since 01 -> slack email"], ["failed since 02 -> slack email"], ["recovered since 01 -> slack email"], ["recovered since 02 -> slack email"], []]);
  });

  it("is not told where failures are not wanted", () => {
    expect(follow([{ failures: [failure("a")] }, { done: new Set(["a"]) }], { on: ["recovered"] }).said).toEqual([[], []]);
  });
});

it("another schema is told each time, where that is wanted", () => {
  const change = { task: "a", path: "a.csv", added: [], removed: [], retyped: [], reordered: true };
  expect(follow([{ schemaChanges: [change] }, {}, { schemaChanges: [change] }], { on: ["schema"] }).said).toEqual([["schema -> slack email"], [], ["schema -> slack email"]]);
  expect(follow([{ schemaChanges: [change] }]).said).toEqual([[]]);
});
