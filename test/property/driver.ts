import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReasonKind, RunEvent } from "../../engine/observe/events.js";
import { planRun } from "../../engine/plan/plan-run.js";
import type { Decision } from "../../engine/plan/types.js";
import { openProject } from "../../engine/project/project-cache.js";
import type { Project } from "../../engine/project/types.js";
import { readAllRecords } from "../../engine/checkpoint/records.js";
import { executeRun } from "../../engine/run/execute-run.js";
import { acquireLock, type Lock } from "../../engine/run/lock/lock.js";
import { createPlanContext } from "../../engine/run/plan-project.js";
import { executions } from "./plain-worker.js";
import { writeFiles, writeWorld } from "./write-world.js";
import type { World } from "./world.js";

/** What one run did. */
export type Ran = {
  readonly status: string;
  /** Task -> kinds of its reasons, of every task that executed or rendered. */
  readonly executed: ReadonlyMap<string, readonly ReasonKind[]>;
  /** Tasks whose artifacts were only verified again. */
  readonly verified: readonly string[];
  /** The same of every task that got an earlier result. */
  readonly restored: ReadonlyMap<string, readonly ReasonKind[]>;
  readonly failures: readonly string[];
};

export type RunOptions = { readonly now: number; readonly force: readonly string[] };

/** A project on disk that is brought up to date again and again. */
export type Driver = {
  /** Absolute path of the folder that holds the project and a package it links to. */
  readonly outer: string;
  readonly root: string;
  /** Writes the present state of the world. */
  write(how: { readonly keepTimes: boolean; readonly byRename: boolean }): void;
  /** The project, as a command opens it. */
  open(now: number): Promise<Project>;
  run(project: Project, options: RunOptions): Promise<Ran>;
  plan(project: Project, options: RunOptions): Promise<ReadonlyMap<string, Decision>>;
  close(): Promise<void>;
};

/** A file system in memory spares thousands of waits for the disk. */
const MEMORY = "/dev/shm";

/** Puts a world into a folder of its own. @param options.isHeld Whether to hold its lock throughout; else only commands may run it. */
export async function startDriver(world: World, { isHeld = true } = {}): Promise<Driver> {
  const outer = realpathSync(mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "stitchbook-property-")));
  const root = join(outer, "project");
  mkdirSync(root);
  const stateFolder = join(root, ".stitchbook");
  let written = writeWorld(world, root);
  const lock = isHeld ? await takeLock(stateFolder) : null;
  let count = 0;
  return {
    outer,
    root,
    write({ keepTimes, byRename }) {
      const before = written;
      const changed = [...writeFiles(world)].flatMap(([path, text]) => (before.has(path) && before.get(path) !== text ? [{ path: join(root, path), text, stat: statSync(join(root, path)) }] : []));
      if (byRename) for (const { path, text } of changed) replaceFile(path, text);
      written = writeWorld(world, root, byRename ? new Map([...before].filter(([path]) => !changed.some((each) => each.path === join(root, path)))) : before);
      if (keepTimes) for (const { path, stat } of changed) utimesSync(path, stat.atime, stat.mtime);
      for (const path of before.keys()) if (!written.has(path)) rmSync(join(root, path), { force: true });
    },
    open: (now) => openProject(root, { stateFolder, isReadOnly: false, now }),
    async run(project, { now, force }) {
      if (lock === null) throw new Error("the lock is not held");
      executions.length = 0;
      count += 1;
      const events: RunEvent[] = [];
      const status = await executeRun({
        project, stateFolder, lock,
        runId: `2024-01-01T000000Z-${count}`,
        workerFile: "none",
        artistFile: null,
        overrides: world.overrides,
        force: new Set(force),
        jobs: 2,
        keepGoing: true,
        emit: (event) => void events.push(event),
        env: Object.fromEntries(world.env),
        signal: new AbortController().signal,
        now: () => now,
        random: () => 0.5,
      });
      return readEvents(status, events);
    },
    async plan(project, { now, force }) {
      const records = readAllRecords(stateFolder, project.tasks.map(({ id }) => id));
      return planRun(createPlanContext(project, { stateFolder, records, env: Object.fromEntries(world.env), overrides: world.overrides, force: new Set(force), now, isReadOnly: true }));
    },
    async close() {
      await lock?.release();
      rmSync(outer, { recursive: true, force: true });
    },
  };
}

async function takeLock(stateFolder: string): Promise<Lock> {
  const lock = await acquireLock({ stateFolder, run: "property" });
  if ("heldBy" in lock) throw new Error("the lock is held");
  // The plain worker lives in this very process.
  return { ...lock, recordWorker: async () => undefined, forgetWorker: async () => undefined };
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function readEvents(status: string, events: readonly RunEvent[]): Ran {
  const executed = new Map<string, ReasonKind[]>();
  const restored = new Map<string, ReasonKind[]>();
  const verified: string[] = [];
  for (const event of events) {
    if (event.event !== "task.start") continue;
    const kinds = [...new Set(event.reasons.map(({ kind }) => kind))].sort();
    const isRun = executions.includes(event.task) || (event.task === "summary" && kinds.join() !== "contract");
    if (event.action === "restore") restored.set(event.task, kinds);
    else if (isRun) executed.set(event.task, kinds);
    else verified.push(event.task);
  }
  if (executions.some((task) => !executed.has(task))) throw new Error("a task executed without an event");
  const failures = events.flatMap((event) => (event.event === "task.failed" ? [`${event.task}: ${event.message}`] : []));
  return { status, executed, verified, restored, failures };
}

/** The files in the folder of pictures. */
export function listPictures(root: string): string[] {
  try {
    return readdirSync(join(root, "reports/images")).map((name) => `reports/images/${name}`).sort();
  } catch {
    return [];
  }
}
