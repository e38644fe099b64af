import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";
import { type CommandResult, copyProject, editFile, executed, parseEvents, readArtifacts, restored, runForEvents, runStitchbook, startStitchbook, waitUntil } from "./rig.js";
import { artifactFolders, makeWeatherProject, weatherTasks } from "./weather-project.js";

const timeout = 120_000;
let template = "";
let first: CommandResult;
const roots: string[] = [];

beforeAll(async () => {
  template = await makeWeatherProject();
  first = await runStitchbook(["run"], { cwd: template });
}, timeout);

afterAll(async () => {
  for (const root of [template, ...roots]) await rm(root, { recursive: true, force: true });
});

/** A project of its own in which everything is up to date. */
async function freshProject(): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  return root;
}

describe("the first run", () => {
  it("makes every artifact of every dataset and gathers them", async () => {
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("6 run, 0 up to date");
    expect(await readArtifacts(template, ["data", "out"])).toEqual({
      "data/berlin.csv": "day,temp\n1,100\n2,120\n",
      "data/oslo.csv": "day,temp\n1,20\n2,40\n",
      "data/rome.csv": "day,temp\n1,200\n2,220\n",
      "out/all.csv": "place,day,temp\nberlin,1,100\nberlin,2,120\noslo,1,20\noslo,2,40\nrome,1,200\nrome,2,220\n",
      "out/count.txt": "6",
      "out/metrics.json": '{"rows":6}\n',
    });
    expect(await readFile(join(template, "reports/summary.md"), "utf8")).toContain("6 rows.");
  });

  it("logs valid events, every one with time, level and run", async () => {
    const [log, ...others] = await readdir(join(template, "logs"));
    expect(others).toEqual([]);
    const events = parseEvents(await readFile(join(template, "logs", log ?? ""), "utf8"));
    for (const event of events) {
      expect(new Date(String(event["time"])).toISOString()).toBe(event["time"]);
      expect(["info", "warn", "error"]).toContain(event["level"]);
      expect(`${String(event["run"])}.jsonl`).toBe(log);
    }
    expect(events[0]).toMatchObject({ event: "run.start", project: "small-weather", tasks: 6 });
    expect(events.at(-1)).toMatchObject({ event: "run.done", status: "ok", executed: 6, fresh: 0, failed: 0 });
    expect(events.filter((each) => each.event === "task.start").every((each) => Array.isArray(each["reasons"]))).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ event: "task.log", task: "clean@oslo", message: "oslo 2" }));
    expect(executed(events)).toEqual(weatherTasks);
    const order = events.flatMap((each) => (each.event === "task.done" ? [String(each.task)] : []));
    expect(order.indexOf("gather")).toBeGreaterThan(Math.max(...weatherTasks.slice(0, 3).map((task) => order.indexOf(task))));
  });

  it("keeps a record a task, and an executed notebook a stage's task", async () => {
    const kept = await readdir(join(template, ".stitchbook/records"));
    for (const task of weatherTasks) expect(kept.some((name) => name.startsWith(task))).toBe(true);
    const views = (await readdir(join(template, "reports/notebooks"))).filter((name) => name.endsWith(".ipynb"));
    expect(views.sort()).toEqual(["clean@berlin.ipynb", "clean@oslo.ipynb", "clean@rome.ipynb", "count.ipynb", "gather.ipynb"]);
    const view: unknown = JSON.parse(await readFile(join(template, "reports/notebooks/clean@rome.ipynb"), "utf8"));
    expect(view).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    expect(JSON.stringify(view)).toContain("rome 2");
  });
});

