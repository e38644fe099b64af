import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock, type Lock } from "../../engine/run/lock/lock.js";
import { runStitchbook, startStitchbook, waitUntil } from "./rig.js";
import { makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
let root = "";

beforeAll(async () => {
  root = await makeWeatherProject();
  expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(() => rm(root, { recursive: true, force: true }));

async function holdLock(): Promise<Lock> {
  const lock = await acquireLock({ stateFolder: join(root, ".stitchbook"), run: "2026-01-01T000000.000Z-held" });
  if ("heldBy" in lock) throw new Error("somebody else holds it");
  return lock;
}

describe("run --wait", () => {
  it.each([[["--wait"]], [["--wait", "gather"]], [["--wait=1m"]], [["--wait", "1m30s"]], [["-q", "--wait", "--jobs", "1"]]])("%j says whom it waits for, and runs afterwards", async (args) => {
    const lock = await holdLock();
    const { child, ended } = await startStitchbook(["run", ...args], { cwd: root });
    let told = "";
    child.stderr?.on("data", (text: string) => (told += text));
    try {
      await waitUntil(() => told.includes("2026-01-01T000000.000Z-held holds this project"), { what: "its message" });
      expect(child.exitCode).toBeNull();
    } finally {
      await lock.release();
    }
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Waiting\. Run \S+ holds this project: process \d+, since \S+\.\n$/);
  }, timeout);

  it("ends with 4 when the time is over", async () => {
    const lock = await holdLock();
    try {
      const { code, stdout, stderr } = await runStitchbook(["run", "--wait", "200ms"], { cwd: root });
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toMatch(/^Waiting\. .*\nstitchbook: Run .* holds this project: .*\n {2}Waited in vain\.\n$/);
    } finally {
      await lock.release();
    }
  }, timeout);

  it.each([["SIGINT", 130], ["SIGTERM", 143]] as const)("stops waiting at %s", async (signal, expected) => {
    const lock = await holdLock();
    try {
      const { child, ended } = await startStitchbook(["run", "--wait"], { cwd: root });
      let told = "";
      child.stderr?.on("data", (text: string) => (told += text));
      await waitUntil(() => told.includes("Waiting."), { what: "its message" });
      child.kill(signal);
      expect(await ended).toMatchObject({ code: expected, stdout: "" });
    } finally {
      await lock.release();
    }
  }, timeout);

  it.each([
    [["--wait", "10"], "--wait: expected a duration such as 90s or 1h30m, found 10"],
    [["--wait=soon"], "found soon"],
    [["--wait="], "found "],
    [["--wait", "soon"], "there is no stage, report, task or artifact soon"],
    [["--", "--wait"], "there is no stage, report, task or artifact --wait"],
  ])("refuses %j", async (args, says) => {
    const { code, stderr } = await runStitchbook(["run", ...args], { cwd: root });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  }, timeout);
});
