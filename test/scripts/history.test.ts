import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeMemoryProject } from "./memory-project.js";
import { copyProject, runStitchbook } from "./rig.js";

const timeout = 120_000;
let root = "";
const writePoints = (text: string) => writeFile(join(root, "raw/points.csv"), text);
const run = (...args: readonly string[]) => runStitchbook(args, { cwd: root });

/** Runs, the oldest first: all, nothing to do, another y, with --param, failing. */
beforeAll(async () => {
  root = await makeMemoryProject();
  execFileSync("git", ["init", "-q", "-b", "trunk"], { cwd: root });
  await writeFile(join(root, ".gitignore"), ".stitchbook/\nlogs/\ndata/\nmodel/\nreports/\n");
  execFileSync("git", ["add", "."], { cwd: root });
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "first"], { cwd: root });
  expect(await run("run")).toMatchObject({ code: 0, stderr: "" });
  expect((await run("run")).code).toBe(0);
  await writePoints("x,y\n1,1\n2,2\n3,9\n4,4\n");
  await writeFile(join(root, "stages/mean.ts"), "export function mean(values: readonly number[]): number {\n  return values.reduce((sum, value) => sum + value) / values.length;\n}\n");
  expect((await run("run")).code).toBe(0);
  expect((await run("run", "--param", "fit.scale=2")).code).toBe(0);
  await writePoints("x,y\n1,?\n");
  expect((await run("run")).code).toBe(1);
}, timeout);
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Told = { readonly run: string; readonly status: string; readonly reason: string | null; readonly params: readonly string[]; readonly executed: number; readonly fresh: number; readonly revision: unknown; readonly not_run: readonly string[]; readonly metrics: Record<string, Record<string, number>>; readonly tasks: readonly { readonly task: string; readonly action: string | null; readonly artifacts: readonly { readonly rows: number | null }[] }[] };
const toldRuns = async (...args: readonly string[]): Promise<Told[]> => JSON.parse((await run("history", "--json", ...args)).stdout).runs;

describe("history", () => {
  it("tells of every run with its metrics, tasks, commit and parameters, the newest first", async () => {
    const runs = await toldRuns();
    const file = "model/metrics.json";
    expect(runs.map(({ status, executed, fresh, params }) => ({ status, executed, fresh, params }))).toEqual([
      { status: "failed", executed: 0, fresh: 0, params: [] },
      { status: "ok", executed: 2, fresh: 1, params: ["fit.scale=2"] },
      { status: "ok", executed: 3, fresh: 0, params: [] },
      { status: "ok", executed: 0, fresh: 3, params: [] },
      { status: "ok", executed: 3, fresh: 0, params: [] },
    ]);
    expect(runs.map(({ metrics }) => metrics[file])).toEqual([{ n: 4, mean: 8, "test.largest": 9 }, { n: 4, mean: 8, "test.largest": 9 }, { n: 4, mean: 4, "test.largest": 9 }, { n: 3, mean: 2, "test.largest": 3 }, { n: 3, mean: 2, "test.largest": 3 }]);
    expect(runs[0]).toMatchObject({ reason: "clean: cell-error: Error: unknown point: 1,?", not_run: ["fit", "points"] });
    expect(runs[2]?.tasks.find(({ task }) => task === "clean")).toMatchObject({ action: "run", artifacts: [{ path: "data/points.csv", rows: 4 }] });
    expect(runs.map(({ revision }) => revision).reverse()).toMatchObject([{ branch: "trunk", dirty: false }, { dirty: false }, { dirty: true }, { dirty: true }, { dirty: true }]);
    expect((await toldRuns("-n", "2")).map((each) => each.run)).toEqual(runs.slice(0, 2).map((each) => each.run));
  }, timeout);

  it("is a table with a trend of good runs, whose marks are explained", async () => {
    const { code, stdout, stderr } = await run("history", "--metric", "mean");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^run +status +took +tasks +code +mean$/);
    expect(lines[2]).toMatch(/ok\* .*2 run, 1 fresh +[0-9a-f]{7}\+ +8$/);
    expect(lines[6]).toMatch(/^trend .*▁█$/);
    expect(stdout).toContain(": --param fit.scale=2\n");
    expect(stdout).toContain("clean: cell-error: Error: unknown point: 1,?\n");
  }, timeout);

  it("is CSV with a column for every metric", async () => {
    const { stdout } = await run("history", "--csv");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("run,started,status,duration_ms,commit,dirty,params,executed,restored,failed,fresh,reason,model/metrics.json:n,model/metrics.json:mean,model/metrics.json:test.largest");
    expect(lines[1]).toMatch(/,failed,\d+,[0-9a-f]{40},true,,0,0,1,0,"clean: cell-error: Error: unknown point: 1,\?",4,8,9$/);
    expect(lines).toHaveLength(6);
  }, timeout);

  it.each([
    ["a metric that no run has", ["history", "--metric", "maen"], "did you mean mean?"],
    ["a number that is none", ["history", "-n", "0"], "at least 1"],
    ["two formats", ["history", "--csv", "--json"], "can't be given together"],
    ["an unknown run", ["compare", "last", "lats"], "did you mean last?"],
    ["a run beyond the first", ["compare", "last~9", "last"], "5 runs are on record"],
    ["the beginning of several", ["compare", "20", "last"], "is the beginning of 5 runs"],
    ["three runs", ["compare", "last", "last", "last"], "takes two runs, found 3"],
    ["a task that the log has not", ["logs", "claen"], "did you mean clean?"],
    ["a log that is not there", ["logs", "--run", "1999"], "there is no run 1999"],
  ])("ends with 2 for %s", async (_, args, message) => {
    const { code, stderr, stdout } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  }, timeout);

  it("is empty before the first run, and is forgotten with .stitchbook/", async () => {
    const copy = await copyProject(root);
    rmSync(join(copy, ".stitchbook"), { recursive: true });
    expect(await runStitchbook(["history"], { cwd: copy })).toMatchObject({ code: 0, stdout: "No run is on record yet: stitchbook run\n" });
    expect(await runStitchbook(["history", "--json"], { cwd: copy })).toMatchObject({ code: 0, stdout: '{"runs":[]}\n' });
    expect(await runStitchbook(["compare", "last", "last~1"], { cwd: copy })).toMatchObject({ code: 2, stderr: "stitchbook: no run is on record yet\n" });
    rmSync(copy, { recursive: true });
  }, timeout);
});

