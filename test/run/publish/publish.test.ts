import { link, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFileState } from "../../../engine/checkpoint/file-state.js";
import { PublicationError } from "../../../engine/run/publish/publication-error.js";
import { publish } from "../../../engine/run/publish/publish.js";
import { recoverPublications } from "../../../engine/run/publish/recover-publications.js";
import { interruptingFileSystem, systemError } from "../interrupting-file-system.js";
import { addStaleFile, artifactPaths, contentOf, drawUp, listFiles, makeProject, readVersions, stalePath } from "../publication-rig.js";

let root: string;
const [cleaned, metrics] = artifactPaths;
const recordFile = ".stitchbook/records/training.json";
beforeEach(async () => {
  root = await makeProject();
});
afterEach(() => rm(root, { recursive: true }));

const recover = () => recoverPublications({ projectRoot: root, stateFolder: join(root, ".stitchbook") });

async function expectVersion(version: string | null, more: readonly string[] = []): Promise<void> {
  expect(await readVersions(root)).toEqual({ artifacts: [version, version], record: version });
  const expected = version === null ? more : [...artifactPaths, recordFile, ...more];
  expect(await listFiles(root)).toEqual([...expected].sort());
}

/** Publishes the new version and gives what was thrown. */
async function failToPublish(fail: (name: string, args: readonly unknown[]) => void): Promise<PublicationError> {
  const error: unknown = await publish(await drawUp(root, "new", interruptingFileSystem(fail))).catch((thrown: unknown) => thrown);
  if (error instanceof PublicationError) return error;
  throw error;
}

/** Throws a system error at the n-th call by a name. */
function failAt(call: string, occurrence: number, code: string): (name: string) => void {
  let count = 0;
  return (name) => {
    if (name === call && (count += 1) === occurrence) throw systemError(code);
  };
}

