import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readAllRecords } from "../../engine/checkpoint/records.js";
import { planRun } from "../../engine/plan/plan-run.js";
import { readProject } from "../../engine/project/read-project.js";
import { createPlanContext } from "../../engine/run/plan-project.js";
import { schedule } from "../../engine/run/schedule.js";
import { makeLargeProject, type Layout } from "./make-large-project.js";

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

/** Processor time, in milliseconds, of planning a project whose tasks are all up to date, and of walking over them. */
async function measure(layout: Layout): Promise<{ readonly ms: number; readonly tasks: number }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-growth-")));
  roots.push(root);
  await makeLargeProject(root, layout);
  const project = await readProject(root);
  const stateFolder = join(root, ".stitchbook");
  const run = async () => {
    const start = process.cpuUsage();
    const records = readAllRecords(stateFolder, project.tasks.map(({ id }) => id));
    const decisions = await planRun(createPlanContext(project, { stateFolder, records, env: {}, overrides: [], force: new Set(), now: Date.now(), isReadOnly: false }));
    await schedule(project.tasks, { jobs: 2, keepGoing: false, signal: new AbortController().signal, run: async () => true });
    const { user } = process.cpuUsage(start);
    expect([...decisions.values()].filter(({ action }) => action !== "fresh")).toEqual([]);
    return user / 1000;
  };
  // The first keeps the code of stages.
  await run();
  return { ms: Math.min(await run(), await run(), await run()), tasks: project.tasks.length };
}

describe("planning", () => {
  it.each([
    ["many datasets", { stages: 4, datasets: 100 }, { stages: 4, datasets: 1000 }],
    ["many stages", { stages: 10, datasets: 20 }, { stages: 100, datasets: 20 }],
  ])("takes ten times as long for ten times as many tasks, not a hundred times: %s", async (_, small, large) => {
    const [few, many] = [await measure(small), await measure(large)];
    expect(many.tasks).toBe(few.tasks * 10);
    expect(many.ms / few.ms).toBeLessThan(30);
  }, 300_000);
});