describe("compare", () => {
  it("tells what differs, and nothing of what doesn't", async () => {
    const { code, stdout } = await run("compare", "last~3", "last~2");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A {2}\S+ {2}ok .*\nB {2}\S+ {2}ok .*\+ trunk\n/);
    expect(stdout).toContain("Metrics\n  mean          2 -> 4  (+100%)\n  n             3 -> 4  (+33%)\n  test.largest  3 -> 9  (+200%)\n");
    expect(stdout).toMatch(/Rows\n {2}data\/points.csv +3 -> 4 {2}\(\+1\)\n/);
    expect(stdout).toMatch(/Code\n {2}fit: stages\/mean.ts +[0-9a-f]{12} -> [0-9a-f]{12}\n/);
    for (const absent of ["Schemas", "Parameters", "Packages", "Environment"]) expect(stdout).not.toContain(absent);
  }, timeout);

  it("knows runs by parts of their ids, and tells of parameters", async () => {
    const runs = await toldRuns();
    const { stdout } = await run("compare", runs[2]?.run ?? "", runs[1]?.run.slice(-4) ?? "", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ a: { run: runs[2]?.run }, b: { run: runs[1]?.run, params: ["fit.scale=2"] }, same: false, metrics: [{ file: "model/metrics.json", metric: "mean", before: 4, after: 8, change: 1 }], rows: [], schemas: [], parameters: [{ name: "fit.scale", before: "1", after: "2" }], code: [] });
  }, timeout);

  it("says so where a run left the same", async () => {
    expect((await run("compare", "last~4", "last~3")).stdout).toContain("Both left the same");
  }, timeout);

  it("is Markdown for a pull request", async () => {
    const { stdout } = await run("compare", "last~3", "last~2", "--md");
    expect(stdout).toContain("### Metrics\n\n| | A | B | |\n|---|--:|--:|--:|\n| `mean` | 2 | 4 | +100% |\n");
    expect(stdout).toMatch(/^\| \| run \| status \| took \| code \|\n/);
  }, timeout);
});

