import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { fileSystem, type FileSystem } from "../../engine/run/publish/file-system.js";
import { contentPath } from "../../engine/store/contents.js";
import { openStore, resultPath, type Store } from "../../engine/store/store.js";
import type { StoredResult } from "../../engine/store/types.js";
import { interruptingFileSystem, systemError } from "../run/interrupting-file-system.js";
import { fingerprintOf, listFiles, makeResult, sampleCells, temporaryFolders } from "./store-rig.js";

const makeFolder = temporaryFolders();
const files = { "data/a.csv": "day\n1\n2\n", "out/b.json": "{}" };
let folder: string;
let work: string;
let store: Store;
beforeEach(async () => {
  folder = join(await makeFolder(), "store");
  work = await makeFolder();
  store = openStore({ folder });
});

async function putSample(name = "clean", given: Readonly<Record<string, string>> = files): Promise<StoredResult> {
  await store.put(await makeResult(work, name, given));
  const found = await store.find(fingerprintOf(name));
  if (found === null) throw new Error("not found");
  return found;
}

/** Takes all artifacts of a result; what became of each. */
async function takeAll(result: StoredResult): Promise<readonly string[]> {
  const to = await makeFolder();
  const taken = [];
  for (const [index, artifact] of result.artifacts.entries()) {
    const copy = join(to, String(index));
    const outcome = await store.take(artifact, copy);
    if (outcome === "taken") expect(createHash("sha256").update(await readFile(copy)).digest("hex")).toBe(artifact.sha256);
    else expect(existsSync(copy)).toBe(false);
    taken.push(outcome);
  }
  return taken;
}

describe("a stored result", () => {
  it("is found by its fingerprint with all that was said of it, and its bytes come out as they went in", async () => {
    const { folder: _, cells: __, ...about } = await makeResult(work, "clean", files);
    const found = await putSample();
    expect(found).toEqual({ version: 1, ...about, cells: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) } });
    expect(await store.readCells(found)).toEqual(sampleCells);
    expect(await takeAll(found)).toEqual(["taken", "taken"]);
    expect(await store.find(fingerprintOf("other"))).toBeNull();
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });

  it("is nowhere in a store that was never used, and looking makes none", async () => {
    expect(await store.find(fingerprintOf("clean"))).toBeNull();
    expect(await store.take({ sha256: "0".repeat(64), bytes: 1 }, join(work, "x"))).toBe("missing");
    expect(existsSync(folder)).toBe(false);
  });

  it("shares no file with what it was made of or what is taken out", async () => {
    const found = await putSample();
    await writeFile(join(work, "data/a.csv"), "changed");
    expect(await takeAll(found)).toEqual(["taken", "taken"]);
    const [artifact] = found.artifacts;
    if (artifact === undefined) throw new Error("no artifact");
    await store.take(artifact, join(work, "copy.csv"));
    expect((await stat(contentPath(folder, artifact.sha256))).nlink).toBe(1);
    await writeFile(join(work, "copy.csv"), "changed");
    expect(await takeAll(found)).toEqual(["taken", "taken"]);
  });

  it("keeps the mode of a file", async () => {
    await makeResult(work, "clean", files);
    await chmod(join(work, "data/a.csv"), 0o755);
    await store.put({ ...(await makeResult(work, "clean", files)) });
    const [artifact] = (await store.find(fingerprintOf("clean")))?.artifacts ?? [];
    if (artifact === undefined) throw new Error("no artifact");
    await store.take(artifact, join(work, "copy.csv"));
    expect((await stat(join(work, "copy.csv"))).mode & 0o777).toBe(0o755);
  });

  it("writes no bytes that are there", async () => {
    expect(await store.put(await makeResult(work, "clean", files))).toBeGreaterThan(10);
    const before = await Promise.all((await listFiles(join(folder, "contents"))).map(async (path) => (await stat(join(folder, "contents", path), { bigint: true })).ctimeNs));
    const added = await store.put(await makeResult(work, "other", files));
    expect(added).toBe((await stat(resultPath(folder, fingerprintOf("other")))).size);
    expect(await Promise.all((await listFiles(join(folder, "contents"))).map(async (path) => (await stat(join(folder, "contents", path), { bigint: true })).ctimeNs))).toEqual(before);
  });

  it("gives way to a later one with the same fingerprint", async () => {
    await putSample();
    await store.put(await makeResult(work, "clean", { "data/a.csv": "day\n3\n" }, { run: "later" }));
    const found = await store.find(fingerprintOf("clean"));
    expect(found).toMatchObject({ run: "later", artifacts: [{ path: "data/a.csv", bytes: 6 }] });
  });

  it("of a report has no cells", async () => {
    await store.put(await makeResult(work, "report", files, { cells: null }));
    const found = await store.find(fingerprintOf("report"));
    expect(found?.cells).toBeNull();
    if (found !== null) expect(await store.readCells(found)).toEqual([]);
  });

  it("is remembered to have been of use", async () => {
    await putSample();
    const file = resultPath(folder, fingerprintOf("clean"));
    await utimes(file, 1000, 1000);
    await store.touch(fingerprintOf("clean"));
    expect((await stat(file)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(await store.find(fingerprintOf("clean"))).not.toBeNull();
  });
});

