import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notebook } from "../project/make-project.js";
import { executed, parseEvents, readArtifacts, restored, runForEvents, runStitchbook } from "./rig.js";
import { makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
const kept = ["data", "out", "reports", ".stitchbook/records"];
let template = "";
const folders: string[] = [];

beforeAll(async () => {
  template = await makeWeatherProject();
  folders.push(template);
  await writeFile(join(template, "notebooks/04-plot.ipynb"), notebook([
    "---\nstage: plot\ninputs: [out/all.csv]\n---",
    '//| label: fit\n//| alt: A line.\nimport { show } from "stitchbook/notebook";\nshow({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", mark: "line", data: { values: [{ x: 1, y: (await import("node:fs")).readFileSync("out/all.csv").length }] }, encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } } });',
  ]));
  const summary = await readFile(join(template, "templates/summary.md"), "utf8");
  await writeFile(join(template, "templates/summary.md"), `${summary}\n{% embed "fit" %}\n`);
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-output-")));
  folders.push(folder);
  return folder;
}

async function freshProject(): Promise<string> {
  const root = await emptyFolder();
  await cp(template, root, { recursive: true, preserveTimestamps: true });
  return root;
}

const changeFactor = async (root: string) => {
  const text = await readFile(join(root, "stages/scale.ts"), "utf8");
  await writeFile(join(root, "stages/scale.ts"), text.replace("factor = 10", "factor = 100"));
};

describe("run --output-dir", () => {
  it("publishes there what a run here would, and leaves the project's artifacts and records alone", async () => {
    const [root, twin, folder] = [await freshProject(), await freshProject(), await emptyFolder()];
    for (const each of [root, twin]) await changeFactor(each);
    const before = await readArtifacts(root, kept);
    const { code, events, stderr } = await runForEvents(root, "--output-dir", join(folder, "deep/trial"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // What follows the edited stage reads what this run made.
    expect(executed(events)).toEqual(["clean@berlin", "clean@oslo", "clean@rome", "gather", "plot", "summary"]);
    expect(events[0]).toMatchObject({ event: "run.start", output_dir: join(folder, "deep/trial") });
    expect(await readArtifacts(root, kept)).toEqual(before);
    expect((await runForEvents(twin)).code).toBe(0);
    const trial = join(folder, "deep/trial");
    const made = ["data", "out", "reports/images"];
    expect(await readFile(join(trial, "reports/summary.md"), "utf8")).toBe(await readFile(join(twin, "reports/summary.md"), "utf8"));
    expect(await readArtifacts(trial, made)).toEqual(await readArtifacts(twin, made));
    expect((await readdir(trial)).sort()).toEqual(["data", "out", "reports"]);
    expect((await readdir(join(trial, "reports/notebooks"))).filter((name) => name.endsWith(".ipynb")).sort()).toEqual(["clean@berlin.ipynb", "clean@oslo.ipynb", "clean@rome.ipynb", "gather.ipynb", "plot.ipynb"]);
    // Nothing was recorded, but what was computed need not be computed again.
    const next = (await runForEvents(root)).events;
    expect({ executed: executed(next), restored: restored(next) }).toEqual({ executed: [], restored: executed(events) });
  }, timeout);

  it("copies what is up to date, and executes nothing for it", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    const before = await readArtifacts(root, kept);
    const { code, events } = await runForEvents(root, "--output-dir", folder);
    expect(code).toBe(0);
    expect(executed(events)).toEqual([]);
    for (const path of ["data", "out", "reports/images"]) expect(await readArtifacts(folder, [path])).toEqual(await readArtifacts(root, [path]));
    expect(await readFile(join(folder, "reports/summary.md"), "utf8")).toBe(await readFile(join(root, "reports/summary.md"), "utf8"));
    expect(await readArtifacts(root, kept)).toEqual(before);
    // A second time over what the first one made.
    expect((await runForEvents(root, "--output-dir", folder)).code).toBe(0);
  }, timeout);

  it("restores there what the store holds, and leaves an artifact edited by hand as it is", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    await changeFactor(root);
    expect((await runForEvents(root)).code).toBe(0);
    await writeFile(join(root, "stages/scale.ts"), await readFile(join(template, "stages/scale.ts"), "utf8"));
    await writeFile(join(root, "data/oslo.csv"), "edited\n");
    const before = await readArtifacts(root, kept);
    const { code, events } = await runForEvents(root, "--output-dir", folder);
    expect(code).toBe(0);
    expect({ executed: executed(events), restored: restored(events) }).toEqual({ executed: [], restored: ["clean@berlin", "clean@oslo", "clean@rome", "gather", "plot", "summary"] });
    expect(events.filter(({ event }) => event === "run.warning")).toEqual([]);
    for (const path of ["data", "out", "reports/images"]) expect(await readArtifacts(folder, [path])).toEqual(await readArtifacts(template, [path]));
    expect(await readArtifacts(root, kept)).toEqual(before);
  }, timeout);

  it("takes a folder from where one is, also inside of the project, and only what is selected", async () => {
    const root = await freshProject();
    const { code, stdout } = await runStitchbook(["run", "--only", "gather", "--force", "--output-dir", "../trial", "--param", "clean.dataset=x"], { cwd: join(root, "notebooks") });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const again = await runStitchbook(["run", "--only", "gather", "--force", "--output-dir", "../trial"], { cwd: join(root, "notebooks") });
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`into ${join(root, "trial")}; the project's artifacts and records stay as they are`);
    expect(Object.keys(await readArtifacts(join(root, "trial"), ["data", "out"]))).toEqual(["out/all.csv", "out/metrics.json"]);
    expect((await runStitchbook(["plan"], { cwd: root })).stdout).toContain("Everything is up to date");
  }, timeout);

  it("verifies a changed contract without recording it", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    const text = await readFile(join(root, "notebooks/01-clean.ipynb"), "utf8");
    await writeFile(join(root, "notebooks/01-clean.ipynb"), text.replace(">= 1", ">= 2"));
    const before = await readArtifacts(root, kept);
    expect((await runForEvents(root, "clean@oslo", "--output-dir", folder)).code).toBe(0);
    expect(Object.keys(await readArtifacts(folder, ["data"]))).toEqual(["data/oslo.csv"]);
    expect(await readArtifacts(root, kept)).toEqual(before);
    expect((await runStitchbook(["plan", "clean@oslo"], { cwd: root })).stdout).toContain("contract changed");
  }, timeout);

  it("finishes there what an interrupted run left, and keeps files that are not its own", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    await mkdir(join(folder, "reports/images"), { recursive: true });
    await writeFile(join(folder, "reports/images/mine.svg"), "<svg/>");
    await mkdir(join(folder, ".stitchbook-publication/journal"), { recursive: true });
    await writeFile(join(folder, ".stitchbook-publication/journal/damaged.json"), "{");
    expect((await runForEvents(root, "--output-dir", folder, "--force")).code).toBe(0);
    expect(await readFile(join(folder, "reports/images/mine.svg"), "utf8")).toBe("<svg/>");
    expect(existsSync(join(folder, ".stitchbook-publication"))).toBe(false);
  }, timeout);

  it("says after a failure where the notebook of the failed task is", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    await writeFile(join(root, "notebooks/03-count.ipynb"), notebook(["---\nstage: count\ninputs: [out/metrics.json]\noutputs: out/count.txt\n---", 'throw new Error("no");']));
    const { code, stderr } = await runStitchbook(["run", "count", "--output-dir", folder], { cwd: root });
    expect(code).toBe(1);
    const shown = /See (\S+) for/.exec(stderr)?.[1] ?? "";
    expect(JSON.parse(await readFile(shown, "utf8"))).toMatchObject({ metadata: { stitchbook: { task: "count", status: "failed" } } });
    expect(await readArtifacts(root, ["reports/notebooks"])).toEqual(await readArtifacts(template, ["reports/notebooks"]));
  }, timeout);

  it.each([
    ["the project itself", ".", "holds the project itself"],
    ["a folder above it", "..", "holds the project itself"],
    ["the engine's own folder", ".stitchbook/trial", "lies in .stitchbook/"],
    ["the folder of logs", "logs", "lies in logs/"],
    ["a folder that can't be made", "stitchbook.yaml/trial", "stitchbook.yaml"],
    ["nothing", "", "--output-dir"],
  ])("refuses %s", async (_, folder, says) => {
    const { code, stdout, stderr } = await runStitchbook(["run", "--output-dir", folder], { cwd: template });
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/internal error/i);
    expect([1, 2]).toContain(code);
  }, timeout);

  it("refuses a folder in which an artifact would fall on a file of the project", async () => {
    const root = await freshProject();
    await writeFile(join(root, "notebooks/05-clash.ipynb"), notebook(["---\nstage: clash\noutputs: all.csv\n---", '(await import("node:fs")).writeFileSync("all.csv", "");']));
    const { code, stderr } = await runStitchbook(["run", "--output-dir", "out"], { cwd: root });
    expect(code).toBe(2);
    expect(stderr).toContain("all.csv would be written to out/all.csv, which is a file of the project");
  }, timeout);

  it("stands in the log of the run", async () => {
    const [root, folder] = [await freshProject(), await emptyFolder()];
    const earlier = await readdir(join(root, "logs"));
    await runStitchbook(["run", "clean", "--output-dir", folder], { cwd: root });
    const [log] = (await readdir(join(root, "logs"))).filter((name) => !earlier.includes(name));
    expect(parseEvents(await readFile(join(root, "logs", log ?? ""), "utf8"))[0]).toMatchObject({ targets: ["clean"], output_dir: folder });
  }, timeout);
});
