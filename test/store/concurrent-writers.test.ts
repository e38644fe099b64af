import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../engine/store/store.js";
import { bundleEntry } from "../run/bundle-entry.js";
import { runEntry } from "../run/run-entry.js";
import { fingerprintOf, makeResult, temporaryFolders } from "./store-rig.js";

const makeFolder = temporaryFolders();
let entry: string;
beforeAll(async () => {
  entry = await bundleEntry("store-child.ts");
});
afterAll(() => rm(dirname(entry), { recursive: true }));

/** Big enough that half of it could be seen. */
const line = "a line of a table\n";
const text = line.repeat(20_000);

async function expectWhole(folder: string, name: string): Promise<boolean> {
  const store = openStore({ folder });
  const found = await store.find(fingerprintOf(name));
  if (found === null) return false;
  const to = await makeFolder();
  for (const [index, artifact] of found.artifacts.entries()) expect(await store.take(artifact, join(to, String(index)))).toBe("taken");
  expect(await store.readCells(found)).not.toBeNull();
  return true;
}

describe("writers of one store", () => {
  it("at once in one process, of the same contents and fingerprints, leave whole results", async () => {
    const folder = join(await makeFolder(), "store");
    const stores = [openStore({ folder }), openStore({ folder })];
    const puts = Array.from({ length: 40 }, async (_, index) => {
      const result = await makeResult(await makeFolder(), `task-${index % 10}`, { "a.csv": text, "b.csv": `${text}${index % 3}` });
      await stores[index % 2]?.put(result);
    });
    await Promise.all(puts);
    for (let index = 0; index < 10; index += 1) expect(await expectWhole(folder, `task-${index}`)).toBe(true);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });

  it("in several processes do, too", async () => {
    const folder = join(await makeFolder(), "store");
    const works = await Promise.all([makeFolder(), makeFolder(), makeFolder()]);
    const ended = await Promise.all(works.map((work) => runEntry(entry, { folder, work, name: "clean", line, killAt: null })));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await expectWhole(folder, "clean")).toBe(true);
  });

  it("that are killed at any call leave a whole result or none, and what they began is swept away", async () => {
    const outcomes: boolean[] = [];
    for (let killAt = 1, isKilled = true; isKilled; killAt += 1) {
      const folder = join(await makeFolder(), "store");
      const result = await runEntry(entry, { folder, work: await makeFolder(), name: "clean", line, killAt });
      isKilled = result.signal === "SIGKILL";
      outcomes.push(await expectWhole(folder, "clean"));
      await openStore({ folder }).put(await makeResult(await makeFolder(), "later", { "a.csv": text }));
      expect(await readdir(join(folder, "incoming"))).toEqual([]);
      expect(await expectWhole(folder, "later")).toBe(true);
    }
    expect(outcomes).toEqual([...outcomes].sort());
    expect(outcomes).toContain(false);
    expect(outcomes.at(-1)).toBe(true);
  }, 240_000);

  it("do not sweep away what a living one writes", async () => {
    const folder = join(await makeFolder(), "store");
    await mkdir(join(folder, "incoming"), { recursive: true });
    await writeFile(join(folder, "incoming", `${process.ppid}-0123456789abcdef`), "being written");
    await writeFile(join(folder, "incoming", "999999999-0123456789abcdef"), "left");
    await openStore({ folder }).put(await makeResult(await makeFolder(), "clean", { "a.csv": text }));
    expect(await readdir(join(folder, "incoming"))).toEqual([`${process.ppid}-0123456789abcdef`]);
  });
});
