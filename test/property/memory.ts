import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReasonKind } from "../../engine/observe/events.js";
import type { TaskKey } from "./expected-tasks.js";
import type { Truth } from "./oracle.js";
import { datasetsOf, fill, outputsOf, taskOf, type World } from "./world.js";
import type { Ran } from "./driver.js";

type Remembered = {
  readonly key: TaskKey;
  /** Path -> bytes as Latin-1. */
  readonly artifacts: ReadonlyMap<string, string>;
  readonly contract: string;
  readonly startedAt: number;
};

export type Expected = {
  /** Task -> kinds of its reasons. */
  readonly execute: ReadonlyMap<string, readonly ReasonKind[]>;
  readonly verify: readonly string[];
};

const MAX_AGE_MS = 3_600_000;

/** What was recorded of every task by the contract, kept apart from the engine's own records. */
export class Memory {
  readonly #records = new Map<string, Remembered>();
  /** Ids of the tasks of the last run. */
  present: readonly string[] = [];

  get tasks(): number {
    return this.present.length;
  }

  /** Artifacts of present tasks that are on disk. */
  artifacts(root: string): string[] {
    return this.present.flatMap((task) => [...(this.#records.get(task)?.artifacts.keys() ?? [])]).filter((path) => existsSync(join(root, path)));
  }

  forget(tasks: readonly string[] | "all"): void {
    for (const task of tasks === "all" ? [...this.#records.keys()] : tasks) this.#records.delete(task);
  }

  /** The tasks that must execute, each with all its reasons, and those that must only be verified again. */
  expect({ world, root, keys, now, forced }: { readonly world: World; readonly root: string; readonly keys: ReadonlyMap<string, TaskKey>; readonly now: number; readonly forced: readonly string[] }): Expected {
    const execute = new Map<string, ReasonKind[]>();
    const verify: string[] = [];
    const contracts = contractsOf(world);
    const made = (path: string): string | null => (existsSync(join(root, path)) ? readFileSync(join(root, path), "latin1") : null);
    for (const [task, key] of keys) {
      const record = this.#records.get(task);
      const kinds = new Set<ReasonKind>(record === undefined ? ["never-run"] : compareKeys(record.key, key));
      if (record !== undefined) {
        if ([...record.artifacts].some(([path, bytes]) => made(path) !== bytes)) kinds.add("artifact");
        if (record.contract !== contracts.get(task)) kinds.add("contract");
        if (agesOf(world).has(task) && now - record.startedAt > MAX_AGE_MS) kinds.add("expired");
      }
      if (forced.includes(task)) kinds.add("forced");
      if (kinds.size === 0) continue;
      if ([...kinds].join() === "contract") verify.push(task);
      else execute.set(task, [...kinds].sort());
    }
    return { execute, verify };
  }

  /** Where keys differ from the recorded ones, for messages. */
  compare(keys: ReadonlyMap<string, TaskKey>, tasks: readonly string[]): string {
    return tasks.flatMap((task) => {
      const [was, is] = [JSON.stringify(this.#records.get(task)?.key ?? null), JSON.stringify(keys.get(task) ?? null)];
      const at = [...is].findIndex((letter, index) => letter !== was[index]);
      return at === -1 ? [] : [`${task}: ${was.slice(Math.max(0, at - 80), at + 80)}\n  is now ${is.slice(Math.max(0, at - 80), at + 80)}`];
    }).join("\n");
  }

  remember({ world, keys, truth, ran, now }: { readonly world: World; readonly root: string; readonly keys: ReadonlyMap<string, TaskKey>; readonly truth: Truth; readonly ran: Ran; readonly now: number }): void {
    const contracts = contractsOf(world);
    const tasks = world.stages.flatMap((stage) => datasetsOf(world, stage).map((dataset) => ({ task: taskOf(stage, dataset), paths: outputsOf(stage).map((path) => fill(path, dataset)) })));
    const report = [...truth.files.keys()].filter((path) => path.startsWith("reports/"));
    for (const { task, paths } of [...tasks, { task: "summary", paths: report }]) {
      const key = keys.get(task);
      const before = this.#records.get(task);
      const contract = contracts.get(task) ?? "";
      if (key === undefined || truth.failing.has(task)) continue;
      if (ran.executed.has(task)) this.#records.set(task, { key, contract, startedAt: now, artifacts: new Map(paths.map((path) => [path, truth.files.get(path) ?? ""])) });
      else if (before !== undefined && ran.verified.includes(task)) this.#records.set(task, { ...before, contract });
    }
    this.present = [...tasks.map(({ task }) => task), "summary"];
  }
}

function compareKeys(before: TaskKey, after: TaskKey): ReasonKind[] {
  const kinds: readonly ReasonKind[] = ["code", "packages", "params", "env", "input", "artifact"];
  return kinds.filter((kind) => before[kind] !== after[kind]);
}

function agesOf(world: World): ReadonlySet<string> {
  return new Set(world.stages.filter(({ ages }) => ages).map(({ id }) => id));
}

function contractsOf(world: World): ReadonlyMap<string, string> {
  const stages = world.stages.flatMap((stage) => datasetsOf(world, stage).map((dataset) => [taskOf(stage, dataset), JSON.stringify([stage.contract, outputsOf(stage)])] as const));
  return new Map([...stages, ["summary", ""]]);
}
