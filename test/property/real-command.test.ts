import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createRandom, type Random } from "../plan/seeded-random.js";
import { parseEvents, runStitchbook, type LoggedEvent } from "../scripts/rig.js";
import { KINDS, type Damage } from "./damages.js";
import { listPictures, startDriver, type Driver } from "./driver.js";
import { EDITS } from "./edits.js";
import { findKeys } from "./expected-tasks.js";
import { makeWorld } from "./make-world.js";
import { Memory } from "./memory.js";
import { findDifference, findTruth, readFound } from "./oracle.js";
import type { World } from "./world.js";

const EDITS_IN_ALL = Number(process.env["PROPERTY_EDITS"] ?? 25);
const SEED = Number(process.env["PROPERTY_SEED"] ?? 11);

/** What a command can't be told of, or would take hours. */
const DAMAGES = KINDS.filter(({ name }) => !/clock|hours|force/.test(name));

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The same as with plain workers, through compiler, worker and command as they are. */
describe("the real command", () => {
  it("gives what a clean run gives after every edit, and executes no more than it must", async () => {
    const random = createRandom(SEED);
    const world = makeWorld(random, "small");
    const driver = await startDriver(world, { isHeld: false });
    made.push(driver.outer);
    const memory = new Memory();
    await runOnce({ world, driver, memory }, "first run");
    for (let count = 1; count <= EDITS_IN_ALL; count += 1) {
      const { name, damage } = change({ world, driver, random, memory });
      memory.forget(damage.forgotten ?? []);
      if (damage.store !== undefined) memory.doubtStore(damage.store);
      await runOnce({ world, driver, memory }, `edit ${count}: ${name}`);
      world.overrides = [];
    }
    await compareWithCleanRun(world, driver);
  }, 900_000);
});

function change({ world, driver, random, memory }: { world: World; driver: Driver; random: Random; memory: Memory }): { name: string; damage: Damage } {
  if (random.chance(0.2)) {
    const kind = random.pick(DAMAGES);
    const damage = kind.apply({ world, root: driver.root, random, artifacts: memory.artifacts(driver.root), tasks: memory.present }) ?? {};
    return { name: kind.name, damage };
  }
  for (;;) {
    const edit = random.pick(EDITS);
    if (edit.apply(world, random) === false) continue;
    driver.write({ keepTimes: random.chance(0.2), byRename: random.chance(0.3) });
    return { name: edit.name, damage: {} };
  }
}

type Subject = { readonly world: World; readonly driver: Driver; readonly memory: Memory };

async function runOnce({ world, driver, memory }: Subject, name: string): Promise<void> {
  const { root } = driver;
  const truth = await findTruth(world, root);
  const keys = findKeys(world, truth);
  const expected = memory.expect({ world, root, keys, now: Date.now(), forced: [] });
  const overrides = world.overrides.flatMap((text) => ["--param", text]);
  const { code, stdout, stderr } = await runStitchbook(["run", "--json", "--keep-going", ...overrides], { cwd: root, env: Object.fromEntries(world.env) });
  const events = parseEvents(stdout);
  const failures = events.flatMap((event) => (event.event === "task.failed" ? [JSON.stringify(event)] : []));
  const told = `${name}\n${failures.join("\n")}\n${stderr}`;
  expect(code, told).toBe(truth.failing.size === 0 ? 0 : 1);
  const failed = events.flatMap((event) => (event.event === "task.failed" && event.task !== undefined ? [event.task] : []));
  const restored = doneBy(events, "restore");
  const ran = [...doneBy(events, "run"), ...failed];
  const found = Object.fromEntries([...ran.map((task) => [task, "execute"]), ...restored.map((task) => [task, "restore"])]);
  expect(sortKeys(found), told).toEqual(sortKeys(Object.fromEntries([...expected].map(([task, { how }]) => [task, how === "either" ? (found[task] ?? how) : how === "verify" ? "execute" : how]))));
  const files = readFound(root, truth.files.keys());
  for (const [path, text] of truth.files) expect(findDifference(withoutScript(files.get(path) ?? ""), withoutScript(text)), `${path}: ${told}`).toBeNull();
  const verified = [...expected].flatMap(([task, { how }]) => (how === "verify" ? [task] : []));
  const asRan = { status: "ok", executed: new Map(ran.filter((task) => !verified.includes(task)).map((task) => [task, []])), verified, restored: new Map(restored.map((task) => [task, []])), failures: [] };
  memory.remember({ world, root, keys, truth: { ...truth, files }, ran: asRan, now: Date.now() });
}

function doneBy(events: readonly LoggedEvent[], action: string): string[] {
  return events.flatMap((event) => (event.event === "task.done" && event["action"] === action && event.task !== undefined ? [event.task] : []));
}

function sortKeys<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The bundled script differs in white space from one that is made of the sources. */
function withoutScript(text: string): string {
  return text.replace(/<script>[^]*?<\/script>/g, "<script></script>").replace(/script-src '[^']*'/g, "script-src");
}

/** A run of the same sources in another folder, which knows nothing of this one. */
async function compareWithCleanRun(world: World, driver: Driver): Promise<void> {
  const { outer, root } = driver;
  for (const stage of world.stages) stage.isBroken = false;
  driver.write({ keepTimes: false, byRename: false });
  const clean = mkdtempSync(join(tmpdir(), "stitchbook-clean-"));
  made.push(clean);
  const project = join(clean, "project");
  const isSource = (path: string): boolean => !/^\/(\.stitchbook|logs|reports|model|data\/made|node_modules\/linked)(\/|$)/.test(path.slice(root.length));
  cpSync(root, project, { recursive: true, filter: isSource });
  cpSync(join(outer, "linked"), join(clean, "linked"), { recursive: true });
  symlinkSync(join(clean, "linked"), join(project, "node_modules/linked"));
  const env = Object.fromEntries(world.env);
  const [here, there] = [await runStitchbook(["run"], { cwd: root, env }), await runStitchbook(["run"], { cwd: project, env })];
  expect([here.code, there.code], there.stdout + there.stderr).toEqual([0, 0]);
  const truth = await findTruth(world, root);
  const pictures = listPictures(root).filter((path) => !path.endsWith("/strange.svg"));
  const paths = [...new Set([...truth.files.keys(), ...pictures])];
  const [found, expected] = [readFound(root, paths), readFound(project, paths)];
  for (const path of paths) expect(findDifference(found.get(path), expected.get(path)), path).toBeNull();
  expect(existsSync(join(project, "reports/summary.md"))).toBe(true);
}
