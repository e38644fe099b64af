import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notebook } from "../project/make-project.js";
import { copyProject, executed, readArtifacts, restored, runForEvents, runStitchbook } from "./rig.js";
import { artifactFolders, makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
let never = "";
let template = "";
const roots: string[] = [];

beforeAll(async () => {
  never = await makeWeatherProject();
  template = await copyOf(never);
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(async () => {
  for (const root of [never, ...roots]) await rm(root, { recursive: true, force: true });
});

async function copyOf(source: string): Promise<string> {
  const root = await copyProject(source);
  roots.push(root);
  return root;
}

const edit = async (root: string, path: string, from: string, to: string) => {
  const text = await readFile(join(root, path), "utf8");
  expect(text).toContain(from);
  await writeFile(join(root, path), text.replace(from, to));
};

const changeFactor = (root: string) => edit(root, "stages/scale.ts", "factor = 10", "factor = 100");

describe("run with targets", () => {
  it.each([
    ["a stage and what it needs", ["count"], ["clean@berlin", "clean@oslo", "clean@rome", "count", "gather"]],
    ["a task", ["clean@oslo"], ["clean@oslo"]],
    ["an artifact", ["data/rome.csv"], ["clean@rome"]],
    ["a dataset of a stage", ["clean", "--dataset", "berlin"], ["clean@berlin"]],
    ["one stage alone", ["--only", "clean"], ["clean@berlin", "clean@oslo", "clean@rome"]],
    ["two of them", ["--only", "clean@oslo", "--only", "clean@rome"], ["clean@oslo", "clean@rome"]],
    ["--until a stage", ["--until", "gather"], ["clean@berlin", "clean@oslo", "clean@rome", "gather"]],
  ])("brings %s up to date and nothing else", async (_, args, expected) => {
    const root = await copyOf(never);
    const { code, events, stderr } = await runForEvents(root, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(executed(events)).toEqual(expected);
    expect(events[0]).toMatchObject({ event: "run.start", tasks: expected.length });
    expect(events.filter(({ event }) => event === "task.done")).toHaveLength(expected.length);
  }, timeout);

  it("finds an artifact from a folder inside of the project", async () => {
    const root = await copyOf(template);
    await changeFactor(root);
    const { code, stdout } = await runStitchbook(["run", "oslo.csv"], { cwd: join(root, "data") });
    expect(code).toBe(0);
    expect(stdout).toContain("1 run, 0 up to date");
  }, timeout);

  it("goes on from a stage with what is there", async () => {
    const root = await copyOf(template);
    await changeFactor(root);
    await writeFile(join(root, "data/oslo.csv"), "day,temp\n1,7\n");
    const { code, events } = await runForEvents(root, "--from", "gather");
    expect(code).toBe(0);
    // The edited artifact of a task that is not selected is used as it is.
    expect(executed(events)).toEqual(["count", "gather", "summary"]);
    expect(await readFile(join(root, "out/all.csv"), "utf8")).toContain("oslo,1,7\n");
    // The next run of everything puts it right.
    const { events: later } = await runForEvents(root);
    expect(executed(later)).toEqual(["clean@berlin", "clean@oslo", "clean@rome", "gather"]);
    // Six rows were counted before.
    expect(restored(later)).toEqual(["count", "summary"]);
    expect(await readFile(join(root, "out/all.csv"), "utf8")).toContain("oslo,1,200\n");
  }, timeout);

  it("executes with --force the selected tasks only", async () => {
    const root = await copyOf(template);
    const { events } = await runForEvents(root, "--from", "gather", "--until", "count", "--force");
    expect(executed(events)).toEqual(["count", "gather"]);
    expect(events.filter(({ event }) => event === "task.done")).toHaveLength(2);
  }, timeout);

  it("logs what was asked for", async () => {
    const root = await copyOf(template);
    const { events } = await runForEvents(root, "gather", "--from", "clean", "--dataset", "oslo");
    expect(events[0]).toMatchObject({ targets: ["gather"], selection: { from: ["clean"], dataset: ["oslo"] } });
    expect((await runForEvents(root)).events[0]).not.toHaveProperty("selection");
  }, timeout);

  it("ends with 2 before anything runs where an unselected task's artifact is missing", async () => {
    const root = await copyOf(template);
    await changeFactor(root);
    await rm(join(root, "data/oslo.csv"));
    const before = await readArtifacts(root, artifactFolders);
    const logs = await readdir(join(root, "logs"));
    for (const args of [["run", "gather", "--dataset", "berlin"], ["plan", "gather", "--dataset", "berlin"], ["run", "-n", "--only", "gather"]]) {
      const { code, stdout, stderr } = await runStitchbook(args, { cwd: root });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("gather needs data/oslo.csv, which is not there; clean@oslo makes it and is not selected");
      expect(stderr).toContain("stitchbook run clean@oslo");
    }
    expect(await readArtifacts(root, artifactFolders)).toEqual(before);
    expect(await readdir(join(root, "logs"))).toEqual(logs);
  }, timeout);

  it("asks for the record of a stage that a selected report quotes", async () => {
    const root = await copyOf(never);
    await edit(root, "templates/summary.md", "{{ metrics.rows }}", '{{ metrics.rows }} {{ stages.gather.outputs["out/all.csv"].rows }}');
    expect((await runStitchbook(["run", "gather"], { cwd: root })).code).toBe(0);
    expect(await runStitchbook(["run", "--only", "summary"], { cwd: root })).toMatchObject({ code: 0 });
    await rm(join(root, ".stitchbook"), { recursive: true });
    const { code, stderr } = await runStitchbook(["run", "--only", "summary"], { cwd: root });
    expect(code).toBe(2);
    expect(stderr).toContain("templates/summary.md, line 8");
    expect(stderr).toContain("summary needs the checkpoint of gather, which is not on record");
  }, timeout);

  it("minds what is wrong with selected stages only", async () => {
    const root = await copyOf(template);
    await edit(root, "notebooks/03-count.ipynb", "outputs: out/count.txt", "outputs: out/count.txt\\nenv: [SURELY_NOT_SET]");
    expect((await runStitchbook(["run"], { cwd: root })).stderr).toContain("SURELY_NOT_SET");
    expect(await runStitchbook(["run", "gather"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
  }, timeout);

  it.each([
    ["an unknown target", ["gathr"], "there is no stage, report, task or artifact gathr; did you mean gather?"],
    ["an unknown artifact", ["data/osla.csv"], "did you mean data/oslo.csv?"],
    ["a source, which nobody makes", ["raw/oslo.csv"], "there is no stage, report, task or artifact raw/oslo.csv"],
    ["an unknown dataset", ["--dataset", "olso"], "there is no dataset olso; did you mean oslo?"],
    ["an unknown dataset that is like none", ["--dataset", "x"], "known: berlin, oslo, rome"],
    ["an unknown stage after --from", ["--from", "clen"], "did you mean clean?"],
    ["nothing at all", ["--from", "summary", "--until", "clean"], "nothing is selected"],
    ["--only with a target", ["--only", "clean", "count"], "--only"],
    ["an option without its value", ["--until"], "until"],
  ])("refuses %s", async (_, args, says) => {
    for (const command of ["run", "plan", "status", "dag"]) {
      const { code, stdout, stderr } = await runStitchbook([command, ...args], { cwd: template });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(says);
    }
  }, timeout);
});

describe("the other commands with targets", () => {
  it("plan tells of the selected tasks", async () => {
    const root = await copyOf(template);
    await changeFactor(root);
    const { stdout } = await runStitchbook(["plan", "gather", "--dataset", "oslo", "--json"], { cwd: root });
    const { tasks } = JSON.parse(stdout) as { tasks: { task: string; action: string; reasons: { kind: string }[] }[] };
    expect(tasks.map(({ task, action, reasons }) => [task, action, reasons.map(({ kind }) => kind)])).toEqual([["clean@oslo", "run", ["code"]], ["gather", "run", ["upstream"]]]);
    expect((await runStitchbook(["plan", "--only", "gather"], { cwd: root })).stdout).toBe("Everything is up to date: 1 task.\n");
  }, timeout);

  it("plan -v of a fresh task shows what was compared", async () => {
    const { stdout, code } = await runStitchbook(["plan", "clean@oslo", "-v"], { cwd: template });
    expect(code).toBe(0);
    for (const line of [
      /^fresh {3}clean@oslo {2}same as in run \S+$/m,
      /^ +cells +3 \([0-9a-f]{12}\), 4 \([0-9a-f]{12}\)$/m,
      /^ +modules +stages\/scale\.ts \(factor, scale, [0-9a-f]{12}\)$/m,
      /^ +parameters +dataset = "oslo"$/m,
      /^ +env +time zone UTC$/m,
      /^ +inputs +raw\/oslo\.csv \([0-9a-f]{12}\)$/m,
      /^ +outputs +data\/oslo\.csv \([0-9a-f]{12}\)$/m,
      /^ +engine +node \d+, platform \w+ \w+, cache version \d+$/m,
    ]) expect(stdout).toMatch(line);
  }, timeout);

  it("status shows the selected tasks in the state they are in", async () => {
    const root = await copyOf(template);
    await changeFactor(root);
    const { stdout } = await runStitchbook(["status", "--only", "gather", "--json"], { cwd: root });
    const { tasks } = JSON.parse(stdout) as { tasks: { task: string; state: string; reasons: { kind: string }[] }[] };
    expect(tasks).toMatchObject([{ task: "gather", state: "stale", reasons: [{ kind: "upstream" }] }]);
    expect((await runStitchbook(["status", "clean@oslo"], { cwd: root })).stdout).toMatch(/^stale +clean@oslo .* \(stages\/scale\.ts: factor changed \(reached from cell 3\)\)$/m);
  }, timeout);
});

describe("run --param", () => {
  const withFloor = async () => {
    const root = await copyOf(never);
    await writeFile(
      join(root, "notebooks/03-count.ipynb"),
      notebook([
        "---\nstage: count\ninputs: [out/metrics.json]\noutputs: [out/count.txt, out/count.csv]\n---",
        { source: "const floor: number = 0", tags: ["parameters"] },
        'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("out/count.txt", String(JSON.parse(readFileSync("out/metrics.json", "utf8")).rows + floor));\nwriteFileSync("out/count.csv", floor === 0 ? "n\\n1\\n" : "n,floor\\n1,2\\n");',
      ]),
    );
    expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
    return root;
  };

  it("marks the run and its records, and the next run without goes back", async () => {
    const root = await withFloor();
    const { code, events } = await runForEvents(root, "--param", "floor=2");
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ event: "run.start", params: ["floor=2"] });
    expect(executed(events)).toEqual(["count"]);
    expect(events.find(({ event }) => event === "task.start")?.["reasons"]).toEqual([{ kind: "params", subject: "floor", detail: "0 -> 2" }]);
    expect(await readFile(join(root, "out/count.txt"), "utf8")).toBe("8");
    const changesOf = (all: typeof events) => all.find(({ event, task }) => event === "task.checkpoint" && task === "count")?.["schema_changes"];
    expect(changesOf(events)).toMatchObject([{ path: "out/count.csv", added: [{ name: "floor", type: "number" }] }]);
    const { tasks } = JSON.parse((await runStitchbook(["status", "--json"], { cwd: root })).stdout) as { tasks: { task: string; params: string[]; state: string }[] };
    expect(tasks.find(({ task }) => task === "count")).toMatchObject({ params: ["floor=2"], state: "stale" });
    expect(tasks.find(({ task }) => task === "gather")).toMatchObject({ params: [], state: "fresh" });
    // Another look at the same: compared with what is usual, not with the run before.
    expect(changesOf((await runForEvents(root, "--param", "floor=3")).events)).toMatchObject([{ added: [{ name: "floor" }] }]);
    const next = await runForEvents(root);
    expect({ executed: executed(next.events), restored: restored(next.events) }).toEqual({ executed: [], restored: ["count"] });
    expect(next.events[0]).not.toHaveProperty("params");
    expect(changesOf(next.events)).toEqual([]);
    expect(await readFile(join(root, "out/count.txt"), "utf8")).toBe("6");
    expect((await runStitchbook(["status", "count"], { cwd: root })).stdout).not.toContain("--param");
  }, timeout);
});

describe("run --rehash", () => {
  it("finds a change that kept every state on record", async () => {
    const root = await copyOf(template);
    // As if the file system had kept size, inode and times: the record is made to hold the state of the edited file.
    const records = join(root, ".stitchbook/records");
    const name = (await readdir(records)).find((each) => each.startsWith("count")) ?? "";
    await writeFile(join(root, "out/count.txt"), "9");
    const { recordText, readRecord } = await import("../../engine/checkpoint/records.js");
    const { readFileState } = await import("../../engine/checkpoint/file-state.js");
    const record = readRecord(join(root, ".stitchbook"), "count");
    const state = readFileState(join(root, "out/count.txt"));
    if (record === null || state === null) throw new Error("no record");
    const later = new Date(Date.now() + 60_000).toISOString();
    await writeFile(join(records, name), recordText({ ...record, artifacts: record.artifacts.map((artifact) => ({ ...artifact, state })), statesAt: later }));
    expect((await runStitchbook(["plan"], { cwd: root })).stdout).toContain("Everything is up to date");
    expect((await runStitchbook(["plan", "--rehash"], { cwd: root })).stdout).toContain("artifact out/count.txt changed by hand");
    expect((await runForEvents(root, "--rehash")).code).toBe(0);
    expect(await readFile(join(root, "out/count.txt"), "utf8")).toBe("6");
  }, timeout);
});

describe("after a failure", () => {
  it("the next run goes on where the last one stopped", async () => {
    const root = await copyOf(never);
    await writeFile(join(root, "raw/rome.csv"), "day,temp\n");
    const first = await runForEvents(root, "--keep-going");
    expect(first.code).toBe(1);
    expect(executed(first.events)).toEqual(["clean@berlin", "clean@oslo"]);
    expect(first.events.at(-1)).toMatchObject({ status: "failed", not_run: ["gather", "count", "summary"] });
    expect(existsSync(join(root, "data/rome.csv"))).toBe(false);
    await writeFile(join(root, "raw/rome.csv"), "day,temp\n1,20\n");
    const second = await runForEvents(root);
    expect(second.code).toBe(0);
    expect(executed(second.events)).toEqual(["clean@rome", "count", "gather", "summary"]);
  }, timeout);
});
