import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listGroup, listProcess } from "../../engine/run/lock/process-identity.js";
import { createRandom } from "../plan/seeded-random.js";
import { makeProject } from "../project/make-project.js";
import { executed, parseEvents, readArtifacts, runForEvents, runStitchbook, startStitchbook, waitUntil, type LoggedEvent } from "./rig.js";

const timeout = 120_000;
const limitMs = 5000;
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof exitCodes;

const write = 'writeFileSync("data/slow.csv", "a\\n1\\n");';
const begin = 'import { writeFileSync } from "node:fs";\nimport { spawn } from "node:child_process";\n';
/** A child that a polite request does not end, in the group of the worker. */
const child = 'const child = spawn("sh", ["-c", "trap \'\' TERM INT HUP; while :; do sleep 1; done"], { stdio: "ignore" });\nconsole.log(`at work ${process.pid} ${child.pid}`);\n';
const refuse = 'for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => console.log("no"));\n';
/** What the stage does once the test has told by a secret, which counts for no fingerprint, that it shall. */
const stubborn: Readonly<Record<string, string>> = {
  waits: `${child}await new Promise((done) => setTimeout(done, 600_000));`,
  "refuses signals": `${refuse}${child}await new Promise((done) => setTimeout(done, 600_000));`,
  blocks: `${refuse}${child}for (;;);`,
  "writes without an end": `${child}for (let line = 0; ; line += 1) { console.log("line", line); if (line % 1000 === 0) await new Promise((done) => setImmediate(done)); }`,
};

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

async function makeSlow(work: string): Promise<string> {
  const root = await makeProject({
    "stitchbook.yaml": "name: stopped\n",
    "notebooks/01-quick.ipynb": ["---\nstage: quick\noutputs: [data/quick.csv]\n---", `${begin}writeFileSync("data/quick.csv", "a\\n1\\n");`],
    "notebooks/02-slow.ipynb": ["---\nstage: slow\ninputs: [data/quick.csv]\noutputs: [data/slow.csv]\nsecrets: [MODE]\n---", `${begin}${write}\nif (process.env.MODE === "stuck") {\n${work}\n}`],
  });
  roots.push(root);
  return root;
}

async function lastLog(root: string): Promise<LoggedEvent[]> {
  const names = (await readdir(join(root, "logs"))).sort();
  return parseEvents(await readFile(join(root, "logs", names.at(-1) ?? ""), "utf8"));
}

async function isAlive(pid: number): Promise<boolean> {
  const found = await listProcess(pid);
  return found !== null && !found.isZombie;
}

type Stopping = { readonly root: string; readonly stop: (child: Awaited<ReturnType<typeof startStitchbook>>["child"]) => void | Promise<void>; readonly args?: readonly string[] };

/** Runs until the stage is at work, stops the run, and tells how it ended; all of the stage's processes must be gone. */
async function stopAtWork({ root, stop, args = ["run", "-v"] }: Stopping): Promise<{ readonly code: number | null; readonly tookMs: number }> {
  const { child: command, ended } = await startStitchbook(args, { cwd: root, env: { MODE: "stuck" } });
  let pids: number[] = [];
  await waitUntil(async () => {
    if (command.exitCode !== null) throw new Error(`ended too early: ${(await ended).stderr}`);
    const found = existsSync(join(root, ".stitchbook/lock")) ? await findAtWork(root) : null;
    pids = found ?? [];
    return found !== null;
  }, { what: "the stage at work" });
  const startedAt = performance.now();
  await stop(command);
  const { code } = await ended;
  const tookMs = performance.now() - startedAt;
  for (const pid of pids) await waitUntil(async () => !(await isAlive(pid)), { what: `the end of process ${pid}`, timeoutMs: 500 });
  return { code, tookMs };
}

/** The worker's group, from the companion of the lock, and the child that it has. */
async function findAtWork(root: string): Promise<number[] | null> {
  const folders = await readdir(join(root, ".stitchbook/tasks")).catch(() => []);
  if (!folders.some((name) => name.startsWith("slow"))) return null;
  const names = (await readdir(join(root, ".stitchbook/lock"))).filter((name) => name.endsWith(".workers"));
  const texts = await Promise.all(names.map((name) => readFile(join(root, ".stitchbook/lock", name), "utf8").catch(() => "")));
  const started = texts.join("\n").split("\n").flatMap((line) => (line.includes('{"started"') ? [Number(/"pid":(\d+)/.exec(line)?.[1])] : []));
  for (const leader of started) {
    const group = await listGroup(leader);
    // The worker of the slow stage is the one that has started a shell.
    if (group.length >= 2) return group.map(({ pid }) => pid);
  }
  return null;
}

