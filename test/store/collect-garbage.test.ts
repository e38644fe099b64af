import { existsSync } from "node:fs";
import { readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { boundStore } from "../../engine/store/bound-store.js";
import { collectGarbage, type GarbageOptions, type Needs } from "../../engine/store/collect-garbage.js";
import { contentPath } from "../../engine/store/contents.js";
import { openStore, resultPath, type Store } from "../../engine/store/store.js";
import { fingerprintOf, listFiles, makeResult, temporaryFolders } from "./store-rig.js";

const makeFolder = temporaryFolders();
const day = 86_400_000;
const now = Date.parse("2026-06-01T00:00:00.000Z");
const nothing: Needs = { fingerprints: new Set(), contents: new Set() };
const needing = (...names: readonly string[]): Needs => ({ ...nothing, fingerprints: new Set(names.map(fingerprintOf)) });
let folder: string;
let store: Store;
beforeEach(async () => {
  folder = join(await makeFolder(), "store");
  store = openStore({ folder });
});

/** Puts a result that was used some days ago. */
async function put(name: string, ageDays: number, files: Readonly<Record<string, string>>): Promise<void> {
  await store.put(await makeResult(await makeFolder(), name, files, { cells: null }));
  const seconds = (now - ageDays * day) / 1000;
  await utimes(resultPath(folder, fingerprintOf(name)), seconds, seconds);
}

const collect = (options: Partial<GarbageOptions>) => collectGarbage(folder, { needs: nothing, maxBytes: Infinity, maxAgeMs: Infinity, now, isDryRun: false, ...options });

async function found(...names: readonly string[]): Promise<readonly string[]> {
  const left = [];
  for (const name of names) if ((await store.find(fingerprintOf(name))) !== null) left.push(name);
  return left;
}

const big = (letter: string) => letter.repeat(100_000);

describe("collecting garbage", () => {
  it("finds nothing in a store that is not there", async () => {
    expect(await collect({})).toEqual({ removed: [], removedBytes: 0, keptBytes: 0, neededBytes: 0 });
    expect(existsSync(folder)).toBe(false);
  });

  it("removes what was not used for long, with the bytes that nothing else has", async () => {
    await put("old", 40, { a: "shared", b: "its own" });
    await put("young", 10, { a: "shared" });
    const { removed, removedBytes } = await collect({ maxAgeMs: 30 * day });
    expect(removed.map(({ why, task }) => [why, task])).toEqual([["old", "old"], ["unused", null]]);
    expect(removedBytes).toBe(removed.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(await found("old", "young")).toEqual(["young"]);
    expect(await listFiles(join(folder, "contents"))).toHaveLength(1);
  });

  it("removes what was not used the longest until the size fits", async () => {
    for (const [index, name] of ["a", "b", "c", "d"].entries()) await put(name, 10 - index, { x: big(name) });
    const { removed, keptBytes } = await collect({ maxBytes: 250_000 });
    expect(removed.map(({ why }) => why)).toEqual(["size", "size", "unused", "unused"]);
    expect(await found("a", "b", "c", "d")).toEqual(["c", "d"]);
    expect(keptBytes).toBeLessThanOrEqual(250_000);
  });

  it("counts bytes that several results have once", async () => {
    for (const name of ["a", "b", "c"]) await put(name, 1, { x: big("same") });
    expect((await collect({ maxBytes: 450_000 })).removed).toEqual([]);
  });

  it("never removes what present records need, however old and large it is", async () => {
    await put("needed", 400, { x: big("needed") });
    await put("other", 1, { x: big("other"), y: big("wanted by digest") });
    const wanted = (await store.find(fingerprintOf("other")))?.artifacts[1]?.sha256 ?? "";
    const { keptBytes, neededBytes } = await collect({ maxBytes: 0, maxAgeMs: 0, needs: { ...needing("needed"), contents: new Set([wanted]) } });
    expect(await found("needed", "other")).toEqual(["needed"]);
    expect(existsSync(contentPath(folder, wanted))).toBe(true);
    expect(keptBytes).toBe(neededBytes);
  });

  it("removes results that can't be restored, unfinished files and bytes of no result, whatever the bounds", async () => {
    await put("cut", 1, { x: "x" });
    await put("without bytes", 1, { y: "y" });
    await put("whole", 1, { z: "z" });
    await truncate(resultPath(folder, fingerprintOf("cut")), 50);
    await rm(contentPath(folder, (await store.find(fingerprintOf("without bytes")))?.artifacts[0]?.sha256 ?? ""));
    await writeFile(join(folder, "incoming", "999999999-0123456789abcdef"), "left");
    await writeFile(join(folder, "contents", "a note"), "not ours");
    const { removed } = await collect({});
    expect(removed.map(({ why }) => why).sort()).toEqual(["damaged", "damaged", "stray", "stray", "unused"]);
    expect(await found("cut", "without bytes", "whole")).toEqual(["whole"]);
    expect((await collect({})).removed).toEqual([]);
  });

  it("only tells on a dry run", async () => {
    await put("old", 40, { a: "a" });
    const before = await listFiles(folder);
    const dry = await collect({ maxAgeMs: 0, isDryRun: true });
    expect(await listFiles(folder)).toEqual(before);
    expect(await collect({ maxAgeMs: 0 })).toEqual(dry);
  });

  it("leaves every result whole or gone, whatever is needed and bounded", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const world = fc.record({
      files: fc.array(fc.uniqueArray(fc.constantFrom("p", "q", "r", "s"), { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 5 }),
      ages: fc.array(fc.nat(60), { minLength: 5, maxLength: 5 }),
      needed: fc.subarray(names),
      maxBytes: fc.nat(6000),
      maxAgeDays: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ files, ages, needed, maxBytes, maxAgeDays }) => {
        await rm(folder, { recursive: true, force: true });
        for (const [index, name] of names.entries()) await put(name, ages[index] ?? 0, Object.fromEntries((files[index] ?? []).map((each) => [each, each.repeat(1000)])));
        const { keptBytes, removed } = await collect({ maxBytes, maxAgeMs: maxAgeDays * day, needs: needing(...needed) });
        const left = await found(...names);
        expect(left).toEqual(expect.arrayContaining(needed));
        expect(removed.filter(({ task }) => task !== null).map(({ task }) => task)).toHaveLength(names.length - left.length);
        if (left.some((name) => !needed.includes(name))) expect(keptBytes).toBeLessThanOrEqual(maxBytes);
        expect((await collect({ maxBytes, maxAgeMs: maxAgeDays * day, needs: needing(...needed) })).removed).toEqual([]);
      }),
      { numRuns: 40, seed: 11 },
    );
  });
});

