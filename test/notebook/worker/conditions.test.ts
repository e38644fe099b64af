import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRig, textOf, type WorkerRig } from "./worker-rig.js";

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile)));
afterEach(() => rig.remove());

const offset = 400 * 86_400_000;
const conditions = { clockOffsetMs: offset, reversesFolders: true };

async function valueOf(expression: string, options: Parameters<WorkerRig["run"]>[1] = {}): Promise<unknown> {
  const result = await rig.run([`console.log(JSON.stringify(await (async () => (${expression}))()))`], { conditions, ...options });
  expect(result.failure).toBeNull();
  return JSON.parse(textOf(result, 2));
}

describe("a shifted clock", () => {
  it.each(["Date.now()", "new Date().getTime()", "+new Date()", "Date.parse(Date())", "performance.timeOrigin + performance.now()", "new (class extends Date {})().getTime()", "Reflect.construct(Date, []).getTime()"])("is what %s tells", async (expression) => {
    const before = Date.now();
    const told = Number(await valueOf(expression)) - offset;
    expect(told).toBeGreaterThan(before - 2000);
    expect(told).toBeLessThan(Date.now() + 2000);
  });

  it("leaves dates that are given, and what dates are", async () => {
    expect(await valueOf("[new Date(5).getTime(), new Date(2020, 1, 29).getMonth(), Date.UTC(2020, 0), new Date('2020-01-01').toISOString(), new Date(undefined as any).getTime()]")).toEqual([5, 1, 1_577_836_800_000, "2020-01-01T00:00:00.000Z", null]);
    expect(await valueOf("[new Date() instanceof Date, new Date().constructor === Date, Date.name, Date.length, Object.prototype.toString.call(new Date()), require('node:util').types.isDate(new Date())]")).toEqual([true, true, "Date", 7, "[object Date]", true]);
  });
});

describe("folders in reverse", () => {
  const folderFiles = { "data/a": "", "data/b": "", "data/c": "" };
  it.each([
    "require('fs').readdirSync('data')",
    "require('fs').promises.readdir('data')",
    "(await import('node:fs/promises')).readdir('data')",
    "(await import('node:fs')).readdirSync('data', { withFileTypes: true }).map((entry) => entry.name)",
    "new Promise((resolve, reject) => require('fs').readdir('data', (error, names) => (error ? reject(error) : resolve(names))))",
    "new Promise((resolve) => require('fs').readdir('data', { encoding: 'utf8' }, (_, names) => resolve(names)))",
  ])("are what %s lists", async (expression) => {
    expect(await valueOf(expression, { folderFiles })).toEqual(["c", "b", "a"]);
  });

  it("that are missing fail as ever", async () => {
    expect(await valueOf("new Promise((resolve) => require('fs').readdir('none', (error) => resolve(error.code)))")).toBe("ENOENT");
    expect(await valueOf("require('fs').promises.readdir('none').catch((error) => error.code)")).toBe("ENOENT");
  });
});
