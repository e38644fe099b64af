import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRandom } from "../plan/seeded-random.js";
import { makeProject } from "../project/make-project.js";
import { copyProject, readArtifacts, runStitchbook, startStitchbook } from "./rig.js";

const seed = 20_260_101;
const folders = ["data", "out", "reports/images"];

/** A stage of two outputs that ends with what it was told, so that a part of a file can be told from the whole. */
function stage(id: string, inputs: readonly string[]): readonly string[] {
  const outputs = [`data/${id}-1.csv`, `data/${id}-2.csv`];
  return [
    `---\nstage: ${id}\ninputs: [${inputs.join(", ")}]\noutputs: [${outputs.join(", ")}]\n---`,
    [
      'import { readFileSync, writeFileSync } from "node:fs";',
      `const given = ${JSON.stringify(inputs)}.map((path) => readFileSync(path, "utf8").length).join(" ");`,
      'const lines = Array.from({ length: 20_000 }, (_, index) => `${index},${given}`).join("\\n");',
      ...outputs.map((path) => `writeFileSync("${path}", "index,${path}\\n" + lines + "\\n-1,end\\n");`),
    ].join("\n"),
  ];
}

let template = "";
let undisturbed: Record<string, string> = {};
let summary = "";
/** The same project with a store that has every result. */
let kept = "";
const roots: string[] = [];

beforeAll(async () => {
  template = await makeProject({
    "stitchbook.yaml": "name: killed\n",
    "raw/start.txt": "start",
    "notebooks/a.ipynb": stage("a", ["raw/start.txt"]),
    "notebooks/b.ipynb": stage("b", ["data/a-1.csv", "data/a-2.csv"]),
    "notebooks/c.ipynb": stage("c", ["data/b-1.csv"]),
    "templates/summary.md": '---\nreport: summary\noutputs: { markdown: out/summary.md, images: reports/images }\n---\n{{ stages.c.outputs["data/c-1.csv"].rows }} rows.\n',
  });
  roots.push(template);
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
  undisturbed = await readArtifacts(template, folders);
  summary = undisturbed["out/summary.md"] ?? "";
  // Compiled code stays: what is to be killed are executions and publications.
  for (const path of ["data", "out", "logs", "reports", ".stitchbook/records"]) await rm(join(template, path), { recursive: true, force: true });
  kept = await copyOf(template);
  await rm(join(template, ".stitchbook/store"), { recursive: true });
}, 120_000);

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

async function copyOf(from: string): Promise<string> {
  const root = await copyProject(from);
  roots.push(root);
  return root;
}

it.each([
  ["executes", 50, () => template, "4 run"],
  ["restores", 26, () => kept, "4 restored"],
] as const)("a run that %s ends with the same bytes after SIGKILL at %i moments, and shows nobody a part of a file", async (_, rounds, from, says) => {
  const random = createRandom(seed);
  const durationMs = await measureRun(from(), says);
  const moments = Array.from({ length: rounds }, () => random.int(Math.ceil(durationMs)));
  const seen: Round[] = [];
  for (let round = 0; round < rounds; round += lanes) {
    seen.push(...(await Promise.all(moments.slice(round, round + lanes).map((moment) => killAndRunAgain(from(), moment)))));
  }
  expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
  // Most moments lie before the end; else this would show nothing.
  expect(seen.filter(({ wasRunning }) => wasRunning).length).toBeGreaterThan(rounds / 2);
}, 300_000);

const lanes = 2;

/** How many milliseconds a run takes that nobody disturbs. */
async function measureRun(from: string, says: string): Promise<number> {
  const root = await copyOf(from);
  const startedAt = performance.now();
  const { code, stdout, stderr } = await runStitchbook(["run"], { cwd: root });
  const durationMs = performance.now() - startedAt;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(says);
  expect(await readArtifacts(root, folders)).toEqual(undisturbed);
  return durationMs;
}

type Round = { readonly wasRunning: boolean; readonly faults: readonly string[] };

/** Kills a run after `moment` ms, runs again, and tells what is not as it should be. */
async function killAndRunAgain(from: string, moment: number): Promise<Round> {
  const root = await copyOf(from);
  const watch = watchArtifacts(root);
  const { child, ended } = await startStitchbook(["run"], { cwd: root });
  await Promise.race([delay(moment), ended]);
  const wasRunning = child.kill("SIGKILL");
  await ended;
  const again = await runStitchbook(["run"], { cwd: root });
  const partial = await watch.stop();
  const artifacts = await readArtifacts(root, folders);
  const left = (await readdir(root, { recursive: true })).filter((path) => /\.tmp$|^\.stitchbook\/(tasks|journal)\//.test(path));
  const damage = await findDamage(root);
  await rm(root, { recursive: true, force: true });
  const differing = [...new Set([...Object.keys(artifacts), ...Object.keys(undisturbed)])].filter((path) => artifacts[path] !== undisturbed[path]);
  const faults = [
    ...(again.code === 0 && again.stderr === "" ? [] : [`the next run ended with ${String(again.code)}: ${again.stderr}`]),
    ...partial.map((path) => `a part was seen: ${path}`),
    ...differing.map((path) => `other bytes: ${path}`),
    ...left.map((path) => `left behind: ${path}`),
    ...damage.map((path) => `other bytes than its name says: ${path}`),
  ];
  return { wasRunning, faults: faults.map((fault) => `killed after ${moment} ms: ${fault}`) };
}

/** Contents of the store whose bytes are not those that they are named by. */
async function findDamage(root: string): Promise<string[]> {
  const folder = join(root, ".stitchbook/store/contents");
  const damaged: string[] = [];
  for (const path of await readdir(folder, { recursive: true })) {
    const bytes = await readFile(join(folder, path)).catch(() => null);
    if (bytes !== null && createHash("sha256").update(bytes).digest("hex") !== path.replace("/", "")) damaged.push(path);
  }
  return damaged;
}

/** Reads the artifacts again and again; `stop` tells which of them were ever seen in another form than the whole. */
function watchArtifacts(root: string): { readonly stop: () => Promise<string[]> } {
  const partial = new Set<string>();
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      for (const [path, whole] of Object.entries(undisturbed)) {
        const seen = await readFile(join(root, path), "latin1").catch(() => null);
        if (seen !== null && seen !== whole) partial.add(`${path}: ${seen.length} of ${whole.length}`);
      }
      await delay(3);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await reading;
      return [...partial];
    },
  };
}

it("removes what a killed run left of an executed notebook", async () => {
  const root = await copyOf(template);
  const left = "reports/notebooks/.c.ipynb.stitchbook-735f523ef2416ea2.tmp";
  await mkdir(join(root, "reports/notebooks"), { recursive: true });
  await writeFile(join(root, left), '{"cells": [');
  expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(join(root, left))).toBe(false);
}, 120_000);

it("was measured on a run that made something", () => {
  expect(summary).toContain("rows.");
  expect(Object.keys(undisturbed)).toHaveLength(8);
  expect(existsSync(join(template, ".stitchbook/cache"))).toBe(true);
});
