import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { appendFile, chmod, link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFileState } from "../../../engine/checkpoint/file-state.js";
import { createTaskFolder, fillTaskFolder, inspectTaskFolder, prepareTaskFolder, removeLeftTaskFolders, removeTaskFolder, TaskFolderError, type TaskFolder } from "../../../engine/run/task-folder/task-folder.js";
import { interruptingFileSystem, systemError } from "../interrupting-file-system.js";

let root: string;
let taskFolders: string;
const inputs = ["data/raw/a.csv", "data/raw/b.csv"];
const outputs = ["data/processed/cleaned.csv", "model/metrics.json"];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "stitchbook-task-"));
  taskFolders = join(root, ".stitchbook", "tasks");
  for (const path of inputs) await put(join(root, path), `content of ${path}`);
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const prepare = () => prepareTaskFolder({ projectRoot: root, taskFolders, task: "cleaning@new-york", inputs, outputs });
const inspect = (folder: TaskFolder) => inspectTaskFolder(folder.path, { inputs, outputs, digests: folder.digests });
const nothing = { missing: [], undeclared: [], changedInputs: [], links: [] };

async function prepareAndWriteOutputs(): Promise<TaskFolder> {
  const folder = await prepare();
  for (const path of outputs) await writeFile(join(folder.path, path), "result");
  return folder;
}

describe("prepareTaskFolder", () => {
  it("gives copies of the inputs, their digests, folders for the outputs and one for temporary files", async () => {
    const folder = await prepare();
    expect(folder.path.startsWith(join(taskFolders, "cleaning+new-york-"))).toBe(true);
    for (const path of inputs) {
      expect(await readFile(join(folder.path, path), "utf8")).toBe(`content of ${path}`);
      expect((await lstat(join(folder.path, path))).nlink).toBe(1);
      expect(folder.digests.get(path)).toMatchObject({ sha256: sha256(`content of ${path}`), bytes: 25, source: readFileState(join(root, path)) });
    }
    for (const place of ["data/processed", "model", ".tmp"]) expect((await stat(join(folder.path, place))).isDirectory()).toBe(true);
  });

  it("can be started ahead, and every attempt has a folder of its own", async () => {
    const ahead = await Promise.all([createTaskFolder({ taskFolders, task: "a" }), createTaskFolder({ taskFolders, task: "a" })]);
    expect(new Set(ahead).size).toBe(2);
    const { digests } = await fillTaskFolder(ahead[0], { projectRoot: root, inputs, outputs });
    expect([...digests.keys()].sort()).toEqual(inputs);
  });

  it("tells of inputs in their own order, whichever copy is done first", async () => {
    let release = () => {};
    const isSecondDone = new Promise<void>((resolve) => (release = resolve));
    const fs = interruptingFileSystem(async (name, [from]) => {
      if (name !== "copyFile") return;
      if (from === join(root, "data/raw/a.csv")) await isSecondDone;
      else setImmediate(release);
    });
    const { digests } = await prepareTaskFolder({ projectRoot: root, taskFolders, task: "a", inputs, outputs, fs });
    expect([...digests.keys()]).toEqual(inputs);
  });

  it("hashes what it gave, though the source changes meanwhile", async () => {
    const path = join(root, "data/raw/a.csv");
    const fs = interruptingFileSystem(async (name, [from]) => {
      if (name === "copyFile" && from === path) await writeFile(path, "edited before the copy");
    });
    const before = readFileState(path);
    const folder = await prepareTaskFolder({ projectRoot: root, taskFolders, task: "a", inputs, outputs, fs });
    await writeFile(path, "edited after the copy");
    expect(folder.digests.get("data/raw/a.csv")).toMatchObject({ sha256: sha256("edited before the copy"), source: before });
    expect(readFileState(path)).not.toEqual(before);
    expect(await readFile(join(folder.path, "data/raw/a.csv"), "utf8")).toBe("edited before the copy");
  });

  it("never lets a write to a copy reach the project", async () => {
    const folder = await prepare();
    await writeFile(join(folder.path, "data/raw/a.csv"), "damaged");
    expect(await readFile(join(root, "data/raw/a.csv"), "utf8")).toBe("content of data/raw/a.csv");
  });

  it("copies what a link leads to, inside the project or out of it", async () => {
    const outside = await mkdtemp(join(tmpdir(), "stitchbook-outside-"));
    await put(join(outside, "b.csv"), "from outside");
    for (const path of inputs) await unlink(join(root, path));
    await put(join(root, "data/real.csv"), "from inside");
    await symlink("../real.csv", join(root, "data/raw/a.csv"));
    await symlink(join(outside, "b.csv"), join(root, "data/raw/b.csv"));
    const folder = await prepare();
    for (const [index, content] of ["from inside", "from outside"].entries()) {
      const path = join(folder.path, inputs[index] ?? "");
      expect((await lstat(path)).isFile()).toBe(true);
      expect(await readFile(path, "utf8")).toBe(content);
    }
    await rm(outside, { recursive: true });
  });

  it.each([
    ["is missing", "it does not exist", (path: string) => unlink(path)],
    ["is a folder", "it is not a regular file", async (path: string) => (await unlink(path), mkdir(path))],
    ["is a link to nowhere", "it is a link that leads to no file", async (path: string) => (await unlink(path), symlink("nowhere", path))],
    ["is a pipe, which would never end", "it is not a regular file", async (path: string) => (await unlink(path), promisify(execFile)("mkfifo", [path]))],
  ])("refuses an input that %s", async (_, reason, spoil) => {
    await spoil(join(root, "data/raw/b.csv"));
    const error = await prepare().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskFolderError);
    expect(error).toMatchObject({ path: "data/raw/b.csv", message: `The input data/raw/b.csv could not be given to the task: ${reason}.` });
  });

  it("says so when the disk is full", async () => {
    const fs = interruptingFileSystem((name) => {
      if (name === "copyFile") throw systemError("ENOSPC");
    });
    await expect(prepareTaskFolder({ projectRoot: root, taskFolders, task: "a", inputs, outputs, fs })).rejects.toThrow("no space is left on the disk");
  });
});

