import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pause, retryDelayMs } from "../../engine/run/retry.js";
import { createRunId } from "../../engine/run/run-id.js";
import { TaskFailure, toTaskFailure } from "../../engine/run/task-failure.js";
import { PublicationError } from "../../engine/run/publish/publication-error.js";

describe("retryDelayMs", () => {
  it("doubles its ceiling with every failed attempt", () => {
    const atMost = (failed: number) => retryDelayMs({ attempts: 5, delayMs: 1000 }, failed, { random: () => 1 });
    expect([1, 2, 3].map(atMost)).toEqual([1000, 2000, 4000]);
  });

  it("lies anywhere between nothing and the ceiling (full jitter), never below what the other side asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(5000), (failed, share, leastMs) => {
        const delay = retryDelayMs({ attempts: 9, delayMs: 100 }, failed, { random: () => share, leastMs });
        expect(delay).toBeGreaterThanOrEqual(leastMs);
        expect(delay).toBeLessThanOrEqual(Math.max(leastMs, 100 * 2 ** (failed - 1)));
      }),
    );
  });
});

describe("pause", () => {
  it("ends at once when the run is stopped", async () => {
    const controller = new AbortController();
    const waiting = pause(3_600_000, controller.signal);
    controller.abort();
    await waiting;
    await pause(3_600_000, controller.signal);
  });
});

describe("createRunId", () => {
  it("sorts by time and holds no colon", () => {
    const ids = [0, 1, 999, 86_400_000].map((ms) => createRunId(1_700_000_000_000 + ms, () => 0.5));
    expect([...ids].sort()).toEqual(ids);
    expect(ids.join("")).not.toContain(":");
    expect(ids[0]).toMatch(/^2023-11-14T221320\.000Z-[a-z0-9]{4}$/);
  });
});

describe("TaskFailure", () => {
  it("may be retried where a cell threw, not where a contract was missed or the error forbids it", () => {
    expect(new TaskFailure("cell-error", "x").retryable).toBe(true);
    expect(new TaskFailure("timeout", "x").retryable).toBe(true);
    expect(new TaskFailure("contract", "x").retryable).toBe(false);
    expect(new TaskFailure("undeclared-access", "x").retryable).toBe(false);
    expect(new TaskFailure("cell-error", "x", { retryable: false }).retryable).toBe(false);
  });

  it("keeps the advice of errors that were expected", () => {
    const failure = toTaskFailure(new PublicationError("data/a.csv", "the disk is full", "Free some space."));
    expect(failure).toMatchObject({ kind: "publication", hint: "Free some space." });
    expect(toTaskFailure(new TypeError("odd")).message).toBe("Internal error: odd");
  });
});