async function expectStopped(root: string, code: number): Promise<void> {
  const events = await lastLog(root);
  expect(events.at(-1)).toMatchObject({ event: "run.done", status: "stopped", not_run: expect.any(Array) });
  expect(events.filter((event) => event.event === "run.done")).toHaveLength(1);
  expect([129, 130, 143]).toContain(code);
  expect(await readArtifacts(root, ["data"])).toEqual({ "data/quick.csv": "a\n1\n" });
  const left = (await readdir(root, { recursive: true })).filter((path) => !path.startsWith(".stitchbook/tasks/") && /\.tmp$|^\.stitchbook\/journal\//.test(path));
  expect(left).toEqual([]);
  const { code: next, events: more } = await runForEventsIn(root);
  expect(next).toBe(0);
  expect(executed(more)).toEqual(["slow"]);
  expect(await readdir(join(root, ".stitchbook/tasks"))).toEqual([]);
}

async function runForEventsIn(root: string) {
  const { code, stdout } = await runStitchbook(["run", "--json"], { cwd: root, env: { MODE: "ok" } });
  return { code, events: parseEvents(stdout) };
}

describe("a run that is stopped while a stage works", () => {
  it.each(Object.keys(stubborn).flatMap((kind, index) => [[kind, (Object.keys(exitCodes) as Signal[])[index % 3] ?? "SIGINT"] as const]))("ends within 5 s with all its children: a stage that %s, %s", async (kind, signal) => {
    const root = await makeSlow(stubborn[kind] ?? "");
    const { code, tookMs } = await stopAtWork({ root, stop: (command) => void command.kill(signal) });
    expect(code).toBe(exitCodes[signal]);
    expect(tookMs).toBeLessThan(limitMs);
    await expectStopped(root, code ?? -1);
  }, timeout);

  it.each([
    ["SIGTERM", ["run", "-v"]],
    ["SIGINT", ["run", "--json"]],
    ["SIGHUP", ["run", "-v"]],
  ] as const)("ends by %s while its output goes to a pipe that closed (%s)", async (signal, args) => {
    const root = await makeSlow(stubborn["writes without an end"] ?? "");
    const { code, tookMs } = await stopAtWork({
      root,
      args,
      stop: async (command) => {
        command.stdout?.destroy();
        command.stderr?.destroy();
        await delay(100);
        expect(command.exitCode).toBeNull();
        command.kill(signal);
      },
    });
    expect(code).toBe(exitCodes[signal]);
    expect(tookMs).toBeLessThan(limitMs);
    await expectStopped(root, code ?? -1);
  }, timeout);

  it("ends while nobody reads its output any more", async () => {
    const root = await makeSlow(stubborn["writes without an end"] ?? "");
    const { code, tookMs } = await stopAtWork({
      root,
      stop: async (command) => {
        command.stdout?.pause();
        await delay(300);
        command.kill("SIGTERM");
        await waitUntil(() => command.exitCode !== null, { what: "the end of the command", timeoutMs: limitMs + 1000 });
        command.stdout?.resume();
      },
    });
    expect(code).toBe(143);
    expect(tookMs).toBeLessThan(limitMs + 1000);
    await expectStopped(root, code ?? -1);
  }, timeout);

  it("ends at once by a second signal, and still says in the log that it was stopped", async () => {
    const root = await makeSlow(stubborn["blocks"] ?? "");
    const { code, tookMs } = await stopAtWork({
      root,
      stop: (command) => {
        command.kill("SIGINT");
        command.kill("SIGTERM");
      },
    });
    expect([130, 143]).toContain(code);
    expect(tookMs).toBeLessThan(limitMs);
    await expectStopped(root, code ?? -1);
  }, timeout);

  it("does not begin another attempt while it waits for one", async () => {
    const root = await makeProject({
      "stitchbook.yaml": "name: stopped\n",
      "notebooks/01-fail.ipynb": ["---\nstage: fail\noutputs: [data/a.csv]\nretry: { attempts: 5, delay: 10ms }\n---", 'throw Object.assign(new Error("busy"), { retryAfterMs: 60_000 });'],
    });
    roots.push(root);
    const { child: command, ended } = await startStitchbook(["run", "--json"], { cwd: root });
    await waitUntil(async () => existsSync(join(root, "logs")) && JSON.stringify(await lastLog(root).catch(() => [])).includes("task.retry"), { what: "the wait for an attempt" });
    command.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(parseEvents(stdout).flatMap((event) => (event.event === "task.start" ? [event["attempt"]] : []))).toEqual([1]);
    expect(parseEvents(stdout).at(-1)).toMatchObject({ event: "run.done", status: "stopped" });
  }, timeout);
});

describe("a run that is stopped at any moment", () => {
  const folders = ["data", "out"];
  const rounds = 20;
  let template = "";
  let undisturbed: Record<string, string> = {};
  let durationMs = 0;

  beforeAll(async () => {
    const stage = (id: string, inputs: readonly string[]) => [
      `---\nstage: ${id}\ninputs: [${inputs.join(", ")}]\noutputs: [data/${id}-1.csv, data/${id}-2.csv]\n---`,
      `import { readFileSync, writeFileSync } from "node:fs";\nconst given = ${JSON.stringify(inputs)}.map((path) => readFileSync(path, "utf8").length).join(" ");\nfor (const part of [1, 2]) writeFileSync(\`data/${id}-\${part}.csv\`, "a,b\\n" + \`\${part},\${given}\\n\`.repeat(20_000));`,
    ];
    template = await makeProject({
      "stitchbook.yaml": "name: moments\n",
      "raw/start.txt": "start",
      "notebooks/a.ipynb": stage("a", ["raw/start.txt"]),
      "notebooks/b.ipynb": stage("b", ["data/a-1.csv", "data/a-2.csv"]),
      "notebooks/c.ipynb": stage("c", ["data/b-1.csv"]),
      "templates/page.md": '---\nreport: page\noutputs: { markdown: out/page.md, images: out/images }\n---\n{{ stages.c.outputs["data/c-1.csv"].rows }} rows.\n',
    });
    roots.push(template);
    expect((await runStitchbook(["run"], { cwd: template })).code).toBe(0);
    undisturbed = await readArtifacts(template, folders);
    for (const path of ["data", "out", "logs", "reports", ".stitchbook/records"]) await rm(join(template, path), { recursive: true, force: true });
    const root = await copyOfTemplate();
    const startedAt = performance.now();
    expect((await runStitchbook(["run"], { cwd: root })).code).toBe(0);
    durationMs = performance.now() - startedAt;
  }, timeout);

  async function copyOfTemplate(): Promise<string> {
    const root = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-moments-")));
    roots.push(root);
    await cp(template, root, { recursive: true, preserveTimestamps: true });
    return root;
  }

  it(`leaves whole files and a project from which the next run goes on (${rounds} seeded moments)`, async () => {
    const random = createRandom(20_260_214);
    let stopped = 0;
    for (let round = 0; round < rounds; round += 1) {
      const signal = random.pick(["SIGINT", "SIGTERM", "SIGHUP"] as const);
      const [moment, again] = [random.int(Math.ceil(durationMs)), random.chance(0.3)];
      const about = `${signal} after ${moment} ms${again ? ", twice" : ""}`;
      const root = await copyOfTemplate();
      const { child: command, ended } = await startStitchbook(["run"], { cwd: root });
      await Promise.race([delay(moment), ended]);
      const wasRunning = command.kill(signal);
      if (again) command.kill(signal);
      const startedAt = performance.now();
      await ended;
      expect(performance.now() - startedAt, about).toBeLessThan(limitMs);
      if (wasRunning) {
        // Before the command listens, or once it is done, the signal has its usual effect, or none.
        const isInOrder = command.exitCode === exitCodes[signal] || command.exitCode === 0 || command.signalCode === signal;
        expect(isInOrder, `${about}: ended with ${String(command.exitCode)} ${String(command.signalCode)}`).toBe(true);
      }
      if (command.exitCode === exitCodes[signal]) {
        stopped += 1;
        if (existsSync(join(root, "logs"))) expect((await lastLog(root)).at(-1), about).toMatchObject({ event: "run.done", status: "stopped" });
      }
      const seen = await readArtifacts(root, folders);
      for (const [path, bytes] of Object.entries(seen)) if (!path.endsWith(".tmp")) expect(bytes === undisturbed[path], `${about}: ${path}`).toBe(true);
      expect((await runForEvents(root)).code, about).toBe(0);
      expect(await readArtifacts(root, folders), about).toEqual(undisturbed);
      const left = (await readdir(root, { recursive: true })).filter((path) => /\.tmp$|^\.stitchbook\/(tasks|journal)\//.test(path));
      expect(left, about).toEqual([]);
      await rm(root, { recursive: true, force: true });
    }
    expect(stopped).toBeGreaterThan(rounds / 4);
  }, 400_000);
});
