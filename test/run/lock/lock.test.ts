import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileSystem, type FileSystem } from "../../../engine/run/publish/file-system.js";
import { acquireLock, explainHeldLock, LockError, type HeldLock, type Lock } from "../../../engine/run/lock/lock.js";
import { lockText, type Owner } from "../../../engine/run/lock/lock-folder.js";
import { identifyProcess, readMachine, type ProcessIdentity } from "../../../engine/run/lock/process-identity.js";
import { workerLine } from "../../../engine/run/lock/worker-groups.js";
import { interruptingFileSystem, systemError } from "../interrupting-file-system.js";

let stateFolder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "stitchbook-lock-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(stateFolder, { recursive: true });
});

const take = (run: string, more: { readonly fs?: FileSystem; readonly waitMs?: number } = {}) => acquireLock({ stateFolder, run, ...more });

async function mustTake(run: string, more: { readonly fs?: FileSystem; readonly waitMs?: number } = {}): Promise<Lock> {
  return mustBeLock(await take(run, more));
}

function mustBeLock(lock: Lock | HeldLock): Lock {
  if ("release" in lock) return lock;
  throw new Error(`held by ${lock.heldBy.run}`);
}

/** A process that lives until the test's end; leader of its own group. */
async function startSleeper(): Promise<number> {
  const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  return child.pid ?? 0;
}

async function mustIdentify(pid: number): Promise<ProcessIdentity> {
  const identity = await identifyProcess(pid);
  if (identity === null) throw new Error(`there is no process ${pid}`);
  return identity;
}

/** A process id that nobody has: of a process that has ended and was collected. */
async function deadPid(): Promise<number> {
  const child = spawn("true", { stdio: "ignore" });
  await new Promise((resolve) => child.once("close", resolve));
  return child.pid ?? 0;
}

/** Puts a lock file there as another process would have. */
async function placeLock(number: string, changes: Partial<Owner>): Promise<void> {
  const owner: Owner = { ...(await readMachine()), pid: await deadPid(), startTime: "1", run: "earlier", startedAt: "2026-03-01T06:30:00.000Z", ...changes };
  await mkdir(join(stateFolder, "lock"), { recursive: true });
  await writeFile(join(stateFolder, "lock", number), lockText(owner));
}

describe("acquireLock", () => {
  it("gives the lock to one, and tells the other who has it", async () => {
    const lock = await mustTake("first");
    const second = await take("second");
    expect(second).toMatchObject({ heldBy: { run: "first", pid: process.pid }, isElsewhere: false });
    if ("release" in second) throw new Error("two owners");
    expect(explainHeldLock(second).message).toContain(`Run first holds this project: process ${process.pid}, since 2`);
    await lock.release();
    await (await mustTake("second")).release();
  });

  it("counts up, and never gives a number twice", async () => {
    for (const run of ["a", "b", "c"]) await (await mustTake(run)).release();
    expect((await readdir(join(stateFolder, "lock"))).sort()).toEqual(["000001", "000002", "000003"]);
  });

  it("keeps the folder small, and clears temporary files of the killed", async () => {
    await mkdir(join(stateFolder, "lock"));
    await writeFile(join(stateFolder, "lock", ".0123456789abcdef.tmp"), "{");
    for (let run = 0; run < 50; run += 1) await (await mustTake(String(run))).release();
    const names = (await readdir(join(stateFolder, "lock"))).sort();
    expect(names).toHaveLength(32);
    expect(names.at(-1)).toBe("000050");
  });

  it("can be released twice", async () => {
    const lock = await mustTake("first");
    await Promise.all([lock.release(), lock.release()]);
    const second = await mustTake("second");
    await lock.release();
    expect("heldBy" in (await take("third"))).toBe(true);
    await second.release();
  });

  it("waits for as long as it was told, says so once, and goes on when the lock is released", async () => {
    const lock = await mustTake("first");
    const onWait = vi.fn();
    const waiting = acquireLock({ stateFolder, run: "second", waitMs: 30_000, onWait });
    await vi.waitUntil(() => onWait.mock.calls.length > 0);
    await lock.release();
    await mustBeLock(await waiting).release();
    expect(onWait.mock.calls).toMatchObject([[{ heldBy: { run: "first" } }]]);
  });

  it("gives up waiting when the time is over or it is told to stop", async () => {
    const lock = await mustTake("first");
    expect(await take("second", { waitMs: 150 })).toMatchObject({ heldBy: { run: "first" } });
    const controller = new AbortController();
    const waiting = acquireLock({ stateFolder, run: "third", waitMs: 60_000, onWait: () => controller.abort(), signal: controller.signal });
    expect(await waiting).toMatchObject({ heldBy: { run: "first" } });
    await lock.release();
  });
});