describe("a later run", () => {
  it("says that all is up to date, executes nothing and touches no artifact", async () => {
    const root = await freshProject();
    const times = async () => Promise.all(["data/oslo.csv", "out/all.csv", "reports/summary.md"].map(async (path) => (await stat(join(root, path), { bigint: true })).ctimeNs));
    const before = await times();
    const { code, stdout, stderr } = await runStitchbook(["run"], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Everything is up to date: 6 tasks");
    expect(stdout).not.toMatch(/^(start|done)/m);
    expect(await times()).toEqual(before);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("finds the project from a folder inside it", async () => {
    const root = await freshProject();
    expect(await runStitchbook(["run"], { cwd: join(root, "notebooks") })).toMatchObject({ code: 0 });
    expect(await runStitchbook(["run", "--root", root], { cwd: tmpdir() })).toMatchObject({ code: 0 });
  }, timeout);

  it("reruns nothing for comments, prose, formatting and unused exports", async () => {
    const root = await freshProject();
    await editFile(root, "stages/scale.ts", (text) => `// A remark.\n${text.replace("unused = 1", "unused = 2").replace("value * factor", "value  *  factor // tenths")}`);
    await editFile(root, "notebooks/03-count.ipynb", (text) => text.replace("import { readFileSync", "// A remark.\\nimport { readFileSync"));
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("shows the present source of a stage that did not execute, and puts a view back that is gone", async () => {
    const root = await freshProject();
    const view = join(root, "reports/notebooks/clean@oslo.ipynb");
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace("const [head", "// Taken apart.\\n\",\n    \"const [head"));
    expect(executed((await runForEvents(root)).events)).toEqual([]);
    const renewed = await readFile(view, "utf8");
    expect(renewed).toContain("// Taken apart.");
    expect(renewed).toContain("oslo 2\\n");
    await rm(view);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
    expect(await readFile(view, "utf8")).toBe(renewed);
  }, timeout);

  it("reruns the users of a helper whose constant changed, and what got other bytes from them", async () => {
    const root = await freshProject();
    await editFile(root, "stages/scale.ts", (text) => text.replace("factor = 10", "factor = 100"));
    const { code, events } = await runForEvents(root);
    expect(code).toBe(0);
    // out/metrics.json keeps its bytes, so its readers stay fresh.
    expect(executed(events)).toEqual(["clean@berlin", "clean@oslo", "clean@rome", "gather"]);
    expect(events.find((each) => each.event === "task.start" && each.task === "clean@oslo")?.["reasons"]).toMatchObject([{ kind: "code", subject: "stages/scale.ts" }]);
    expect(await readFile(join(root, "out/all.csv"), "utf8")).toContain("oslo,1,200\n");
  }, timeout);

  it("leaves what follows fresh where a stage gave the same bytes", async () => {
    const root = await freshProject();
    await editFile(root, "stages/scale.ts", (text) => text.replace("value * factor", "value * factor + 0"));
    expect(executed((await runForEvents(root)).events)).toEqual(["clean@berlin", "clean@oslo", "clean@rome"]);
  }, timeout);

  it("executes one dataset where only its input changed", async () => {
    const root = await freshProject();
    await writeFile(join(root, "raw/oslo.csv"), "day,temp\n1,2\n2,4\n3,6\n");
    const { events } = await runForEvents(root);
    expect(executed(events)).toEqual(["clean@oslo", "count", "gather", "summary"]);
    expect(await readFile(join(root, "reports/summary.md"), "utf8")).toContain("7 rows.");
  }, timeout);

  it("puts back artifacts that were deleted or edited by hand", async () => {
    const root = await freshProject();
    const before = await readArtifacts(root, artifactFolders);
    await rm(join(root, "data/berlin.csv"));
    await writeFile(join(root, "out/count.txt"), "7");
    const { code, events } = await runForEvents(root);
    expect(code).toBe(0);
    expect(executed(events)).toEqual([]);
    expect(restored(events)).toEqual(["clean@berlin", "count"]);
    expect(await readArtifacts(root, artifactFolders)).toEqual(before);
  }, timeout);

  it("executes everything again when it is forced", async () => {
    const root = await freshProject();
    const before = await readArtifacts(root, artifactFolders);
    expect(executed((await runForEvents(root, "--force")).events)).toEqual(weatherTasks);
    expect(await readArtifacts(root, artifactFolders)).toEqual(before);
  }, timeout);

  it("is needed for everything in another folder with the same result", async () => {
    const root = await freshProject();
    for (const folder of [".stitchbook", "logs", "data", "out", "reports"]) await rm(join(root, folder), { recursive: true });
    expect(executed((await runForEvents(root)).events)).toEqual(weatherTasks);
    expect(await readArtifacts(root, [...artifactFolders])).toEqual(await readArtifacts(template, [...artifactFolders]));
    expect(await readFile(join(root, "reports/summary.md"))).toEqual(await readFile(join(template, "reports/summary.md")));
  }, timeout);
});

describe("the other commands", () => {
  it("plan tells each task's action and reasons, and writes nothing", async () => {
    const root = await freshProject();
    await editFile(root, "stages/scale.ts", (text) => text.replace("factor = 10", "factor = 100"));
    await rm(join(root, "out/count.txt"));
    const before = await readdir(root, { recursive: true });
    const { code, stdout, stderr } = await runStitchbook(["plan", "--json"], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { tasks } = JSON.parse(stdout) as { tasks: { task: string; reasons: { kind: string }[] }[] };
    expect(Object.fromEntries(tasks.map(({ task, reasons }) => [task, reasons.map(({ kind }) => kind)]))).toEqual({
      "clean@berlin": ["code"],
      "clean@oslo": ["code"],
      "clean@rome": ["code"],
      gather: ["upstream"],
      count: ["artifact"],
      summary: ["upstream"],
    });
    expect(tasks.find(({ task }) => task === "clean@oslo")).toEqual({ task: "clean@oslo", stage: "clean", dataset: "oslo", action: "run", reasons: [{ kind: "code", subject: expect.any(String), detail: expect.any(String) }] });
    expect(tasks.find(({ task }) => task === "gather")).toMatchObject({ stage: "gather", dataset: null });
    expect(await readdir(root, { recursive: true })).toEqual(before);
    expect((await runStitchbook(["run", "--dry-run", "--json"], { cwd: root })).stdout).toBe(stdout);
  }, timeout);

  it("plan of a project that never ran leaves no trace in it", async () => {
    const root = await makeWeatherProject();
    roots.push(root);
    const before = await readdir(root, { recursive: true });
    const { code, stdout } = await runStitchbook(["plan", "--json"], { cwd: root });
    expect(code).toBe(0);
    const { tasks } = JSON.parse(stdout) as { tasks: { action: string; reasons: { kind: string }[] }[] };
    expect(tasks.map(({ action }) => action)).toEqual(Array(6).fill("run"));
    expect(tasks.every(({ reasons }) => reasons.some(({ kind }) => kind === "never-run"))).toBe(true);
    expect(await readdir(root, { recursive: true })).toEqual(before);
  }, timeout);

  it("status tells the state and the checkpoint of every task", async () => {
    const root = await freshProject();
    await editFile(root, "raw/oslo.csv", (text) => `${text}3,6\n`);
    const { code, stdout } = await runStitchbook(["status", "--json"], { cwd: root });
    expect(code).toBe(0);
    const { tasks } = JSON.parse(stdout) as { tasks: Record<string, unknown>[] };
    expect(tasks.map(({ task }) => task).sort()).toEqual(weatherTasks);
    const berlin = tasks.find(({ task }) => task === "clean@berlin");
    expect(berlin).toMatchObject({ state: "fresh", reasons: [], artifacts: [{ path: "data/berlin.csv", bytes: 21, rows: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }] });
    const oslo = tasks.find(({ task }) => task === "clean@oslo");
    expect(oslo?.["state"]).not.toBe("fresh");
    expect(oslo).toMatchObject({ reasons: [{ kind: "input" }] });
  }, timeout);

  it("check says that all is well and runs nothing", async () => {
    const root = await makeWeatherProject();
    roots.push(root);
    const { code, stderr } = await runStitchbook(["check"], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(existsSync(join(root, "data"))).toBe(false);
    expect(existsSync(join(root, "logs"))).toBe(false);
  }, timeout);

  it.each([
    ["an unknown command", ["rum"], "did you mean run?"],
    ["an unknown option", ["run", "--forse"], "--force"],
    ["no command", [], ""],
    ["a number of jobs that is none", ["run", "--jobs", "many"], "--jobs"],
    ["no jobs at all", ["run", "-j", "0"], "--jobs"],
    ["an option without its value", ["run", "--param"], "param"],
    ["a parameter that nobody declares", ["run", "--param", "nope=1"], "nope"],
    ["a root without a project", ["run", "--root", "/nowhere"], "stitchbook.yaml"],
    ["an option of another command", ["check", "--force"], "--force"],
  ])("%s ends with 2 and runs nothing", async (_, args, says) => {
    const { code, stdout, stderr } = await runStitchbook(args, { cwd: template });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("internal error");
    if (args.length > 0) expect(stdout).toBe("");
  }, timeout);
});

describe("two runs at once", () => {
  it("lets the first one finish, and the second one end with 4", async () => {
    const flags = await mkdtemp(join(tmpdir(), "stitchbook-flags-"));
    const root = await makeProject({
      "stitchbook.yaml": "name: slow\n",
      "notebooks/slow.ipynb": [
        "---\nstage: slow\noutputs: slow.txt\nenv: [WAIT_URL]\n---",
        'import { writeFileSync } from "node:fs";\nconst answer = await (await fetch(process.env.WAIT_URL ?? "")).text();\nwriteFileSync("slow.txt", answer);',
      ],
    });
    roots.push(root, flags);
    const gate = await openGate();
    try {
      const env = { WAIT_URL: gate.url };
      const slow = await startStitchbook(["run"], { cwd: root, env });
      await waitUntil(() => gate.waiting() > 0, { what: "the stage", timeoutMs: 100_000 });
      const second = await runStitchbook(["run"], { cwd: root, env });
      expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 4, stdout: "" });
      expect(second.stderr).toMatch(/run .* holds this project/i);
      gate.open("done");
      expect(await slow.ended).toMatchObject({ code: 0, stderr: "" });
      expect(await readFile(join(root, "slow.txt"), "utf8")).toBe("done");
      expect(await runStitchbook(["run"], { cwd: root, env })).toMatchObject({ code: 0 });
    } finally {
      await gate.close();
    }
  }, timeout);
});

/** A server whose answer is held back until the gate is opened. */
async function openGate() {
  const { createServer } = await import("node:http");
  const held: ((text: string) => void)[] = [];
  const server = createServer((_, response) => held.push((text) => response.end(text)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    waiting: () => held.length,
    open: (text: string) => held.forEach((answer) => answer(text)),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
