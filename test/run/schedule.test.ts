import { describe, expect, it } from "vitest";
import { schedule, type Schedulable } from "../../engine/run/schedule.js";

const diamond: readonly Schedulable[] = [
  { id: "a", dependsOn: [] },
  { id: "b", dependsOn: ["a"] },
  { id: "c", dependsOn: ["a"] },
  { id: "d", dependsOn: ["b", "c"] },
  { id: "e", dependsOn: [] },
];

function recorder(failing: readonly string[] = []) {
  const started: string[] = [];
  let running = 0;
  let most = 0;
  const run = async ({ id }: Schedulable) => {
    started.push(id);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return !failing.includes(id);
  };
  return { started, run, most: () => most };
}

const signal = new AbortController().signal;

describe("schedule", () => {
  it("starts a task only after all that it depends on", async () => {
    const { started, run } = recorder();
    const outcomes = await schedule(diamond, { jobs: 4, keepGoing: false, signal, run });
    expect(started.indexOf("a")).toBeLessThan(started.indexOf("b"));
    expect(started.indexOf("d")).toBeGreaterThan(Math.max(started.indexOf("b"), started.indexOf("c")));
    expect(new Set(outcomes.values())).toEqual(new Set(["done"]));
  });

  it("runs one at a time in the given order where one job is allowed", async () => {
    const { started, run, most } = recorder();
    await schedule(diamond, { jobs: 1, keepGoing: false, signal, run });
    expect(started).toEqual(["a", "b", "c", "d", "e"]);
    expect(most()).toBe(1);
  });

  it("never runs more at once than allowed", async () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ id: `t${index}`, dependsOn: [] }));
    const { run, most } = recorder();
    await schedule(many, { jobs: 3, keepGoing: false, signal, run });
    expect(most()).toBe(3);
  });

  it("starts nothing more after a failure", async () => {
    const { started, run } = recorder(["a"]);
    const outcomes = await schedule(diamond, { jobs: 1, keepGoing: false, signal, run });
    expect(started).toEqual(["a"]);
    expect(Object.fromEntries(outcomes)).toEqual({ a: "failed", b: "not-run", c: "not-run", d: "not-run", e: "not-run" });
  });

  it("goes on with what does not depend on the failed task where asked to", async () => {
    const { run } = recorder(["b"]);
    const outcomes = await schedule(diamond, { jobs: 1, keepGoing: true, signal, run });
    expect(Object.fromEntries(outcomes)).toEqual({ a: "done", b: "failed", c: "done", d: "not-run", e: "done" });
  });

  it("foresees what will be ready when that which runs is done", async () => {
    const foreseen: string[] = [];
    const { run, started } = recorder();
    await schedule(diamond, { jobs: 1, keepGoing: false, signal, run, soon: ({ id }) => foreseen.push(`${started.at(-1)}>${id}`) });
    expect(foreseen).toEqual(["a>e", "a>b", "a>c", "b>c", "c>e", "c>d", "d>e"]);
  });

  it("starts nothing once it is stopped", async () => {
    const controller = new AbortController();
    const started: string[] = [];
    const outcomes = await schedule(diamond, {
      jobs: 1,
      keepGoing: true,
      signal: controller.signal,
      run: ({ id }) => {
        started.push(id);
        controller.abort();
        return Promise.resolve(true);
      },
    });
    expect(started).toEqual(["a"]);
    expect(outcomes.get("e")).toBe("not-run");
  });
});
