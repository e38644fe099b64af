import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { acquireLock, type HeldLock, type Lock } from "../../../engine/run/lock/lock.js";
import { identifyProcess } from "../../../engine/run/lock/process-identity.js";
import { bundleEntry } from "../bundle-entry.js";
import { runEntry, type EntryResult } from "../run-entry.js";

const startedPids: number[] = [];
afterEach(async () => {
  for (const pid of startedPids.splice(0)) if ((await identifyProcess(pid)) !== null) process.kill(pid, "SIGKILL");
});

function pidsOf(result: EntryResult, word: string): readonly number[] {
  return result.lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(" ")[1]));
}

function mustBeAcquired(lock: Lock | HeldLock): Lock {
  if ("release" in lock) return lock;
  throw new Error(`held by ${JSON.stringify(lock.heldBy)}`);
}

/** Takes the lock after the child's end, in under five seconds, and checks that no recorded worker lives. */
async function expectTakeover(stateFolder: string, workers: readonly number[]): Promise<void> {
  const startedAt = performance.now();
  const lock = mustBeAcquired(await acquireLock({ stateFolder, run: "next" }));
  expect(performance.now() - startedAt).toBeLessThan(5000);
  for (const pid of workers) expect(await identifyProcess(pid)).toBeNull();
  expect(await acquireLock({ stateFolder, run: "third" })).toMatchObject({ heldBy: { run: "next" } });
  await lock.release();
  await mustBeAcquired(await acquireLock({ stateFolder, run: "fourth" })).release();
}

describe("a lock whose owner is killed", () => {
  let entry: string;
  let racer: string;
  beforeAll(async () => {
    [entry, racer] = await Promise.all([bundleEntry("lock-child.ts"), bundleEntry("lock-racer.ts")]);
  });
  afterAll(() => Promise.all([entry, racer].map((bundle) => rm(dirname(bundle), { recursive: true }))));

  it.each([
    ["acquiring, recording and releasing", false, false],
    ["the same, with half a write done", true, false],
    ["taking over from a dead owner with a living worker", false, true],
  ])("can be taken by the next one wherever that happens: %s", async (_, isTorn, hasDeadOwner) => {
    for (let killAt = 1, isKilled = true; isKilled; killAt += 1) {
      const stateFolder = await mkdtemp(join(tmpdir(), "stitchbook-lock-"));
      const orphans: number[] = [];
      if (hasDeadOwner) {
        const dead = await runEntry(entry, { stateFolder, killAt: "recorded", isTorn: false });
        orphans.push(...pidsOf(dead, "recorded"));
        startedPids.push(...orphans);
        expect(orphans).toHaveLength(1);
        expect(await identifyProcess(orphans[0] ?? 0)).not.toBeNull();
      }
      const result = await runEntry(entry, { stateFolder, killAt, isTorn });
      startedPids.push(...pidsOf(result, "started"));
      isKilled = result.signal === "SIGKILL";
      if (!isKilled) expect(result).toMatchObject({ code: 0, lines: expect.arrayContaining([expect.stringMatching(/^released/)]) });
      if (result.lines.includes("acquired")) for (const pid of orphans) expect(await identifyProcess(pid)).toBeNull();
      await expectTakeover(stateFolder, [...orphans, ...pidsOf(result, "recorded")]);
      await rm(stateFolder, { recursive: true });
    }
  }, 240_000);

  it("never has two owners while many contend and some are killed", async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), "stitchbook-race-"));
    const witness = join(stateFolder, "witness");
    const signatures = async () => (await readFile(witness, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
    const ownersSeen = async () => new Set(await signatures()).size;
    const start = (index: number) => spawn(process.execPath, [racer, JSON.stringify({ stateFolder, witness, index })], { stdio: ["ignore", "ignore", "inherit"] });
    const racers: ChildProcess[] = Array.from({ length: 6 }, (_, index) => start(index));
    for (let kills = 0; kills < 40; kills += 1) {
      const seen = await ownersSeen();
      await vi.waitUntil(async () => (await ownersSeen()) >= seen + 3, { timeout: 60_000, interval: 5 });
      const index = Math.floor(Math.random() * racers.length);
      racers[index]?.kill("SIGKILL");
      racers[index] = start(index);
    }
    for (const child of racers) child.kill("SIGKILL");
    const lock = mustBeAcquired(await acquireLock({ stateFolder, run: "last", waitMs: 10_000 }));
    const signed = await signatures();
    // Once another has signed, an owner and its worker never do again.
    const turns = signed.filter((signature, position) => signature !== signed[position - 1]);
    expect(turns.length).toBe(new Set(turns).size);
    expect(turns.length).toBeGreaterThan(100);
    await lock.release();
    await rm(stateFolder, { recursive: true });
  }, 240_000);
});