describe("trace", () => {
  it.each([
    ["a metric", "test.largest", "model/metrics.json: test.largest = 9"],
    ["a metric of a file", "model/metrics.json:mean", "model/metrics.json: mean = 8"],
    ["a label", "about", "about  displayed by cell 4"],
    ["an artifact", "model/metrics.json", /^model\/metrics.json {2}sha256 [0-9a-f]{12}$/],
  ])("goes from %s back to the raw data", async (_, place, head) => {
    const { code, stdout } = await run("trace", place);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(head);
    expect(lines.slice(1).map((line) => line.replace(/[0-9a-f]{12}/g, "#").replace(/code [0-9a-f]{7}\+/, "code #"))).toEqual([
      "└─ fit  notebooks/2-fit.ipynb  fingerprint #  code #",
      "   ├─ scale = 2",
      "   └─ data/points.csv  4 rows  sha256 #",
      "      └─ clean  notebooks/1-clean.ipynb  fingerprint #  code #",
      "         └─ raw/points.csv  source, sha256 #",
    ]);
  }, timeout);

  it("tells of a task all that it rests on once, as a tree and as JSON", async () => {
    const { stdout } = await run("trace", "points");
    expect(stdout.match(/fingerprint/g)).toHaveLength(3);
    const { place, tasks } = JSON.parse((await run("trace", "points", "--json")).stdout);
    expect(place).toEqual({ kind: "task", tasks: ["points"] });
    expect(tasks.map(({ task }: { task: string }) => task)).toEqual(["points", "fit", "clean"]);
    expect(tasks[1]).toMatchObject({ parameters: { scale: 2 }, revision: { branch: "trunk", dirty: true }, inputs: [{ path: "data/points.csv", from: "clean" }] });
  }, timeout);

  it("ends with 2 for what is nowhere", async () => {
    expect(await run("trace", "abuot")).toMatchObject({ code: 2, stdout: "", stderr: "stitchbook: no task, artifact, label or metric is named abuot; did you mean about?\n" });
    expect((await run("trace")).code).toBe(2);
  }, timeout);
});

describe("provenance beside a report", () => {
  it("names the task, code, parameters and inputs of every artifact and figure, and goes with clean", async () => {
    const copy = await copyProject(root);
    const told = JSON.parse(await readFile(join(copy, "reports/provenance.json"), "utf8"));
    expect(Object.keys(told.artifacts).sort()).toEqual(["data/points.csv", "model/metrics.json", "reports/points.html", "reports/points.md"]);
    expect(told.figures).toEqual({ about: { task: "fit", fingerprint: told.artifacts["model/metrics.json"].fingerprint, notebook: "notebooks/2-fit.ipynb", cell: 4 } });
    expect(told.tasks.fit).toMatchObject({ parameters: { scale: 2 }, packages: {}, revision: { branch: "trunk" }, inputs: [{ path: "data/points.csv", from: "clean" }], outputs: ["model/metrics.json"] });
    expect((await runStitchbook(["status"], { cwd: copy })).stdout).not.toContain("orphan");
    await runStitchbook(["clean"], { cwd: copy });
    expect(existsSync(join(copy, "reports"))).toBe(false);
    rmSync(copy, { recursive: true });
  }, timeout);
});

describe("logs", () => {
  it("tells of the last run, what failed first, with the place and what was written", async () => {
    const { code, stdout } = await run("logs");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^memory {2}\S+\nfailed after .*: 1 failed, not run: fit, points\n\nFAILED +clean/);
    expect(stdout).toContain("    notebooks/1-clean.ipynb, cell 2, line 3, column 53\n    Error: unknown point: 1,?\n");
  }, timeout);

  it("tells of an earlier run in the order of its tasks, and of one task alone", async () => {
    const { stdout } = await run("logs", "--run", "last~4");
    expect(stdout).toMatch(/done +clean .*\n {4}cell 2 \| read 3 points\ndone +fit .*\ndone +points/);
    const alone = (await run("logs", "clean", "--run", "last~4")).stdout;
    expect(alone).toContain("read 3 points");
    expect(alone).not.toContain("done      fit");
  }, timeout);

  it("passes lines through as JSON, and leaves damaged ones out with a note", async () => {
    const copy = await copyProject(root);
    const file = join(copy, "logs", readdirSync(join(copy, "logs")).sort().at(-1) ?? "");
    appendFileSync(file, '{"time":"2026-01-01T00:00:00Z","lev');
    const json = await runStitchbook(["logs", "--json", "clean"], { cwd: copy });
    expect(json.stderr).toBe("1 damaged line was left out.\n");
    expect(json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).event)).toEqual(["task.start", "task.failed"]);
    expect((await runStitchbook(["logs"], { cwd: copy })).stdout).toContain("1 damaged line was left out.");
    rmSync(copy, { recursive: true });
  }, timeout);
});