describe("a lock of an owner that is gone", () => {
  it("is taken over: no such process, another process by that number, or a zombie", async () => {
    await placeLock("000007", {});
    await (await mustTake("next")).release();
    await placeLock("000011", { pid: process.pid, startTime: "another" });
    await (await mustTake("next")).release();
    expect(await readdir(join(stateFolder, "lock"))).toContain("000012");

    // The inner process ends while its parent, by then `sleep`, will never collect it.
    const parent = spawn("sh", ["-c", 'read x & echo $!; exec sleep 300'], { stdio: ["pipe", "pipe", "ignore"] });
    children.push(parent);
    const text = await new Promise<Buffer>((resolve) => parent.stdout.once("data", resolve));
    const zombie = Number(String(text));
    const alive = await identifyProcess(zombie);
    if (alive !== null) await placeLock("000015", { pid: zombie, startTime: alive.startTime });
    parent.stdin.end();
    await (await mustTake("next", { waitMs: 10_000 })).release();
  });

  it("is taken over after a restart of the same machine", async () => {
    await placeLock("000007", { bootId: "an earlier boot", pid: process.pid });
    const { machineId } = await readMachine();
    const lock = await take("next");
    // A machine without an id can't tell a restart from another machine.
    expect("release" in lock).toBe(machineId !== "");
    if ("release" in lock) await lock.release();
  });

  it.each([
    ["another machine", { hostname: "elsewhere", machineId: "other", bootId: "other" }],
    ["a cloned machine with another name", { hostname: "elsewhere", bootId: "other" }],
    ["another container of this machine", { pidNamespace: "pid:[1]" }],
    ["a container of another machine, by the same name", { machineId: "", bootId: "other" }],
  ])("is left alone on %s, and the message says what to do", async (_, changes) => {
    await placeLock("000007", changes);
    const held = await take("next");
    expect(held).toMatchObject({ heldBy: { run: "earlier" }, isElsewhere: true, file: join(stateFolder, "lock", "000007") });
    if ("release" in held) throw new Error("stolen");
    expect(explainHeldLock(held).hint).toContain(`remove ${join(stateFolder, "lock", "000007")}`);
  });

  it("is taken over by exactly one of many, however their steps interleave", async () => {
    for (let round = 0; round < 60; round += 1) {
      const folder = join(stateFolder, String(round));
      await mkdir(join(folder, "lock"), { recursive: true });
      await writeFile(join(folder, "lock", "000001"), await readFile(await staleLockFile(), "utf8"));
      const fs = interruptingFileSystem(async () => {
        for (let turns = Math.floor(Math.random() * 12); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      });
      const results = await Promise.all(Array.from({ length: 8 }, (_, index) => acquireLock({ stateFolder: folder, run: String(index), fs })));
      const owners = results.filter((result): result is Lock => "release" in result);
      expect(owners).toHaveLength(1);
      await owners[0]?.release();
    }
  });

  // Asleep before `open`, its number is free again when it wakes; before `link`, its temporary file is gone.
  it.each(["open", "link"])("is not taken by one that slept before its %s while many others came and went", async (call) => {
    await placeLock("000001", {});
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let isAsleep = false;
    const fs = interruptingFileSystem((name) => {
      if (name !== call || isAsleep) return undefined;
      isAsleep = true;
      return asleep;
    });
    const sleeper = take("sleeper", { fs });
    await vi.waitUntil(() => isAsleep);
    for (let run = 0; run < 40; run += 1) await (await mustTake(String(run))).release();
    const lock = await mustTake("awake");
    expect(await readdir(join(stateFolder, "lock"))).not.toContain("000002");
    wake();
    expect(await sleeper).toMatchObject({ heldBy: { run: "awake" } });
    await lock.release();
  });

  async function staleLockFile(): Promise<string> {
    await placeLock("000001", {});
    return join(stateFolder, "lock", "000001");
  }
});

describe("a damaged lock file", () => {
  it("is an error that names it, if a power failure does not explain it", async () => {
    await mkdir(join(stateFolder, "lock"));
    const file = join(stateFolder, "lock", "000003");
    await writeFile(file, '{"pid":');
    const error = await take("next").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockError);
    expect(error).toMatchObject({ message: expect.stringContaining(file), hint: expect.stringContaining(`remove ${file}`) });
  });

  it("counts as that of a dead owner if it is older than this boot", async () => {
    await mkdir(join(stateFolder, "lock"));
    await writeFile(join(stateFolder, "lock", "000003"), "");
    const stat: FileSystem["stat"] = new Proxy(fileSystem.stat, {
      apply: async (target, self, args) => Object.assign(await Reflect.apply(target, self, args), { ctimeMs: 0 }),
    });
    await (await mustTake("next", { fs: { ...fileSystem, stat } })).release();
  });
});

