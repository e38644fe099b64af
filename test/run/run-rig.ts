import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent, RunStatus } from "../../engine/observe/events.js";
import { executeRun, type RunOptions } from "../../engine/run/execute-run.js";
import { acquireLock } from "../../engine/run/lock/lock.js";
import { createPlanContext } from "../../engine/run/plan-project.js";
import { readAllRecords } from "../../engine/checkpoint/records.js";
import { planRun } from "../../engine/plan/plan-run.js";
import { openProject } from "../../engine/project/project-cache.js";
import { makeProject, notebook, type NotebookCells } from "../project/make-project.js";
import { buildWorker, type BuiltWorker } from "../notebook/worker/build-worker.js";

export type RunInProcess = Partial<Pick<RunOptions, "compile" | "env" | "maxOldSpaceMb" | "signal" | "jobs" | "now" | "force">> & { readonly onEvent?: (event: RunEvent) => void };

export type RunOutcome = {
  readonly status: RunStatus;
  readonly events: readonly RunEvent[];
  /** Tasks that executed, in code-unit order. */
  readonly executed: readonly string[];
};

/** A project that is run by the engine within this process, so that a test can reach between its steps. */
export type RunRig = {
  readonly root: string;
  readonly stateFolder: string;
  run(options?: RunInProcess): Promise<RunOutcome>;
  /** Task -> its reasons (`kind subject`) to run; empty where it is fresh. */
  plan(options?: { readonly env?: NodeJS.ProcessEnv; readonly now?: number }): Promise<Record<string, readonly string[]>>;
  write(path: string, content: string | NotebookCells): void;
  remove(): Promise<void>;
};

let built: Promise<BuiltWorker> | null = null;

export async function createRunRig(files: Readonly<Record<string, string | NotebookCells>>): Promise<RunRig> {
  built ??= buildWorker();
  const { workerFile } = await built;
  const root = await makeProject({ "stitchbook.yaml": "name: rig\n", ...files });
  const stateFolder = join(root, ".stitchbook");
  let runs = 0;
  return {
    root,
    stateFolder,
    write: (path, content) => writeFileSync(join(root, path), typeof content === "string" ? content : notebook(content)),
    remove: () => rm(root, { recursive: true, force: true }),
    run: async ({ onEvent = () => undefined, ...options } = {}) => {
      const now = options.now ?? Date.now;
      const project = await openProject(root, { stateFolder, isReadOnly: false, now: now() });
      runs += 1;
      const lock = await acquireLock({ stateFolder, run: `run-${runs}` });
      if ("heldBy" in lock) throw new Error("held");
      const events: RunEvent[] = [];
      try {
        const status = await executeRun({
          project, stateFolder, workerFile, artistFile: null, lock,
          runId: `run-${runs}`, overrides: [], force: new Set(), jobs: 1, keepGoing: true, env: process.env,
          emit: (event) => {
            events.push(event);
            onEvent(event);
          },
          signal: new AbortController().signal,
          random: () => 0,
          ...options,
          now,
        });
        const executed = events.flatMap((event) => (event.event === "task.done" && event.action === "run" ? [event.task] : [])).sort();
        return { status, events, executed };
      } finally {
        await lock.release();
      }
    },
    plan: async ({ env = process.env, now = Date.now() } = {}) => {
      const project = await openProject(root, { stateFolder, isReadOnly: true, now });
      const records = readAllRecords(stateFolder, project.tasks.map((task) => task.id));
      const decisions = await planRun(createPlanContext(project, { stateFolder, records, env, overrides: [], force: new Set(), now, isReadOnly: true }));
      return Object.fromEntries([...decisions].map(([task, { reasons }]) => [task, reasons.map(({ kind, subject }) => `${kind} ${subject}`)]));
    },
  };
}

/** To be called once all tests of a file are over. */
export async function removeBuiltWorker(): Promise<void> {
  await (await built)?.remove();
  built = null;
}
