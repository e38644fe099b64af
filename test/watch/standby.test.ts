import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runStitchbook, waitUntil } from "../scripts/rig.js";
import { startWatching, stopWatching, tinyProject, type Watching } from "./watch-rig.js";

let watching: Watching;

beforeAll(async () => {
  watching = await startWatching({
    ...tinyProject,
    "notebooks/sum.ipynb": [
      "---\nstage: sum\ninputs: [data/numbers.csv]\noutputs: [model/sum.json]\n---",
      'import { writeFileSync } from "node:fs";\nwriteFileSync("model/sum.json", JSON.stringify({ total: process.pid }));',
    ],
  });
});

afterAll(async () => {
  await stopWatching(watching);
});

/** Workers of the project that live now. */
const workers = (): number[] =>
  execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n").filter((line) => line.includes("worker.cjs") && line.includes(`${watching.root}/.stitchbook/tasks/`)).map((line) => Number.parseInt(line, 10));

const executedBy = (): number => JSON.parse(readFileSync(join(watching.root, "model/sum.json"), "utf8")).total;

const rounds = () => watching.events.filter(({ event }) => event === "run.done").length;

/** The worker that waits, once there is one and nothing runs. */
async function waitForIdle(): Promise<number> {
  await waitUntil(() => workers().length === 1, { what: "a worker that waits" });
  return workers()[0] ?? 0;
}

async function save(text: string): Promise<void> {
  const before = rounds();
  writeFileSync(join(watching.root, "data/numbers.csv"), text);
  await watching.until("a round", () => rounds() > before);
}

test("a worker that was prepared between rounds serves the next one, once", async () => {
  await watching.until("the first round", () => rounds() > 0);
  const first = await waitForIdle();
  await save("value\n1\n");
  expect(executedBy()).toBe(first);
  const second = await waitForIdle();
  expect(second).not.toBe(first);
});

test("one whose folder another run has removed is not used", async () => {
  const idle = await waitForIdle();
  expect((await runStitchbook(["run", "--force", "--only", "sum"], { cwd: watching.root })).code).toBe(0);
  await save("value\n2\n");
  expect(watching.events.at(-1)).toMatchObject({ status: "ok" });
  expect(executedBy()).not.toBe(idle);
});

test("one that was prepared for other code is not used", async () => {
  const idle = await waitForIdle();
  const notebook = join(watching.root, "notebooks/sum.ipynb");
  const before = rounds();
  writeFileSync(notebook, readFileSync(notebook, "utf8").replace("total: process.pid", "total: process.pid, more: 1"));
  await watching.until("a round", () => rounds() > before);
  expect(JSON.parse(readFileSync(join(watching.root, "model/sum.json"), "utf8"))).toEqual({ total: expect.any(Number), more: 1 });
  expect(executedBy()).not.toBe(idle);
});