describe("bounding the store after a run", () => {
  const bound = (addedBytes: number, maxBytes: number, needs: Needs | null = null) =>
    boundStore(folder, { addedBytes, maxBytes, now, needs: async () => needs ?? Promise.reject(new Error("needs were asked for")) });

  it("only notes the size where that is within the bound", async () => {
    await put("a", 1, { x: big("a") });
    expect(await bound(1, 1_000_000)).toBe(0);
    // Now the size is taken from the note: nothing is measured.
    await put("b", 1, { x: big("b") });
    expect(await bound(5, 150_000)).toBe(0);
  });

  it("collects down to four fifths once the bound is passed", async () => {
    for (const [index, name] of ["a", "b", "c", "d", "e"].entries()) await put(name, 9 - index, { x: big(name) });
    expect(await bound(500_000, 450_000, nothing)).toBeGreaterThan(150_000);
    expect(await found("a", "b", "c", "d", "e")).toEqual(["c", "d", "e"]);
    await put("f", 0, { x: big("f") });
    expect(await bound(100_000, 450_000)).toBe(0);
  });

  it("does not collect after each run where what is needed fills the store", async () => {
    for (const name of ["a", "b"]) await put(name, 1, { x: big(name) });
    expect(await bound(200_000, 50_000, needing("a", "b"))).toBe(0);
    expect(await bound(1_000, 50_000)).toBe(0);
    await expect(bound(100_000, 50_000)).rejects.toThrow("needs were asked for");
  });

  it("measures again where the note is damaged", async () => {
    await put("a", 1, { x: big("a") });
    await bound(1, 1_000_000);
    const note = await readFile(join(folder, "usage.json"), "utf8");
    for (const text of ["", note.slice(0, -5), note.replace(/"bytes":\d/, '"bytes":9'), "[]"]) {
      await writeFile(join(folder, "usage.json"), text);
      expect(await bound(1, 1_000_000)).toBe(0);
      expect(await readFile(join(folder, "usage.json"), "utf8")).toBe(note);
    }
  });
});
