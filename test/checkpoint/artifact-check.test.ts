import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { checkArtifacts, createDigester, settleStates, statesTimeMs } from "../../engine/checkpoint/artifact-check.js";
import { readFileState } from "../../engine/checkpoint/file-state.js";
import type { FileState, TaskRecord } from "../../engine/plan/types.js";
import { sampleRecord } from "./sample-record.js";
import { temporaryFolder } from "./temporary-folder.js";

const root = temporaryFolder();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** Long after every file of this test was written. */
const muchLater = (): number => Date.now() + 3_600_000;

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

function stateOf(path: string): FileState {
  const state = readFileState(join(root, path));
  if (state === null) throw new Error(`no such file: ${path}`);
  return state;
}

/** A record of these files as they are, whose states were recorded at a time. */
function recordOf(paths: readonly string[], recordedAtMs: number): TaskRecord {
  const files = paths.map((path) => ({ path, sha256: sha256(readFileSync(join(root, path), "utf8")), state: stateOf(path) }));
  const artifacts = files.map((file) => ({ ...file, bytes: file.state.size, rows: null, schema: null, schemaHash: null }));
  return sampleRecord({ artifacts, inputs: [], startedAt: new Date(recordedAtMs).toISOString() });
}

/** Whether the record's word was taken for a file: a false digest in it then shows. */
async function isRead(path: string, state: FileState, recordedAtMs: number): Promise<boolean> {
  const digest = createDigester(root, [{ path, sha256: "recorded", state }], recordedAtMs);
  return (await digest(path)) !== "recorded";
}

beforeEach(() => {
  mkdirSync(join(root, "data"), { recursive: true });
  write("data/a.csv", "a\n1\n");
  write("data/b.csv", "b\n2\n");
});

describe("artifacts", () => {
  it("that are as recorded have no problems, trusted or not", async () => {
    for (const time of [Date.now(), muchLater(), 0]) expect(await checkArtifacts(root, recordOf(["data/a.csv", "data/b.csv"], time))).toEqual([]);
  });

  it("that are missing or changed are told", async () => {
    const record = recordOf(["data/a.csv", "data/b.csv"], muchLater());
    rmSync(join(root, "data/a.csv"));
    write("data/b.csv", "b\n3\n");
    expect(await checkArtifacts(root, record)).toEqual([{ path: "data/a.csv", problem: "missing" }, { path: "data/b.csv", problem: "changed" }]);
    mkdirSync(join(root, "data/a.csv"));
    expect(await checkArtifacts(root, record)).toMatchObject([{ problem: "missing" }, { problem: "changed" }]);
    rmSync(join(root, "data/a.csv"), { recursive: true });
  });

  it("that were touched or copied with the same bytes are unchanged", async () => {
    const record = recordOf(["data/a.csv"], muchLater());
    utimesSync(join(root, "data/a.csv"), 1, 1);
    expect(await checkArtifacts(root, record)).toEqual([]);
    write("data/copy", "a\n1\n");
    renameSync(join(root, "data/copy"), join(root, "data/a.csv"));
    expect(await checkArtifacts(root, record)).toEqual([]);
  });

  it("that were changed under a restored size and modification time are found", async () => {
    const record = recordOf(["data/a.csv"], muchLater());
    const { mtime, atime } = statSync(join(root, "data/a.csv"));
    write("data/a.csv", "a\n7\n");
    utimesSync(join(root, "data/a.csv"), atime, mtime);
    expect(await checkArtifacts(root, record)).toEqual([{ path: "data/a.csv", problem: "changed" }]);
  });

  it("with a trusted state are not read, but are under rehash", async () => {
    const record = recordOf(["data/a.csv"], muchLater());
    const lying = { ...record, artifacts: record.artifacts.map((artifact) => ({ ...artifact, sha256: "recorded" })) };
    expect(await checkArtifacts(root, lying)).toEqual([]);
    expect(await checkArtifacts(root, lying, { rehash: true })).toEqual([{ path: "data/a.csv", problem: "changed" }]);
  });

  it("written just before their state was recorded are read: a change in the same clock step leaves the state as it was", async () => {
    expect(await isRead("data/a.csv", stateOf("data/a.csv"), Date.now())).toBe(true);
    expect(await isRead("data/a.csv", stateOf("data/a.csv"), muchLater())).toBe(false);
    expect(await isRead("data/a.csv", stateOf("data/a.csv"), 0)).toBe(true);
  });
});

describe("a digester", () => {
  it("answers null for what is not there", async () => {
    const digest = createDigester(root, [], 0);
    expect(await digest("data/none.csv")).toBeNull();
    expect(await digest("data")).toBeNull();
    expect(await digest("data/a.csv/below")).toBeNull();
  });

  it("sees a file that was replaced since it was asked before", async () => {
    const digest = createDigester(root, [], 0);
    expect(await digest("data/a.csv")).toBe(sha256("a\n1\n"));
    for (let round = 0; round < 50; round += 1) {
      write("data/a.csv", `a\n${round % 10}\n`);
      expect(await digest("data/a.csv")).toBe(sha256(`a\n${round % 10}\n`));
    }
  });

  it("answers many at once with one reading", async () => {
    const digest = createDigester(root, [], 0);
    const asked = Array.from({ length: 20 }, () => digest("data/a.csv"));
    expect(new Set(asked).size).toBe(1);
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, () => sha256("a\n1\n")));
  });

  it("remembers an old file that it hashed", async () => {
    const digest = createDigester(root, [{ path: "data/a.csv", sha256: "other", state: { ...stateOf("data/a.csv"), inode: "1" } }], muchLater());
    expect(await digest("data/a.csv")).toBe(sha256("a\n1\n"));
  });

  it("goes by an entry's own time, and by the first entry of a path", async () => {
    const state = stateOf("data/a.csv");
    const known = [{ path: "data/a.csv", sha256: "first", state, recordedAtMs: muchLater() }, { path: "data/a.csv", sha256: "second", state }];
    expect(await createDigester(root, known, 0)("data/a.csv")).toBe("first");
  });
});

describe("settling the states of a record", () => {
  it("makes young states trusted once they are old, and then has nothing to do", async () => {
    const record = { ...recordOf(["data/a.csv"], Date.now()), inputs: [{ path: "data/b.csv", sha256: sha256("b\n2\n"), state: stateOf("data/b.csv") }] };
    expect(await settleStates(root, record, Date.now())).toBeNull();
    const now = muchLater();
    const settled = await settleStates(root, record, now);
    expect(settled).toEqual({ ...record, statesAt: new Date(now).toISOString() });
    if (settled === null) throw new Error("not settled");
    expect(statesTimeMs(settled)).toBe(now);
    expect(await settleStates(root, settled, muchLater())).toBeNull();
  });

  it("takes the present state of a file whose bytes are the same", async () => {
    const record = recordOf(["data/a.csv"], Date.now());
    utimesSync(join(root, "data/a.csv"), 1, 1);
    expect((await settleStates(root, record, muchLater()))?.artifacts[0]?.state).toEqual(stateOf("data/a.csv"));
  });

  it("does nothing where a file is missing or has other bytes", async () => {
    const record = recordOf(["data/a.csv", "data/b.csv"], Date.now());
    write("data/b.csv", "b\n9\n");
    expect(await settleStates(root, record, muchLater())).toBeNull();
    rmSync(join(root, "data/b.csv"));
    expect(await settleStates(root, record, muchLater())).toBeNull();
  });
});
