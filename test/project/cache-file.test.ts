import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftCacheFiles, writeCacheFile } from "../../engine/project/cache-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stitchbook-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a file of a cache", () => {
  it("replaces the earlier one, in a folder that is made, and leaves nothing beside it", async () => {
    const file = join(folder, "plots", "a.json");
    writeCacheFile(file, "old");
    writeCacheFile(file, "new");
    expect(await readFile(file, "utf8")).toBe("new");
    expect(await readdir(join(folder, "plots"))).toEqual(["a.json"]);
  });

  it("that can't be written is no failure", async () => {
    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "file"), "");
    writeCacheFile(join(folder, "taken"), "text");
    writeCacheFile(join(folder, "file", "below"), "text");
    expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
  });
});

it("removes what killed processes left, and nothing else", async () => {
  for (const name of [".project.4711-0123abcd.tmp", "project", ".keep", "a.tmp"]) await writeFile(join(folder, name), "");
  removeLeftCacheFiles(folder);
  removeLeftCacheFiles(join(folder, "missing"));
  expect((await readdir(folder)).sort()).toEqual([".keep", "a.tmp", "project"]);
});
