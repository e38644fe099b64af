import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startWorker, type StartProcess } from "../../../engine/notebook/worker/worker-process.js";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRequest, createRig, textOf, type WorkerRig } from "./worker-rig.js";

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile)));
afterEach(() => rig.remove());

function start(more: Partial<Parameters<typeof startWorker>[0]> = {}) {
  return startWorker({ folder: rig.folder, projectRoot: rig.projectRoot, workerFile: built.workerFile, timezone: "UTC", ...more });
}

/** A process that was killed but whose end nobody has asked for yet still has its number. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(existsSync("/proc/self/stat") ? readFileSync(`/proc/${pid}/stat`, "utf8") : "");
  } catch {
    return false;
  }
}

describe("the environment", () => {
  it("holds what always passes and what the request declares, and nothing else", async () => {
    const env = { PATH: process.env["PATH"], HOME: "/home/x", LC_ALL: "de_DE.UTF-8", LANG: "de_DE.UTF-8", SECRET: "no", https_proxy: "http://proxy", NO_PROXY: "a", NODE_OPTIONS: "--throw-deprecation" };
    const result = await rig.run(["console.log(JSON.stringify(process.env)); console.log(new Date(0).getHours(), (1234.5).toLocaleString())"], {
      worker: { env, timezone: "Asia/Tokyo" },
      env: { REGION: "north" },
    });
    const [json = "", times] = textOf(result, 2).split("\n");
    expect(JSON.parse(json)).toEqual({ PATH: process.env["PATH"], HOME: "/home/x", LANG: "C.UTF-8", TZ: "Asia/Tokyo", TMPDIR: join(rig.folder, ".tmp"), https_proxy: "http://proxy", NO_PROXY: "a", REGION: "north" });
    expect(times).toBe("9 1,234.5");
  });
});

describe("a worker", () => {
  it("may be started ahead of need", async () => {
    const worker = start();
    await vi.waitFor(() => expect(isAlive(worker.pid)).toBe(true));
    const result = await worker.execute(await createRequest({ cells: ["=> 6 * 7"], options: {}, projectRoot: rig.projectRoot, folder: rig.folder }), () => undefined);
    expect(result.failure).toBeNull();
    expect(isAlive(worker.pid)).toBe(false);
    await worker.end();
  });

  it("that is never needed can be ended", async () => {
    const worker = start();
    await worker.end();
    expect(isAlive(worker.pid)).toBe(false);
  });

  it("serves one request", async () => {
    const worker = start();
    const request = await createRequest({ cells: [], options: {}, projectRoot: rig.projectRoot, folder: rig.folder });
    expect(await worker.execute(request, () => undefined)).toEqual({ cells: [], failure: null });
    await expect(worker.execute(request, () => undefined)).rejects.toThrow("one request");
  });

  it("takes a large request", async () => {
    const big = "x".repeat(3_000_000);
    const result = await rig.run(["console.log(exports.big.length)"].map((code, index) => ({ position: index + 2, code: `exports.big = ${JSON.stringify(big)}; ${code}`, isAsync: false, lastExpression: null, map: null, isParameters: false })));
    expect(textOf(result, 2)).toBe("3000000\n");
  });

  it("is started by what it is given, also through a shell", async () => {
    const startProcess: StartProcess = vi.fn((command: string, args: readonly string[], options: Parameters<StartProcess>[2]) => {
      const quoted = [command, ...args].map((word) => `'${word}'`).join(" ");
      return spawn("/bin/sh", ["-c", `${quoted}; exit $?`], options);
    });
    const result = await rig.run(["console.log('hello')"], { worker: { startProcess } });
    expect(textOf(result, 2)).toBe("hello\n");
    expect(startProcess).toHaveBeenCalledOnce();
    expect((await rig.run(["process.abort()"], { worker: { startProcess } })).failure).toMatchObject({ kind: "crash", message: "the process died of SIGABRT" });
  });

  it("that can't start says why", async () => {
    const result = await rig.run(["1"], { worker: { workerFile: join(rig.projectRoot, "nothing.cjs") } });
    expect(result.failure).toMatchObject({ kind: "crash" });
    expect(result.failure?.message).toContain("nothing.cjs");
  });

  it("runs Node's fence on the folder only", async () => {
    const result = await rig.run(["console.log(process.permission.has('fs.write', process.cwd() + '/x'), process.permission.has('fs.write', __dirname), process.permission.has('fs.read', __dirname + '/../stitchbook.yaml'))"]);
    expect(textOf(result, 2)).toBe("true false false\n");
  });
});

describe("a worker that was told its request ahead", () => {
  const packages = {
    "node_modules/loud/package.json": '{"name":"loud","main":"index.js"}',
    "node_modules/loud/index.js": "require('node:fs').writeFileSync('loaded', ''); console.log('loaded'); exports.value = 1;",
    "node_modules/broken/package.json": '{"name":"broken","main":"index.js"}',
    "node_modules/broken/index.js": "throw new Error('cannot start');",
    "node_modules/leaves/package.json": '{"name":"leaves","main":"index.js"}',
    "node_modules/leaves/index.js": "process.exit(3);",
  };
  const prepare = async (cells: string[]) => {
    await rig.write(packages);
    const worker = start();
    const request = await createRequest({ cells, options: {}, projectRoot: rig.projectRoot, folder: rig.folder });
    worker.prepare(request);
    return { worker, run: () => worker.execute(request, () => undefined) };
  };
  const isLoaded = () => existsSync(join(rig.folder, "loaded"));

  it("has loaded what its first cell imports, and executes nothing before it may", async () => {
    const { run } = await prepare(['const { value } = require("loud"); console.log("cell", value, require("node:fs").readFileSync("input", "utf8"))']);
    await vi.waitFor(() => expect(isLoaded()).toBe(true), 20_000);
    await writeFile(join(rig.folder, "input"), "there");
    expect(textOf(await run(), 2)).toBe("loaded\ncell 1 there\n");
  });

  it("loads nothing that a cell imports after something else may have happened", async () => {
    const { run } = await prepare(['console.log("first")', 'const { value } = require("loud"); console.log(value)']);
    const result = await run();
    expect(textOf(result, 2)).toBe("first\n");
    expect(textOf(result, 3)).toBe("loaded\n1\n");
  });

  it("leaves the order to the cell where a module is imported for its effect", async () => {
    const { run } = await prepare(['require("./notebook-setup"); const { value } = require("loud"); console.log(value)']);
    const result = await run();
    expect(isLoaded()).toBe(false);
    expect(result.failure).toMatchObject({ kind: "cell-error", place: { cell: 2 } });
  });

  it("fails at the cell that imports a package which can't be loaded", async () => {
    const { run } = await prepare(['const broken = require("broken"); console.log(broken)']);
    expect((await run()).failure).toMatchObject({ kind: "cell-error", message: expect.stringContaining("cannot start"), place: { cell: 2 } });
  });

  it("tells of a package that ends the process", async () => {
    const { run } = await prepare(['const leaves = require("leaves"); console.log(leaves)']);
    expect((await run()).failure).toMatchObject({ kind: "exit" });
  });

  it("ends when it is not needed", async () => {
    const { worker } = await prepare(["1"]);
    await worker.end();
    expect(isAlive(worker.pid)).toBe(false);
  });
});

describe("stopping", () => {
  const grandchild = `const { spawn } = require("node:child_process");
    const child = spawn("sleep", ["600"], { stdio: "inherit" });
    require("node:fs").writeFileSync("pid", String(child.pid));`;

  async function grandchildPid(): Promise<number> {
    return vi.waitFor(async () => {
      const pid = Number(await readFile(join(rig.folder, "pid"), "utf8"));
      expect(pid).toBeGreaterThan(0);
      return pid;
    }, 20_000);
  }

  it("ends what the stage started, at the time limit", async () => {
    const result = await rig.run([`${grandchild} await new Promise((r) => child.on("exit", r))`], { timeoutMs: 1500 });
    expect(result.failure?.kind).toBe("timeout");
    const pid = await grandchildPid();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000);
  });

  it("ends what the stage left behind when it was done", async () => {
    const result = await rig.run([`${grandchild} child.unref()`]);
    expect(result.failure).toBeNull();
    const pid = await grandchildPid();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000);
  });

  it("from outside gives a result that says so", async () => {
    const worker = start();
    const result = worker.execute(await createRequest({ cells: [`${grandchild} for (;;);`], options: {}, projectRoot: rig.projectRoot, folder: rig.folder }), () => undefined);
    const pid = await grandchildPid();
    await worker.end();
    expect((await result).failure).toMatchObject({ kind: "stopped", place: { cell: 2 } });
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000);
  });

  it("happens by itself when the engine is killed", async () => {
    const script = join(rig.projectRoot, "engine.cjs");
    await writeFile(script, `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, [${JSON.stringify(built.workerFile)}], { cwd: ${JSON.stringify(rig.folder)}, stdio: ["pipe", "ignore", "ignore", "pipe"], detached: true });
      child.stdin.end(${JSON.stringify(JSON.stringify(await createRequest({ cells: ["require('node:fs').writeFileSync('pid', String(process.pid)); await new Promise((r) => setTimeout(r, 600_000))"], options: {}, projectRoot: rig.projectRoot, folder: rig.folder })))} + "\\ngo\\n");
      setInterval(() => {}, 1000);`);
    const engine = spawn(process.execPath, [script], { stdio: "ignore" });
    const pid = await grandchildPid();
    engine.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000);
  });
});
