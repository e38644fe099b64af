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

/** What must happen to a task that is not fresh; `either` where what the store holds may be damaged. */
export type Expectation = { readonly how: "execute" | "restore" | "either" | "verify"; readonly kinds: readonly ReasonKind[] };

const MAX_AGE_MS = 3_600_000;

/** What was recorded of every task by the contract, kept apart from the engine's own records. */
export class Memory {
  readonly #records = new Map<string, Remembered>();
  /** Key -> when its result was computed. */
  readonly #stored = new Map<string, number>();
  #isStoreSound = true;
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

  /** The store was damaged somewhere, or is gone. Contents are shared, so that new results may need damaged ones, too. */
  doubtStore(how: "damaged" | "gone"): void {
    if (how === "gone") this.#stored.clear();
    this.#isStoreSound = how === "gone";
  }

  /** The tasks that are not fresh, each with all its reasons and with what must happen to it. */
  expect({ world, root, keys, now, forced }: { readonly world: World; readonly root: string; readonly keys: ReadonlyMap<string, TaskKey>; readonly now: number; readonly forced: readonly string[] }): Map<string, Expectation> {
    const expected = new Map<string, Expectation>();
    const contracts = contractsOf(world);
    const made = (path: string): string | null => (existsSync(join(root, path)) ? readFileSync(join(root, path), "latin1") : null);
    for (const [task, key] of keys) {
      const record = this.#records.get(task);
      const kinds = new Set<ReasonKind>(record === undefined ? ["never-run"] : compareKeys(record.key, key));
      const isOld = (startedAt: number): boolean => agesOf(world).has(task) && now - startedAt > MAX_AGE_MS;
      if (record !== undefined) {
        if ([...record.artifacts].some(([path, bytes]) => made(path) !== bytes)) kinds.add("artifact");
        if (record.contract !== contracts.get(task)) kinds.add("contract");
        if (isOld(record.startedAt)) kinds.add("expired");
      }
      if (forced.includes(task)) kinds.add("forced");
      if (kinds.size === 0) continue;
      const stored = kinds.has("forced") || kinds.has("expired") ? undefined : this.#stored.get(JSON.stringify(key.parts));
      const how = [...kinds].join() === "contract" ? "verify" : stored === undefined || isOld(stored) ? "execute" : this.#isStoreSound ? "restore" : "either";
      expected.set(task, { how, kinds: [...kinds].sort() });
    }
    return expected;
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
      const stored = this.#stored.get(JSON.stringify(key.parts));
      if (ran.executed.has(task)) this.#stored.set(JSON.stringify(key.parts), now);
      const startedAt = ran.executed.has(task) ? now : (stored ?? 0);
      if (ran.executed.has(task) || ran.restored.has(task)) this.#records.set(task, { key, contract, startedAt, artifacts: new Map(paths.map((path) => [path, truth.files.get(path) ?? ""])) });
      else if (before !== undefined && ran.verified.includes(task)) this.#records.set(task, { ...before, contract });
    }
    this.present = [...tasks.map(({ task }) => task), "summary"];
  }
}

function compareKeys(before: TaskKey, after: TaskKey): ReasonKind[] {
  const kinds: readonly ReasonKind[] = ["code", "packages", "params", "env", "input", "artifact"];
  return kinds.filter((kind) => before.parts[kind] !== after.parts[kind] || (kind === "code" && after.label !== null && before.label !== after.label));
}

function agesOf(world: World): ReadonlySet<string> {
  return new Set(world.stages.filter(({ ages }) => ages).map(({ id }) => id));
}

function contractsOf(world: World): ReadonlyMap<string, string> {
  const stages = world.stages.flatMap((stage) => datasetsOf(world, stage).map((dataset) => [taskOf(stage, dataset), JSON.stringify([stage.contract, outputsOf(stage)])] as const));
  return new Map([...stages, ["summary", ""]]);
}