describe("a damaged store", () => {
  it("has no result wherever its file is cut", async () => {
    await putSample();
    const file = resultPath(folder, fingerprintOf("clean"));
    const bytes = await readFile(file);
    for (let length = 0; length < bytes.length; length += 1) {
      await writeFile(file, bytes.subarray(0, length));
      expect(await store.find(fingerprintOf("clean"))).toBeNull();
    }
  });

  it("never gives another result, however the file of one is mutated", async () => {
    const original = await putSample();
    const file = resultPath(folder, fingerprintOf("clean"));
    const bytes = await readFile(file);
    const mutation = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255), remove: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, byte, remove }) => {
        await writeFile(file, Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + remove)]));
        const found = await store.find(fingerprintOf("clean"));
        if (found !== null) expect(found).toEqual(original);
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it("has no result under the name of another fingerprint, nor with contents named like paths", async () => {
    await putSample();
    const other = resultPath(folder, fingerprintOf("other"));
    await mkdir(dirname(other), { recursive: true });
    const text = await readFile(resultPath(folder, fingerprintOf("clean")), "utf8");
    await writeFile(other, text);
    expect(await store.find(fingerprintOf("other"))).toBeNull();
    const { record } = JSON.parse(text) as { record: { artifacts: { sha256: string }[] } };
    const body = JSON.stringify({ ...record, artifacts: record.artifacts.map((artifact) => ({ ...artifact, sha256: "../../../etc/passwd" })) });
    await writeFile(resultPath(folder, fingerprintOf("clean")), `{"sha256":"${createHash("sha256").update(body).digest("hex")}","record":${body}}\n`);
    expect(await store.find(fingerprintOf("clean"))).toBeNull();
  });

  it.each<[string, (file: string) => Promise<unknown>]>([
    ["gone", (file) => rm(file)],
    ["cut", (file) => writeFile(file, "d")],
    ["empty", (file) => writeFile(file, "")],
    ["longer", (file) => writeFile(file, "day\n1\n2\n3\n")],
    ["a folder", (file) => rm(file).then(() => mkdir(file))],
    ["a link", (file) => rm(file).then(() => symlink(join(work, "data/a.csv"), file))],
  ])("has no result whose content is %s, and takes it in again", async (_, damage) => {
    const found = await putSample();
    await damage(contentPath(folder, found.artifacts[0]?.sha256 ?? ""));
    expect(await store.find(fingerprintOf("clean"))).toBeNull();
    expect((await takeAll(found))[0]).toBe("missing");
    expect(await takeAll(await putSample())).toEqual(["taken", "taken"]);
  });

  it("gives no content with a flipped bit, at any byte; once that is dropped it takes the right one in", async () => {
    const found = await putSample();
    const [artifact] = found.artifacts;
    const file = contentPath(folder, artifact?.sha256 ?? "");
    const bytes = await readFile(file);
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      await writeFile(file, flipped);
      expect((await takeAll(found))[0]).toBe("damaged");
    }
    await store.dropDamaged(found);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(contentPath(folder, found.artifacts[1]?.sha256 ?? ""))).toBe(true);
    expect(await takeAll(await putSample())).toEqual(["taken", "taken"]);
  });

  it("tells nothing of cells whose bytes are damaged", async () => {
    const found = await putSample();
    const file = contentPath(folder, found.cells?.sha256 ?? "");
    const bytes = await readFile(file);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await store.readCells(found)).toBeNull();
    await rm(file);
    expect(await store.readCells(found)).toBeNull();
  });
});

describe("a full disk", () => {
  const failingAt = (call: string): FileSystem =>
    interruptingFileSystem((name) => {
      if (name === call) throw systemError("ENOSPC");
    });

  it.each(["mkdir", "copyFile", "open", "handle.writeFile", "rename"])("at %s leaves no result, not even an earlier one, and nothing half-written", async (call) => {
    await putSample("clean", { "data/a.csv": "earlier" });
    await expect(openStore({ folder, fs: failingAt(call) }).put(await makeResult(work, "clean", files))).rejects.toThrow("ENOSPC");
    expect(await store.find(fingerprintOf("clean"))).toBeNull();
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    // What was put before stays, what this one put goes.
    expect((await listFiles(join(folder, "contents"))).length).toBe(2);
  });

  it("is noticed where it takes a part of the bytes and reports success", async () => {
    const copyFile: FileSystem["copyFile"] = async (_, to) => writeFile(String(to), "d");
    await expect(openStore({ folder, fs: { ...fileSystem, copyFile } }).put(await makeResult(work, "clean", files))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await listFiles(folder)).toEqual([]);
  });

  it("is not filled to the last byte", async () => {
    const statfs: FileSystem["statfs"] = new Proxy(fileSystem.statfs, {
      apply: async (target, self, args) => Object.assign(await Reflect.apply(target, self, args), { bavail: 1000, bsize: 4096 }),
    });
    await expect(openStore({ folder, fs: { ...fileSystem, statfs } }).put(await makeResult(work, "clean", files))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await listFiles(folder)).toEqual([]);
  });

  it("while something is taken leaves nothing in its place, and the store as it was", async () => {
    const [artifact] = (await putSample()).artifacts;
    if (artifact === undefined) throw new Error("no artifact");
    const to = join(work, "copy");
    await expect(openStore({ folder, fs: failingAt("copyFile") }).take(artifact, to)).rejects.toThrow("ENOSPC");
    const short: FileSystem["copyFile"] = async (_, target) => writeFile(String(target), "d");
    await expect(openStore({ folder, fs: { ...fileSystem, copyFile: short } }).take(artifact, to)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(existsSync(to)).toBe(false);
    expect(await store.take(artifact, to)).toBe("taken");
  });
});