describe("publish", () => {
  it("puts artifacts and record in place, removes what is stale, and leaves nothing else", async () => {
    const { states, record } = await publish(await drawUp(root, "old"));
    await expectVersion("old");
    expect(new Map(artifactPaths.map((path) => [path, readFileState(join(root, path))]))).toEqual(states);
    expect(await readFile(join(root, recordFile), "utf8")).toBe(record);
    await addStaleFile(root);
    await publish(await drawUp(root, "new"));
    await expectVersion("new");
  });

  it("works without a record and without artifacts", async () => {
    await publish({ ...(await drawUp(root, "old")), record: null });
    expect(await listFiles(root)).toEqual([...artifactPaths]);
    await addStaleFile(root);
    await publish({ ...(await drawUp(root, "old")), artifacts: [], record: null });
    expect(await listFiles(root)).toEqual([...artifactPaths]);
  });

  it("copies where the target's folder is on another volume, and checks the bytes", async () => {
    const isMove = ([from]: readonly unknown[]) => String(from).includes("/tasks/");
    const fs = interruptingFileSystem((name, args) => {
      if (name === "rename" && isMove(args)) throw systemError("EXDEV");
    });
    await publish(await drawUp(root, "old", fs));
    await expectVersion("old");
    const wrong = await drawUp(root, "new", fs);
    const options = { ...wrong, artifacts: wrong.artifacts.map((artifact) => ({ ...artifact, sha256: "0".repeat(64) })) };
    await expect(publish(options)).rejects.toThrow("its bytes are not those that were verified");
    await expectVersion("old");
  });

  it("does not publish a file that could be changed through a second name", async () => {
    const options = await drawUp(root, "old");
    const second = join(root, ".stitchbook", "tasks", "second");
    await link(join(options.folder, cleaned), second);
    await publish(options);
    await writeFile(second, "damage");
    await expectVersion("old");
  });

  it("refuses an artifact whose size is not the verified one", async () => {
    const options = await drawUp(root, "new");
    await writeFile(join(options.folder, metrics), "{}");
    await expect(publish(options)).rejects.toThrow(`${metrics} could not be published: its bytes are not those that were verified. The earlier artifacts are as they were.`);
    await expectVersion(null);
  });

  it.each([
    ["the disk is full for the first journal", "handle.write", 1, "ENOSPC", /no space is left on the disk/],
    ["a folder can't be written", "rename", 3, "EACCES", /permission denied/],
    ["the disk is full for the second journal", "handle.write", 2, "ENOSPC", /no space is left on the disk/],
    ["the first rename fails", "rename", 5, "EPERM", /not permitted/],
  ])("leaves the earlier artifacts when %s", async (_, call, occurrence, code, reason) => {
    await publish(await drawUp(root, "old"));
    await addStaleFile(root);
    const error = await failToPublish(failAt(call, occurrence, code));
    expect(error).toMatchObject({ isInterrupted: false, message: expect.stringMatching(reason), hint: expect.stringMatching(/then run again\.$/) });
    expect(error.message).toContain("The earlier artifacts are as they were.");
    await expectVersion("old", [stalePath]);
    expect(await recover()).toEqual([]);
  });

  it.each([
    ["the second rename", "rename", 6],
    ["the removal of a stale file", "unlink", 2],
    ["the record", "handle.write", 3],
  ])("leaves what the next run finishes when it fails at %s", async (_, call, occurrence) => {
    await publish(await drawUp(root, "old"));
    await addStaleFile(root);
    const error = await failToPublish(failAt(call, occurrence, "ENOSPC"));
    expect(error).toMatchObject({ isInterrupted: true, message: expect.stringContaining("the next run finishes") });
    expect(await recover()).toEqual([{ task: "training", artifacts: [...artifactPaths], outcome: "finished", reason: null }]);
    await expectVersion("new");
    expect(await recover()).toEqual([]);
  });

  it("supersedes an interrupted publication of the same task", async () => {
    await failToPublish(failAt("rename", 6, "EIO"));
    await publish(await drawUp(root, "old"));
    await expectVersion("old");
  });

  it("keeps the journals of fan-out tasks apart", async () => {
    const names: string[] = [];
    for (const task of ["cleaning@a", "cleaning@b"]) {
      const fs = interruptingFileSystem((name, [, to]) => void (name === "rename" && String(to).includes("/journal/") && names.push(String(to))));
      await publish({ ...(await drawUp(root, "old", fs)), task });
    }
    expect(new Set(names.map((name) => name.slice(root.length)))).toEqual(new Set(["/.stitchbook/journal/cleaning+a.json", "/.stitchbook/journal/cleaning+b.json"]));
  });

  it("does not record an edit that comes between rename and record", async () => {
    await publish(await drawUp(root, "old"));
    const fs = interruptingFileSystem(async (name, [path]) => {
      if (name === "unlink" && path === join(root, stalePath)) await writeFile(join(root, cleaned), contentOf(cleaned, "old"));
    });
    await expect(publish(await drawUp(root, "new", fs))).rejects.toThrow(`${cleaned} could not be published: it was changed or removed`);
    expect(await recover()).toMatchObject([{ outcome: "abandoned", reason: `the new bytes of ${cleaned} are gone or damaged` }]);
    expect((await readVersions(root)).record).toBe("old with other file states");
  });
});

describe("the place of an artifact", () => {
  it("may be a link: it is replaced, and what it led to stays", async () => {
    const precious = join(root, "precious.csv");
    await writeFile(precious, "precious");
    await mkdir(dirname(join(root, cleaned)), { recursive: true });
    await symlink(precious, join(root, cleaned));
    await publish(await drawUp(root, "new"));
    expect((await lstat(join(root, cleaned))).isFile()).toBe(true);
    expect(await readFile(precious, "utf8")).toBe("precious");
    await expectVersion("new", ["precious.csv"]);
  });

  it("may lie behind a link inside the project, but not behind one that leaves it", async () => {
    await mkdir(join(root, "volumes", "data"), { recursive: true });
    await symlink("volumes/data", join(root, "data"));
    await publish(await drawUp(root, "old"));
    expect(await readFile(join(root, "volumes/data/processed/cleaned.csv"), "utf8")).toBe(contentOf(cleaned, "old"));
    const outside = await mkdtemp(join(tmpdir(), "stitchbook-outside-"));
    await unlink(join(root, "data"));
    await symlink(outside, join(root, "data"));
    await expect(publish(await drawUp(root, "new"))).rejects.toThrow(`${cleaned} could not be published: its folder is ${outside}, outside the project`);
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(join(root, metrics), "utf8")).toBe(contentOf(metrics, "old"));
    await rm(outside, { recursive: true });
  });

  it("is not a folder, nor below a file", async () => {
    await mkdir(join(root, metrics), { recursive: true });
    await expect(publish(await drawUp(root, "new"))).rejects.toThrow(`${metrics} could not be published: a folder stands in its place`);
    await rm(join(root, "model"), { recursive: true });
    await writeFile(join(root, "model"), "a file");
    await expect(publish(await drawUp(root, "new"))).rejects.toThrow(`${metrics} could not be published: a file stands where a folder is expected`);
    await expectVersion(null, ["model"]);
  });

  it("is in the project", async () => {
    const options = await drawUp(root, "new");
    await expect(publish({ ...options, artifacts: [], remove: ["../elsewhere.svg"] })).rejects.toThrow("outside the project");
  });
});

