import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../engine/run/lock/lock.js";
import { copyProject, executed, restored, runForEvents, runStitchbook } from "./rig.js";
import { makeWeatherProject, weatherTasks } from "./weather-project.js";

const timeout = 120_000;
const cleaning = ["clean@berlin", "clean@oslo", "clean@rome"];
const roots: string[] = [];
let template = "";

/** A project that is up to date, with an earlier state of four tasks in its store. */
beforeAll(async () => {
  template = await makeWeatherProject();
  roots.push(template);
  for (const factor of [100, 10]) {
    await setFactor(template, factor);
    expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
  }
}, timeout);

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

async function freshProject(): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  return root;
}

async function setFactor(root: string, factor: number): Promise<void> {
  const file = join(root, "stages/scale.ts");
  await writeFile(file, (await readFile(file, "utf8")).replace(/factor = \d+/, `factor = ${factor}`));
}

type Answer = { readonly dry_run: boolean; readonly removed: readonly { readonly path: string; readonly why: string; readonly task: string | null }[]; readonly removed_bytes: number; readonly kept_bytes: number; readonly needed_bytes: number };

async function gc(root: string, ...args: readonly string[]): Promise<Answer> {
  const { code, stdout, stderr } = await runStitchbook(["gc", "--json", ...args], { cwd: root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Answer;
}

async function removeArtifacts(root: string): Promise<void> {
  for (const folder of ["data", "out", "reports"]) await rm(join(root, folder), { recursive: true, force: true });
}

const tasksOf = ({ removed }: Answer) => removed.flatMap(({ task }) => task ?? []).sort();

describe("gc", () => {
  it("leaves what is small and young", async () => {
    const root = await freshProject();
    expect(await gc(root)).toMatchObject({ dry_run: false, removed: [], removed_bytes: 0 });
    await setFactor(root, 100);
    expect(restored((await runForEvents(root)).events)).toEqual([...cleaning, "gather"]);
  }, timeout);

  it.each([["--max-size", "0"], ["--max-age", "0s"]])("removes with %s %s what present records don't need, and nothing else", async (...bounds) => {
    const root = await freshProject();
    const answer = await gc(root, ...bounds);
    expect(tasksOf(answer)).toEqual([...cleaning, "gather"]);
    expect(answer.kept_bytes).toBe(answer.needed_bytes);
    expect(answer.removed.every(({ path }) => path.startsWith(".stitchbook/store/") && !existsSync(join(root, path)))).toBe(true);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
    await removeArtifacts(root);
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], weatherTasks]);
    await setFactor(root, 100);
    expect(executed((await runForEvents(root)).events)).toEqual([...cleaning, "gather"]);
  }, timeout);

  it("lets go what a dropped dataset had", async () => {
    const root = await freshProject();
    await writeFile(join(root, "stitchbook.yaml"), "name: small-weather\ndatasets: [berlin, oslo]\n");
    expect(tasksOf(await gc(root, "--max-size", "0B")).filter((task) => task === "clean@rome")).toHaveLength(2);
  }, timeout);

  it("only shows what would go with -n, in words too", async () => {
    const root = await freshProject();
    const before = await snapshot(root);
    const answer = await gc(root, "-n", "--max-size", "0");
    expect(answer).toMatchObject({ dry_run: true });
    expect(tasksOf(answer)).toEqual([...cleaning, "gather"]);
    const { stdout } = await runStitchbook(["gc", "-n", "-v", "--max-size", "0"], { cwd: root });
    expect(stdout).toMatch(/^size +\S+ k?B {2}\.stitchbook\/store\/results\/.*\(gather\)$/m);
    expect(stdout).toMatch(/^Would remove .*: 4 results beyond the size, \d+ files of no result\. The store would hold .*; present records need .* of it\.$/m);
    expect(await snapshot(root)).toEqual(before);
    const { removed } = await gc(root, "--max-size", "0");
    expect(removed).toEqual(answer.removed);
  }, timeout);

  it("removes compiled notebooks, plots and codes of stages that nobody used for long, but none of the present ones", async () => {
    const root = await freshProject();
    const old = new Date(Date.now() - 40 * 86_400_000);
    for (const folder of ["cache", "code"]) {
      for (const name of await readdir(join(root, ".stitchbook", folder))) await utimes(join(root, ".stitchbook", folder, name), old, old);
    }
    await writeFile(join(root, ".stitchbook/code/young.json"), "{}");
    expect((await gc(root)).removed).toEqual([]);
    const unused = [".stitchbook/cache/0123456789abcdef-0.json", ".stitchbook/cache/plots/0.json", ".stitchbook/code/former.json"];
    await mkdir(join(root, ".stitchbook/cache/plots"), { recursive: true });
    for (const path of unused) {
      await writeFile(join(root, path), "{}");
      await utimes(join(root, path), old, old);
    }
    expect((await gc(root)).removed).toMatchObject(unused.map((path, index) => ({ path, why: ["compiled", "plot", "code"][index] })));
    expect((await gc(root)).removed).toEqual([]);
  }, timeout);

  it("ends with 4 and removes nothing while a run holds the project", async () => {
    const root = await freshProject();
    const lock = await acquireLock({ stateFolder: join(root, ".stitchbook"), run: "a run" });
    if ("heldBy" in lock) throw new Error("held");
    try {
      const { code, stdout, stderr } = await runStitchbook(["gc", "--max-size", "0"], { cwd: root });
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toContain("Run a run holds this project");
    } finally {
      await lock.release();
    }
    expect(tasksOf(await gc(root, "--max-size", "0"))).toHaveLength(4);
  }, timeout);

  it("makes nothing in a project that never ran", async () => {
    const root = await makeWeatherProject();
    roots.push(root);
    expect(await runStitchbook(["gc"], { cwd: root })).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to remove.") });
    expect(existsSync(join(root, ".stitchbook"))).toBe(false);
  }, timeout);

  it.each([
    ["--max-size", "much"],
    ["--max-age", "long"],
    ["--max-age", "30"],
  ])("refuses %s %s", async (option, value) => {
    const { code, stderr } = await runStitchbook(["gc", option, value], { cwd: template });
    expect(code).toBe(2);
    expect(stderr).toContain(`${option}: expected`);
  }, timeout);
});

/** Every file with its time of change. */
async function snapshot(root: string): Promise<readonly string[]> {
  await mkdir(join(root, ".stitchbook"), { recursive: true });
  const paths = await readdir(join(root, ".stitchbook"), { recursive: true });
  return Promise.all(paths.sort().map(async (path) => `${path} ${(await stat(join(root, ".stitchbook", path), { bigint: true })).ctimeNs}`));
}