describe("a disk that is full", () => {
  it.each(["open", "handle.write", "link"])("is named by the error, and leaves no lock behind (at %s)", async (call) => {
    const fs = interruptingFileSystem((name) => {
      if (name === call) throw systemError("ENOSPC");
    });
    const error = await take("first", { fs }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockError);
    expect(error).toMatchObject({ message: "The project could not be locked: no space is left on the disk (ENOSPC).", hint: "Free some space, then run again." });
    expect(await readdir(join(stateFolder, "lock"))).toEqual([]);
    await (await mustTake("second")).release();
  });
});

describe("a file system without hard links", () => {
  it("still has one owner at a time", async () => {
    const fs = interruptingFileSystem((name) => {
      if (name === "link") throw systemError("ENOTSUP");
    });
    const lock = await mustTake("first", { fs });
    expect(await take("second", { fs })).toMatchObject({ heldBy: { run: "first" } });
    await lock.release();
    await (await mustTake("second", { fs })).release();
    expect((await readdir(join(stateFolder, "lock"))).sort()).toEqual(["000001", "000002"]);
  });
});

describe("workers", () => {
  it("that are still recorded are ended by the release", async () => {
    const lock = await mustTake("first");
    const [forgotten, recorded] = [await startSleeper(), await startSleeper()];
    await lock.recordWorker(forgotten);
    await lock.recordWorker(recorded);
    await lock.forgetWorker(forgotten);
    await lock.release();
    expect(await identifyProcess(recorded)).toBeNull();
    expect(await identifyProcess(forgotten)).not.toBeNull();
    expect(await readdir(join(stateFolder, "lock"))).toEqual(["000001"]);
  });

  it("must lead their own process group", async () => {
    const lock = await mustTake("first");
    const child = spawn("sleep", ["300"], { stdio: "ignore" });
    children.push(child);
    await new Promise((resolve) => child.once("spawn", resolve));
    await expect(lock.recordWorker(child.pid ?? 0)).rejects.toThrow("does not lead a process group");
    await lock.release();
  });

  it("of several dead owners are all ended before the lock is given", async () => {
    const sleepers = [await startSleeper(), await startSleeper()];
    await placeLock("000004", {});
    await placeLock("000005", {});
    for (const [index, pid] of sleepers.entries()) {
      await writeFile(join(stateFolder, "lock", `00000${index + 4}.workers`), `${workerLine({ started: await mustIdentify(pid) })}{"sha256":"`);
    }
    const lock = await mustTake("next");
    for (const pid of sleepers) expect(await identifyProcess(pid)).toBeNull();
    expect((await readdir(join(stateFolder, "lock"))).filter((name) => name.endsWith(".workers"))).toEqual([]);
    await lock.release();
  });

  it("whose number another process has by now leave that process alone", async () => {
    const pid = await startSleeper();
    const worker = { ...(await mustIdentify(pid)), startTime: "another" };
    await placeLock("000004", {});
    await writeFile(join(stateFolder, "lock", "000004.workers"), workerLine({ started: worker }));
    await (await mustTake("next")).release();
    expect(await identifyProcess(pid)).not.toBeNull();
  });

  it.each([-1, 0, 1])("with the impossible number %i are ignored", async (pid) => {
    await placeLock("000004", {});
    await writeFile(join(stateFolder, "lock", "000004.workers"), workerLine({ started: { ...(await mustIdentify(process.pid)), pid } }));
    await (await mustTake("next")).release();
  });

  it("that are dead but left a process at work in a task's folder take it with them", async () => {
    // Where a process is at work can be read from /proc only.
    if (process.platform !== "linux") return;
    const tasksFolder = join(stateFolder, "tasks", "training-a1b2c3");
    await mkdir(tasksFolder, { recursive: true });
    const lock = await mustTake("first");
    const leader = spawn("sh", ["-c", 'sleep 300 >/dev/null & echo $!; read x'], { cwd: tasksFolder, detached: true, stdio: ["pipe", "pipe", "ignore"] });
    children.push(leader);
    const left = Number(String(await new Promise<Buffer>((resolve) => leader.stdout.once("data", resolve))));
    await lock.recordWorker(leader.pid ?? 0);
    const ended = new Promise((resolve) => leader.once("exit", resolve));
    leader.stdin.end();
    await ended;
    expect(await identifyProcess(left)).not.toBeNull();
    await lock.release();
    expect(await identifyProcess(left)).toBeNull();
  });
});
