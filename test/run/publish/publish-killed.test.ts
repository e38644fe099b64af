import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publish } from "../../../engine/run/publish/publish.js";
import { recoverPublications } from "../../../engine/run/publish/recover-publications.js";
import { bundleEntry } from "../bundle-entry.js";
import { interruptingFileSystem } from "../interrupting-file-system.js";
import { addStaleFile, artifactPaths, contentOf, drawUp, listFiles, makeProject, readVersions, stalePath } from "../publication-rig.js";
import { runEntry, type EntryResult } from "../run-entry.js";

let entry: string;
beforeAll(async () => {
  entry = await bundleEntry("publish-child.ts");
});
afterAll(() => rm(dirname(entry), { recursive: true }));

async function makePublishedProject(): Promise<string> {
  const root = await makeProject();
  await publish(await drawUp(root, "old"));
  await addStaleFile(root);
  return root;
}

/** Reads the artifacts over and over while something happens; returns what was seen of them besides whole versions. */
async function pollDuring<T>(root: string, happening: Promise<T>): Promise<{ readonly result: T; readonly torn: readonly string[] }> {
  const torn: string[] = [];
  let isOver = false;
  const ended = happening.finally(() => (isOver = true));
  while (!isOver) {
    for (const path of artifactPaths) {
      const content = readFileSync(join(root, path), "utf8");
      if (content !== contentOf(path, "old") && content !== contentOf(path, "new")) torn.push(`${path}: ${content.length} bytes`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { result: await ended, torn };
}

/** All old or all new, record included, and nothing left over. */
async function expectWholeVersion(root: string): Promise<string> {
  const { artifacts, record } = await readVersions(root);
  expect(["old", "new"]).toContain(record);
  expect(artifacts).toEqual([record, record]);
  const files = [...artifactPaths, ".stitchbook/records/training.json", ...(record === "old" ? [stalePath] : [])];
  expect(await listFiles(root)).toEqual(files.sort());
  return String(record);
}

/** Publishes until just before the n-th rename. */
async function stopAtRename(root: string, n: number): Promise<void> {
  let renames = 0;
  await new Promise<void>((resolve, reject) => {
    const fs = interruptingFileSystem((name) => {
      if (name === "rename") renames += 1;
      if (renames < n) return undefined;
      resolve();
      return new Promise<never>(() => undefined);
    });
    drawUp(root, "new", fs).then(publish).then(() => reject(new Error(`There are only ${renames} renames`)), reject);
  });
}

function wasKilled(result: EntryResult): boolean {
  if (result.signal === "SIGKILL") return true;
  expect(result).toMatchObject({ code: 0, lines: [expect.stringMatching(/^finished after \d+ calls$/)] });
  return false;
}

describe("a publication that is killed", () => {
  it.each([false, true])("leaves all old or all new after recovery, at every call (half a write done: %s)", async (isTorn) => {
    const outcomes: string[] = [];
    for (let killAt = 1, isKilled = true; isKilled; killAt += 1) {
      const root = await makePublishedProject();
      const { result, torn } = await pollDuring(root, runEntry(entry, { action: "publish", root, killAt, isTorn }));
      expect(torn).toEqual([]);
      isKilled = wasKilled(result);
      const recovered = await recoverPublications({ projectRoot: root, stateFolder: join(root, ".stitchbook") });
      const version = await expectWholeVersion(root);
      expect(recovered.map((each) => each.outcome)).not.toContain("abandoned");
      if (recovered.length > 0) expect(recovered).toMatchObject([{ task: "training", outcome: version === "new" ? "finished" : "undone" }]);
      outcomes.push(version);
      await rm(root, { recursive: true });
    }
    // There is one moment of no return: once new, new for all later kills.
    expect(outcomes).toEqual([...outcomes].sort().reverse());
    expect(new Set(outcomes)).toEqual(new Set(["old", "new"]));
  }, 240_000);

  it.each([
    ["before its journal was ready", 4, "old"],
    ["between the renames of its artifacts", 6, "new"],
  ])("can be recovered by a recovery that is itself killed at every call (stopped %s)", async (_, rename, version) => {
    for (let killAt = 1, isKilled = true; isKilled; killAt += 1) {
      const root = await makePublishedProject();
      await stopAtRename(root, rename);
      isKilled = wasKilled(await runEntry(entry, { action: "recover", root, killAt, isTorn: false }));
      await recoverPublications({ projectRoot: root, stateFolder: join(root, ".stitchbook") });
      expect(await expectWholeVersion(root)).toBe(version);
      await rm(root, { recursive: true });
    }
  }, 240_000);
});