describe("inspectTaskFolder", () => {
  it("finds nothing where all is as declared", async () => {
    const folder = await prepareAndWriteOutputs();
    await writeFile(join(folder.path, ".tmp", "scratch"), "");
    await mkdir(join(folder.path, "empty", "folder"), { recursive: true });
    await stat(join(folder.path, "data/raw/a.csv"));
    expect(await inspect(folder)).toEqual(nothing);
  });

  it("finds missing outputs and undeclared files, in order", async () => {
    const folder = await prepare();
    for (const path of ["z.txt", "B.txt", "data/processed/other.csv", "cache/deep/x"]) await put(join(folder.path, path), "");
    await symlink("/etc", join(folder.path, "etc"));
    const undeclared = ["B.txt", "cache/deep/x", "data/processed/other.csv", "etc", "z.txt"];
    expect(await inspect(folder)).toEqual({ ...nothing, missing: outputs, undeclared });
  });

  it.each([
    ["edited", (path: string) => appendFile(path, "more")],
    ["edited at the same length, with its old time put back", editQuietly],
    ["removed", (path: string) => unlink(path)],
    ["replaced by a link", async (path: string) => (await unlink(path), symlink("b.csv", path))],
  ])("finds an input that was %s", async (_, change) => {
    const folder = await prepareAndWriteOutputs();
    await change(join(folder.path, "data/raw/a.csv"));
    expect(await inspect(folder)).toEqual({ ...nothing, changedInputs: ["data/raw/a.csv"] });
  });

  it("finds a quick edit of the same length even if the file system's clock has not moved on", async () => {
    const folder = await prepareAndWriteOutputs();
    const path = join(folder.path, "data/raw/a.csv");
    const given = folder.digests.get("data/raw/a.csv");
    if (given === undefined) throw new Error("not given");
    await writeFile(path, "CONTENT OF DATA/RAW/A.CSV");
    const copy = readFileState(path);
    if (copy === null) throw new Error("not there");
    const copiedAtMs = Number(BigInt(copy.ctimeNs) / 1_000_000n) + 1;
    const digests = new Map([...folder.digests, ["data/raw/a.csv", { ...given, copy, copiedAtMs }] as const]);
    expect(await inspect({ ...folder, digests })).toEqual({ ...nothing, changedInputs: ["data/raw/a.csv"] });
  });

  it("does not mind an input that was written anew with the same bytes", async () => {
    const folder = await prepareAndWriteOutputs();
    await writeFile(join(folder.path, "data/raw/a.csv"), "content of data/raw/a.csv");
    expect(await inspect(folder)).toEqual(nothing);
  });

  it("finds outputs that are links, have second names, or are no files", async () => {
    const folder = await prepare();
    await symlink("../raw/a.csv", join(folder.path, "data/processed/cleaned.csv"));
    await mkdir(join(folder.path, "model/metrics.json"));
    expect(await inspect(folder)).toEqual({ ...nothing, links: outputs });
    await rm(join(folder.path, "data/processed/cleaned.csv"));
    await link(join(root, "data/raw/a.csv"), join(folder.path, "data/processed/cleaned.csv"));
    expect(await inspect(folder)).toEqual({ ...nothing, links: outputs });
  });

  it("does not look through a link that took the place of an output's folder", async () => {
    const folder = await prepareAndWriteOutputs();
    const outside = await mkdtemp(join(tmpdir(), "stitchbook-outside-"));
    await writeFile(join(outside, "cleaned.csv"), "");
    await rm(join(folder.path, "data/processed"), { recursive: true });
    await symlink(outside, join(folder.path, "data/processed"));
    expect(await inspect(folder)).toEqual({ ...nothing, links: ["data/processed/cleaned.csv"] });
    await rm(outside, { recursive: true });
  });
});

describe("removeTaskFolder", () => {
  it("removes read-only parts, and links without what they lead to", async () => {
    const folder = await prepareAndWriteOutputs();
    await symlink(join(root, "data"), join(folder.path, "link"));
    await chmod(join(folder.path, "model"), 0o500);
    // A superuser is stopped by no permission: the file system says so for it.
    let refusals = 0;
    const fs = interruptingFileSystem((name) => {
      if (name === "rm" && (refusals += 1) === 1) throw systemError("EACCES");
    });
    expect(await removeTaskFolder(folder.path, fs)).toBe(true);
    await expect(stat(folder.path)).rejects.toThrow("ENOENT");
    expect(await readFile(join(root, "data/raw/a.csv"), "utf8")).toBe("content of data/raw/a.csv");
    expect(await removeTaskFolder(folder.path)).toBe(true);
  });

  it("gives up after some time and says so", async () => {
    const folder = await prepare();
    const fs = interruptingFileSystem((name) => {
      if (name === "rm") throw systemError("EBUSY");
    });
    expect(await removeTaskFolder(folder.path, fs)).toBe(false);
  });

  it("clears what killed runs left", async () => {
    await Promise.all([prepare(), prepare()]);
    await removeLeftTaskFolders(taskFolders);
    expect(await readdir(taskFolders)).toEqual([]);
    await removeLeftTaskFolders(join(root, "missing"));
  });
});

async function editQuietly(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  await writeFile(path, "CONTENT OF DATA/RAW/A.CSV");
  await utimes(path, atime, mtime);
}