describe("recoverPublications", () => {
  it("has nothing to do in a new project", async () => {
    expect(await recover()).toEqual([]);
  });

  it("undoes a publication whose waiting files were lost, and says so", async () => {
    await publish(await drawUp(root, "old"));
    await stopBeforeRename(5);
    const waiting = (await readdir(join(root, "model"))).find((name) => name.endsWith(".tmp"));
    await unlink(join(root, "model", waiting ?? ""));
    expect(await recover()).toEqual([{ task: "training", artifacts: [...artifactPaths], outcome: "undone", reason: `the new bytes of ${metrics} are gone or damaged` }]);
    await expectVersion("old");
  });

  it("does not publish waiting files of the right size with other bytes", async () => {
    await publish(await drawUp(root, "old"));
    await stopBeforeRename(5);
    const waiting = (await readdir(join(root, "model"))).find((name) => name.endsWith(".tmp"));
    await writeFile(join(root, "model", waiting ?? ""), contentOf(metrics, "nEw"));
    expect(await recover()).toMatchObject([{ outcome: "undone" }]);
    await expectVersion("old");
  });

  it("abandons what is half in place and can't be finished, and removes its traces", async () => {
    await publish(await drawUp(root, "old"));
    await stopBeforeRename(6);
    const waiting = (await readdir(join(root, "model"))).find((name) => name.endsWith(".tmp"));
    await unlink(join(root, "model", waiting ?? ""));
    expect(await recover()).toMatchObject([{ task: "training", outcome: "abandoned" }]);
    // The old record does not match the new artifact, so the task will run again.
    expect(await readVersions(root)).toEqual({ artifacts: ["new", "old"], record: "old with other file states" });
    expect(await listFiles(root)).toEqual([recordFile, ...artifactPaths]);
  });

  it("does not finish a publication that would now leave the project", async () => {
    await stopBeforeRename(5);
    const outside = await mkdtemp(join(tmpdir(), "stitchbook-outside-"));
    await rename(join(root, "data"), join(outside, "data"));
    await symlink(join(outside, "data"), join(root, "data"));
    expect(await recover()).toMatchObject([{ outcome: "undone", reason: expect.stringContaining("outside the project") }]);
    expect(await readdir(join(root, "model"))).toEqual([]);
    await rm(outside, { recursive: true });
  });

  it("survives a damaged journal", async () => {
    await mkdir(join(root, ".stitchbook", "journal"));
    await writeFile(join(root, ".stitchbook", "journal", "training.json"), '{"version":1,"task":"training"');
    expect(await recover()).toMatchObject([{ outcome: "abandoned", reason: "its journal is damaged" }]);
    expect(await recover()).toEqual([]);
  });

  /** Publishes the new version until just before its n-th rename; 5 and 6 are those of the artifacts. */
  async function stopBeforeRename(n: number): Promise<void> {
    let renames = 0;
    const options = await drawUp(root, "new");
    await new Promise<void>((resolve) => {
      const fs = interruptingFileSystem((name) => {
        if (name === "rename") renames += 1;
        if (renames < n) return undefined;
        resolve();
        return new Promise<never>(() => undefined);
      });
      void publish({ ...options, fs });
    });
  }
});
