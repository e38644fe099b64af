import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadSeries, readRuns } from "../../../engine/observe/history/history.js";
import { bundleEntry } from "../../run/bundle-entry.js";
import { runId } from "./sample-head.js";
import { makeFolder } from "./sample-runs.js";

let entry: string;
beforeAll(async () => {
  entry = await bundleEntry("../../observe/history/entries/append-child.ts");
});
afterAll(() => rmSync(dirname(entry), { recursive: true, force: true }));

/** Appends until it is killed, some microseconds after it told of some run. @returns the last run that it told of */
async function appendUntilKilled(folder: string, first: number, moment: { readonly after: number; readonly spin: number }): Promise<number> {
  const child = spawn(process.execPath, [entry, folder, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    if (child.killed || text.split("\n").length <= moment.after) return;
    for (let count = 0; count < moment.spin; count += 1) Math.sqrt(count);
    child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  const told = text.split("\n").slice(0, -1);
  return Number(told.at(-1) ?? first - 1);
}

/** Kills writers one after another, each going on where the one before was killed. */
async function killOften(times: number): Promise<void> {
  const folder = makeFolder();
  let next = 0;
  for (let kill = 0; kill < times; kill += 1) {
    const last = await appendUntilKilled(folder, next, { after: 1 + Math.floor(Math.random() * 12), spin: Math.floor(Math.random() * 200_000) });
    const found = [...readRuns(folder)].map(({ run }) => run).reverse();
    const expected = Array.from({ length: last + 1 }, (_, number) => runId(number));
    // The run after the last one that it told of may be there or not; nothing before it may be missing.
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(found.length - expected.length).toBeLessThanOrEqual(1);
    expect([...readRuns(folder)].every(({ run, state }) => state.metrics["m.json:value.7"] === Math.floor(Number(Number.parseInt(run.slice(-4), 36)) / 3) + 7)).toBe(true);
    next = found.length;
  }
  expect(loadSeries(folder).series["m.json:value.0"]?.at(-1)?.[1]).toBe(Math.floor((next - 1) / 3));
}

it("loses nothing but an unfinished run, killed at 100 moments of writing", async () => {
  await Promise.all([1, 2, 3, 4].map(async () => {
    for (let round = 0; round < 5; round += 1) await killOften(5);
  }));
}, 60_000);
