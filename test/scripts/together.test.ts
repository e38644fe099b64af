import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../engine/run/lock/lock.js";
import { lockText, type Owner } from "../../engine/run/lock/lock-folder.js";
import { identifyProcess, listGroup, listProcess } from "../../engine/run/lock/process-identity.js";
import { makeProject } from "../project/make-project.js";
import { executed, parseEvents, runStitchbook, startStitchbook, waitUntil, type LoggedEvent } from "./rig.js";

const timeout = 180_000;
const roots: string[] = [];
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

/** Two stages in a chain; the first does `work` when a secret tells it to. */
async function makeChain(work = ""): Promise<string> {
  const root = await makeProject({
    "stitchbook.yaml": "name: together\n",
    "notebooks/a.ipynb": ["---\nstage: a\noutputs: [data/a.txt]\nsecrets: [MODE?]\n---", `import { writeFileSync } from "node:fs";\nif (process.env.MODE === "stuck") {\n${work}\n}\nwriteFileSync("data/a.txt", "a");`],
    "notebooks/b.ipynb": ["---\nstage: b\ninputs: [data/a.txt]\noutputs: [data/b.txt]\n---", '(await import("node:fs")).writeFileSync("data/b.txt", "b");'],
  });
  roots.push(root);
  return root;
}

const stuck = 'for (const name of ["SIGTERM", "SIGHUP"]) process.on(name, () => undefined);\nfor (;;);';

/** Starts a run that hangs in its first stage; gives the command and the process group of its worker. */
async function startStuck(root: string) {
  const { child, ended } = await startStitchbook(["run"], { cwd: root, env: { MODE: "stuck" } });
  children.push(child);
  let group = 0;
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error((await ended).stderr);
    const names = (await readdir(join(root, ".stitchbook/lock")).catch(() => [])).filter((name) => name.endsWith(".workers"));
    const text = (await Promise.all(names.map((name) => readFile(join(root, ".stitchbook/lock", name), "utf8").catch(() => "")))).join("\n");
    const pids = [...text.matchAll(/"started":\{[^}]*"pid":(\d+)/g)].map((match) => Number(match[1]));
    // At work is the one that uses the processor.
    for (const pid of pids) if (await isBusy(pid)) group = pid;
    return group !== 0;
  }, { what: "the stage at work" });
  return { child, ended, group };
}

/** Whether a process has used more than 0.3 s of the processor; where that can't be read, whether it has lived for 3 s. */
async function isBusy(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) {
    await delay(3000);
    return (await listProcess(pid)) !== null;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]) > 100;
}

async function allEvents(root: string): Promise<LoggedEvent[]> {
  const names = (await readdir(join(root, "logs"))).sort();
  return (await Promise.all(names.map(async (name) => parseEvents(await readFile(join(root, "logs", name), "utf8"))))).flat();
}

describe("twenty runs that are started at once", () => {
  it("execute each stage once, and all end with 0 or 4", async () => {
    const root = await makeChain();
    const runs = await Promise.all(Array.from({ length: 20 }, () => runStitchbook(["run"], { cwd: root })));
    const codes = runs.map(({ code }) => code);
    expect(codes.filter((code) => code !== 0 && code !== 4)).toEqual([]);
    expect(codes).toContain(0);
    for (const { code, stdout, stderr } of runs) {
      if (code === 0) expect(stderr).toBe("");
      else expect({ stdout, stderr }).toEqual({ stdout: "", stderr: expect.stringMatching(/^stitchbook: Run \S+ holds this project: process \d+, since \d{4}-/) });
    }
    expect(executed(await allEvents(root))).toEqual(["a", "b"]);
    expect(await readFile(join(root, "data/b.txt"), "utf8")).toBe("b");
  }, timeout);
});

describe("a run while another one holds the project", () => {
  it("gives 4 at once, says who, and leaves the other alone", async () => {
    const root = await makeChain(stuck);
    const { child, ended, group } = await startStuck(root);
    const startedAt = performance.now();
    const second = await runStitchbook(["run", "--json"], { cwd: root });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(second.code).toBe(4);
    expect(second.stdout).toBe("");
    expect(second.stderr).toContain(`process ${child.pid}, since`);
    expect(second.stderr).toContain("Wait for it to end (--wait), or stop it.");
    expect(child.exitCode).toBeNull();
    expect((await listProcess(group))?.isZombie).toBe(false);
    // Reading commands need no lock.
    expect((await runStitchbook(["plan"], { cwd: root })).code).toBe(0);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(143);
  }, timeout);

  it("takes over from one that was killed, and ends its worker that refuses signals, within 5 s", async () => {
    const root = await makeChain(stuck);
    const { child, ended, group } = await startStuck(root);
    child.kill("SIGKILL");
    await ended;
    const stages = await listGroup(group);
    expect(stages.length).toBeGreaterThan(0);
    const startedAt = performance.now();
    const next = await runStitchbook(["run", "--json"], { cwd: root });
    const began = parseEvents(next.stdout).find((event) => event.event === "run.start");
    expect(next).toMatchObject({ code: 0, stderr: "" });
    expect(Date.parse(String(began?.["time"])) - (Date.now() - (performance.now() - startedAt))).toBeLessThan(5000);
    expect((await listGroup(group)).filter(({ isZombie }) => !isZombie)).toEqual([]);
    expect(executed(parseEvents(next.stdout))).toEqual(["a", "b"]);
  }, timeout);

  it("takes over from a dead one whose process id another process has by now, and leaves that process alone", async () => {
    const root = await makeChain();
    const stranger = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
    children.push(stranger);
    await new Promise((resolve) => stranger.once("spawn", resolve));
    const identity = await identifyProcess(stranger.pid ?? 0);
    if (identity === null) throw new Error("the stranger is gone");
    // Makes the folder as a run would.
    const lock = await acquireLock({ stateFolder: join(root, ".stitchbook"), run: "earlier" });
    if ("heldBy" in lock) throw new Error("held");
    await lock.release();
    const owner: Owner = { ...identity, startTime: "1", run: "dead", startedAt: "2026-03-01T06:30:00.000Z" };
    await writeFile(join(root, ".stitchbook/lock/000002"), lockText(owner));
    appendFileSync(join(root, ".stitchbook/lock/000002.workers"), "");
    const next = await runStitchbook(["run"], { cwd: root });
    expect(next).toMatchObject({ code: 0, stderr: "" });
    expect((await listProcess(stranger.pid ?? 0))?.isZombie).toBe(false);
    // Were it that very process, it would count as alive.
    const number = (await readdir(join(root, ".stitchbook/lock"))).sort().at(-1) ?? "";
    await writeFile(join(root, ".stitchbook/lock", String(Number(number) + 1).padStart(6, "0")), lockText({ ...owner, startTime: identity.startTime }));
    expect((await runStitchbook(["run"], { cwd: root })).code).toBe(4);
  }, timeout);
});
