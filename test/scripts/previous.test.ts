import { rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeMemoryProject } from "./memory-project.js";
import { copyProject, editFile, executed, runForEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
let root = "";
beforeAll(async () => {
  root = await makeMemoryProject();
  await editFile(root, "templates/points.md", (text) => `${text}\nBefore: {{ previous.metrics.mean | default: "none" }}, {{ previous.mean | default: "none" }}, {{ previous.test.largest | default: "none" }}. Trend: {% trend "mean" %}.\n`);
}, timeout);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const readReport = async (folder = root) => ((await readFile(join(folder, "reports/points.md"), "utf8")).split("\n").find((line) => line.startsWith("Before")) ?? "");
const write = (ys: readonly number[]) => writeFile(join(root, "raw/points.csv"), ["x,y", ...ys.map((y, x) => `${x},${y}`), ""].join("\n"));
const run = async (...args: readonly string[]) => executed((await runForEvents(root, ...args)).events);

it("tells of the last good run that differed, once it is rendered and never again for it", async () => {
  await run();
  expect(await readReport()).toBe("Before: none, none, none. Trend: .");
  expect(await run()).toEqual([]);
  await write([1, 2, 9]);
  expect(await run()).toEqual(["clean", "fit", "points"]);
  expect(await readReport()).toBe("Before: 2, 2, 3. Trend: ▁█.");
  expect(await readFile(join(root, "reports/points.html"), "utf8")).toMatch(/<svg class="trend" role="img" aria-label="mean: 2 values, from 2 to 4, between 2 and 4"/);
  expect(await run()).toEqual([]);
  expect((await runStitchbook(["verify", "--only", "points"], { cwd: root })).code).toBe(0);
  // A run with other parameters is none to be held against.
  await run("--param", "fit.scale=10");
  expect(await readReport()).toBe("Before: 4, 4, 9. Trend: ▁▁█.");
  await run();
  expect(await readReport()).toBe("Before: 2, 2, 3. Trend: ▁█.");
  await write([1, 2, 3]);
  await run();
  expect(await readReport()).toBe("Before: 4, 4, 9. Trend: ▁█▁.");
  expect(await run()).toEqual([]);
  const copy = await copyProject(root);
  rmSync(join(copy, ".stitchbook"), { recursive: true });
  await runStitchbook(["run"], { cwd: copy });
  expect(await readReport(copy)).toBe("Before: none, none, none. Trend: .");
  rmSync(copy, { recursive: true });
}, timeout);

it("is an error with its place for a metric that is not there", async () => {
  await editFile(root, "templates/points.md", (text) => text.replace('trend "mean"', 'trend "maen"'));
  const { code, stderr } = await runStitchbook(["run"], { cwd: root });
  expect(code).toBe(1);
  expect(stderr).toContain("templates/points.md, line");
  expect(stderr).toContain("there is no metric `maen`");
  expect(stderr).toContain("did you mean");
}, timeout);
