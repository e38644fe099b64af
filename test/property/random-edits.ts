import { expect } from "vitest";
import type { ReasonKind } from "../../engine/observe/events.js";
import { createRandom, type Random } from "../plan/seeded-random.js";
import { DAMAGES, type Damage } from "./damages.js";
import { listPictures, startDriver, type Driver, type Ran } from "./driver.js";
import { EDITS } from "./edits.js";
import { findKeys } from "./expected-tasks.js";
import { makeWorld } from "./make-world.js";
import { Memory, type Expectation } from "./memory.js";
import { findDifference, findTruth, readFound, type Truth } from "./oracle.js";
import type { World } from "./world.js";

/** What was met while projects were edited. */
export type Seen = { edits: number; executed: number; restored: number; fresh: number; readonly kinds: Set<ReasonKind>; readonly names: Set<string> };

export function startCounting(): Seen {
  return { edits: 0, executed: 0, restored: 0, fresh: 0, kinds: new Set(), names: new Set() };
}

/**
 * Edits a generated project again and again. After each edit a run must give, byte for byte, what a clean run would, and
 * must execute those tasks and no others which the contract demands, each for its reasons.
 */
export async function editAgainAndAgain(seed: number, { size, edits, seen }: { readonly size: "small" | "large"; readonly edits: number; readonly seen: Seen }): Promise<void> {
  const random = createRandom(seed);
  const world = makeWorld(random, size);
  const driver = await startDriver(world);
  try {
    const memory = new Memory();
    let clockMs = 0;
    await step({ world, driver, memory, now: Date.now(), damage: {} }, "first run");
    for (let count = 1; count <= edits; count += 1) {
      const { names, damage } = change({ world, driver, random, memory });
      clockMs += damage.clockMs ?? 0;
      // At times the records are made long after the files, so that states are trusted; at times not.
      const now = Date.now() + clockMs + (random.chance(0.5) ? 10_000 : 0);
      const ran = await step({ world, driver, memory, now, damage }, `project ${seed}, edit ${count}: ${names.join(" + ")}`);
      addTo(seen, { ran, names, tasks: memory.present.length });
      world.overrides = [];
    }
  } finally {
    await driver.close();
  }
}

function addTo(seen: Seen, { ran, names, tasks }: { readonly ran: Ran; readonly names: readonly string[]; readonly tasks: number }): void {
  seen.edits += names.length;
  seen.executed += ran.executed.size;
  seen.restored += ran.restored.size;
  seen.fresh += tasks - ran.executed.size - ran.restored.size;
  for (const kinds of ran.executed.values()) kinds.forEach((kind) => seen.kinds.add(kind));
  names.forEach((name) => seen.names.add(name));
}

/** One edit, at times two, or a damage. */
function change({ world, driver, random, memory }: { world: World; driver: Driver; random: Random; memory: Memory }): { names: string[]; damage: Damage } {
  const names: string[] = [];
  if (random.chance(0.25)) {
    const kind = random.pick(DAMAGES);
    const damage = kind.apply({ world, root: driver.root, random, artifacts: memory.artifacts(driver.root), tasks: memory.present }) ?? {};
    return { names: [kind.name], damage };
  }
  const wanted = random.chance(0.15) ? 2 : 1;
  while (names.length < wanted) {
    const edit = random.pick(EDITS);
    if (edit.apply(world, random) !== false) names.push(edit.name);
  }
  driver.write({ keepTimes: random.chance(0.2), byRename: random.chance(0.3) });
  return { names, damage: {} };
}

type Step = { readonly world: World; readonly driver: Driver; readonly memory: Memory; readonly now: number; readonly damage: Damage };

async function step({ world, driver, memory, now, damage }: Step, name: string): Promise<Ran> {
  memory.forget(damage.forgotten ?? []);
  if (damage.store !== undefined) memory.doubtStore(damage.store);
  const truth = await findTruth(world, driver.root);
  const keys = findKeys(world, truth);
  const expected = memory.expect({ world, root: driver.root, keys, now, forced: damage.forced ?? [] });
  const project = await driver.open(now);
  const options = { now, force: damage.forced ?? [] };
  const planned = await driver.plan(project, options);
  const ran = await driver.run(project, options);
  const missed = [...expected.keys()].filter((task) => !ran.executed.has(task) && !ran.restored.has(task));
  const told = `${name}\n${memory.compare(keys, missed)}\n${JSON.stringify([...planned.values()].filter(({ action }) => action !== "fresh"), null, 1)}\n${ran.failures.join("\n")}`;
  expect(sortEntries(describeRan(ran, expected)), told).toEqual(sortEntries(expected));
  expect(ran.status, told).toBe(truth.failing.size === 0 ? "ok" : "failed");
  comparePlan(planned, ran, told);
  compareFiles({ root: driver.root, truth, told });
  memory.remember({ world, root: driver.root, keys, truth, ran, now });
  const again = await driver.plan(project, { now, force: [] });
  expect([...again.values()].filter(({ action, task }) => action !== "fresh" && !truth.failing.has(task)), told).toEqual([]);
  return ran;
}

/** What happened to each task that was not fresh, in the terms of what was expected. */
function describeRan(ran: Ran, expected: ReadonlyMap<string, Expectation>): Map<string, Expectation> {
  const found = new Map<string, Expectation>(ran.verified.map((task) => [task, { how: "verify", kinds: ["contract"] }]));
  const either = (task: string, how: "execute" | "restore") => (expected.get(task)?.how === "either" ? "either" : how);
  for (const [task, kinds] of ran.executed) found.set(task, { how: either(task, "execute"), kinds });
  for (const [task, kinds] of ran.restored) found.set(task, { how: either(task, "restore"), kinds });
  return found;
}

function sortEntries<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Nothing executes that was not planned, and what was planned for a reason of its own executes. */
function comparePlan(planned: Awaited<ReturnType<Driver["plan"]>>, ran: Ran, told: string): void {
  for (const task of [...ran.executed.keys(), ...ran.restored.keys(), ...ran.verified]) expect(planned.get(task)?.action, `${task} was not planned: ${told}`).not.toBe("fresh");
  const own = [...planned.values()].filter(({ action, reasons }) => action !== "fresh" && reasons.every(({ kind }) => kind !== "upstream")).map(({ task }) => task);
  const started = new Set([...ran.executed.keys(), ...ran.verified, ...ran.restored.keys()]);
  if (ran.failures.length === 0) expect(own.filter((task) => !started.has(task)), told).toEqual([]);
}

function compareFiles({ root, truth, told }: { root: string; truth: Truth; told: string }): void {
  const found = readFound(root, truth.files.keys());
  for (const [path, text] of truth.files) expect(findDifference(found.get(path), text), `${path}: ${told}`).toBeNull();
  if (truth.failing.has("summary")) return;
  const drawn = [...truth.files.keys()].filter((path) => path.startsWith("reports/images/")).sort();
  const strange = listPictures(root).filter((path) => !drawn.includes(path) && !path.endsWith("/strange.svg"));
  expect(strange, told).toEqual([]);
}
