import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../engine/run/lock/lock.js";
import { notebook, type NotebookCells } from "../project/make-project.js";
import { copyProject, executed, readArtifacts, restored, runForEvents, runStitchbook } from "./rig.js";
import { makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
let template = "";
const roots: string[] = [];
/** Gathers whatever lies in two folders, declared or not. */
const glob: NotebookCells = [
  '---\nstage: glob\ninputs: ["raw/*.csv", "old/*.csv"]\noutputs: out/glob.txt\n---',
  'import { existsSync, readdirSync, writeFileSync } from "node:fs";\nwriteFileSync("out/glob.txt", ["raw", "old"].flatMap((folder) => (existsSync(folder) ? readdirSync(folder).sort() : [])).join(" "));',
];

beforeAll(async () => {
  template = await makeWeatherProject();
  // A stage with a figure has a page beside its executed notebook.
  const clean = await readFile(join(template, "notebooks/01-clean.ipynb"), "utf8");
  await writeFile(join(template, "notebooks/01-clean.ipynb"), clean.replace("const [head,", "//| label: shown\\nconst [head,"));
  const summary = await readFile(join(template, "templates/summary.md"), "utf8");
  await writeFile(join(template, "templates/summary.md"), `${summary}\n{% embed "shown", dataset: "oslo" %}\n`);
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(async () => {
  for (const root of [template, ...roots]) await rm(root, { recursive: true, force: true });
});

async function freshProject(): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  return root;
}

const edit = async (root: string, path: string, from: string, to: string) => {
  const text = await readFile(join(root, path), "utf8");
  expect(text).toContain(from);
  await writeFile(join(root, path), text.replaceAll(from, to));
};

const dropRome = (root: string) => edit(root, "stitchbook.yaml", ", rome", "");

type Status = { readonly tasks: readonly { readonly task: string }[]; readonly orphans: readonly { readonly path: string; readonly task: string; readonly kind: string; readonly changed: boolean }[] };
const status = async (root: string) => JSON.parse((await runStitchbook(["status", "--json"], { cwd: root })).stdout) as Status;
const orphansOf = async (root: string) => (await status(root)).orphans.map(({ path }) => path);
const clean = async (root: string, ...args: string[]) => {
  const { code, stdout } = await runStitchbook(["clean", "--json", ...args], { cwd: root });
  expect(code).toBe(0);
  const answer = JSON.parse(stdout) as { dry_run: boolean; removed: { path: string }[]; kept: { path: string; reason: string }[] };
  return { removed: answer.removed.map(({ path }) => path), kept: answer.kept.map(({ path, reason }) => `${path}: ${reason}`), isDry: answer.dry_run };
};

const rome = ["data/rome.csv", "reports/notebooks/clean@rome.html", "reports/notebooks/clean@rome.ipynb"];

describe("a dataset that was removed", () => {
  it("leaves files that status names and clean --orphans removes", async () => {
    const root = await freshProject();
    expect(await orphansOf(root)).toEqual([]);
    await dropRome(root);
    const { tasks, orphans } = await status(root);
    expect(tasks.map(({ task }) => task)).not.toContain("clean@rome");
    expect(orphans).toEqual(rome.map((path) => ({ path, task: "clean@rome", kind: path.startsWith("data") ? "artifact" : "notebook", changed: false })));
    expect((await runStitchbook(["status"], { cwd: root })).stdout).toContain("orphan    data/rome.csv  (left by clean@rome)");
    const before = await readArtifacts(root, ["."]);
    expect(await clean(root, "--orphans", "-n")).toEqual({ removed: rome, kept: [], isDry: true });
    expect(await readArtifacts(root, ["."])).toEqual(before);
    expect(await clean(root, "--orphans")).toEqual({ removed: rome, kept: [], isDry: false });
    expect(await orphansOf(root)).toEqual([]);
    for (const path of rome) expect(existsSync(join(root, path))).toBe(false);
    expect((await readdir(join(root, ".stitchbook/records"))).filter((name) => name.startsWith("clean@rome"))).toEqual([]);
    expect(await clean(root, "--orphans")).toMatchObject({ removed: [], kept: [] });
    // What is still declared was not touched.
    expect(executed((await runForEvents(root, "clean")).events)).toEqual([]);
  }, timeout);

  it("has its changed file kept and named, unless that is forced", async () => {
    const [root, forced] = [await freshProject(), await freshProject()];
    for (const each of [root, forced]) {
      await dropRome(each);
      await writeFile(join(each, "data/rome.csv"), "mine\n");
    }
    expect((await status(root)).orphans[0]).toMatchObject({ path: "data/rome.csv", changed: true });
    const { code, stderr } = await runStitchbook(["clean", "--orphans"], { cwd: root });
    expect(code).toBe(0);
    expect(stderr).toContain("kept  data/rome.csv  (changed since clean@rome made it; --force removes it, too)");
    expect(await readFile(join(root, "data/rome.csv"), "utf8")).toBe("mine\n");
    // From now on it is the author's own.
    expect(await orphansOf(root)).toEqual([]);
    expect((await clean(forced, "--orphans", "--force")).removed).toEqual(rome);
    expect(existsSync(join(forced, "data/rome.csv"))).toBe(false);
  }, timeout);
});

describe("an output that was renamed", () => {
  const moveOutput = (root: string) => edit(root, "notebooks/03-count.ipynb", "out/count.txt", "final/count.txt");

  it("is an orphan under its old name, before and after the next run", async () => {
    const root = await freshProject();
    await moveOutput(root);
    expect(await orphansOf(root)).toEqual(["out/count.txt"]);
    expect(executed((await runForEvents(root)).events)).toEqual(["count"]);
    expect(await orphansOf(root)).toEqual(["out/count.txt"]);
    await edit(root, "notebooks/03-count.ipynb", "final/count.txt", "final/n.txt");
    await runForEvents(root);
    expect(await orphansOf(root)).toEqual(["final/count.txt", "out/count.txt"]);
    // Declared again, it is nobody's orphan.
    await edit(root, "notebooks/03-count.ipynb", "final/n.txt", "out/count.txt");
    await runForEvents(root);
    expect(await orphansOf(root)).toEqual(["final/count.txt", "final/n.txt"]);
    expect((await clean(root, "--orphans")).removed).toEqual(["final/count.txt", "final/n.txt"]);
    expect(existsSync(join(root, "final"))).toBe(false);
    expect(await orphansOf(root)).toEqual([]);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("is not remembered once it was removed by hand", async () => {
    const root = await freshProject();
    await moveOutput(root);
    await rm(join(root, "out/count.txt"));
    await runForEvents(root);
    expect(await orphansOf(root)).toEqual([]);
  }, timeout);
});

describe("a stage that was renamed", () => {
  it("leaves its executed notebook, and its artifact where it has another name, too", async () => {
    const root = await freshProject();
    await edit(root, "notebooks/03-count.ipynb", "stage: count", "stage: tally");
    expect(await orphansOf(root)).toEqual(["reports/notebooks/count.ipynb"]);
    expect(restored((await runForEvents(root)).events)).toEqual(["tally"]);
    expect((await clean(root, "--orphans")).removed).toEqual(["reports/notebooks/count.ipynb"]);
    expect(existsSync(join(root, "out/count.txt"))).toBe(true);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("is no reason to remove a notebook that no run wrote", async () => {
    const root = await freshProject();
    await writeFile(join(root, "reports/notebooks/notes.ipynb"), notebook(["1"]));
    await writeFile(join(root, "reports/notebooks/odd.ipynb"), "{");
    expect(await orphansOf(root)).toEqual([]);
    await clean(root);
    expect((await readdir(join(root, "reports/notebooks"))).sort()).toEqual(["notes.ipynb", "odd.ipynb"]);
  }, timeout);
});

describe("globs and orphans", () => {
  it("a glob never gathers what a run left behind", async () => {
    const root = await freshProject();
    await edit(root, "notebooks/03-count.ipynb", "out/count.txt", "raw/count.csv");
    await runForEvents(root);
    await writeFile(join(root, "notebooks/04-glob.ipynb"), notebook(glob.map((cell) => (typeof cell === "string" ? cell.replace(', "old/*.csv"', "") : cell))));
    await edit(root, "notebooks/03-count.ipynb", "raw/count.csv", "out/count.txt");
    const { code } = await runForEvents(root);
    expect(code).toBe(0);
    expect(await orphansOf(root)).toEqual(["raw/count.csv"]);
    expect(await readFile(join(root, "out/glob.txt"), "utf8")).toBe("berlin.csv oslo.csv rome.csv");
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("an input that names an orphan is an error, and clean --orphans is a way out", async () => {
    const root = await freshProject();
    await edit(root, "notebooks/03-count.ipynb", "out/count.txt", "final/count.txt");
    await writeFile(join(root, "notebooks/04-read.ipynb"), notebook(["---\nstage: read\ninputs: [out/count.txt]\noutputs: out/read.txt\n---", '(await import("node:fs")).writeFileSync("out/read.txt", "");']));
    const { code, stderr } = await runStitchbook(["run"], { cwd: root });
    expect(code).toBe(2);
    expect(stderr).toContain("no task makes `out/count.txt` any more");
    await writeFile(join(root, "out/count.txt"), "my own now");
    expect(await clean(root, "--orphans")).toMatchObject({ removed: [], kept: ["out/count.txt: changed"] });
    expect((await runStitchbook(["run"], { cwd: root })).code).toBe(0);
  }, timeout);
});

describe("clean", () => {
  it("removes what runs made, and leaves sources, logs and what is on record", async () => {
    const root = await freshProject();
    const sources = await readArtifacts(root, ["raw", "stages", "notebooks", "templates", "logs", ".stitchbook/records"]);
    const artifacts = await readArtifacts(root, ["data", "out", "reports"]);
    const { removed, kept } = await clean(root);
    expect(kept).toEqual([]);
    expect(removed).toEqual(Object.keys(artifacts));
    expect(await readArtifacts(root, ["raw", "stages", "notebooks", "templates", "logs", ".stitchbook/records"])).toEqual(sources);
    // Folders that are empty now are gone as well.
    expect((await readdir(root)).sort()).toEqual([".stitchbook", "logs", "notebooks", "raw", "stages", "stitchbook.yaml", "templates"]);
    expect((await runForEvents(root)).code).toBe(0);
    expect(Object.keys(await readArtifacts(root, ["data", "out"]))).toEqual(Object.keys(artifacts).filter((path) => !path.startsWith("reports")));
  }, timeout);

  it("keeps what was changed since, and what is not on record, unless that is forced", async () => {
    const root = await freshProject();
    await writeFile(join(root, "data/oslo.csv"), "mine\n");
    for (const name of await readdir(join(root, ".stitchbook/records"))) if (name.startsWith("count")) await rm(join(root, ".stitchbook/records", name));
    expect((await clean(root)).kept).toEqual(["data/oslo.csv: changed", "out/count.txt: not on record"]);
    expect(Object.keys(await readArtifacts(root, ["data", "out"]))).toEqual(["data/oslo.csv", "out/count.txt"]);
    expect((await clean(root, "--force")).removed).toEqual(["data/oslo.csv", "out/count.txt"]);
  }, timeout);

  it("shows with -n what it would do, and writes nothing", async () => {
    const root = await freshProject();
    const before = await readArtifacts(root, ["."]);
    const { stdout, code } = await runStitchbook(["clean", "-n"], { cwd: root });
    expect(code).toBe(0);
    expect(stdout).toContain("would remove  data/oslo.csv  (clean@oslo)\n");
    expect(stdout).toContain("files to remove.");
    expect(await readArtifacts(root, ["."])).toEqual(before);
  }, timeout);

  it("waits for no run unless asked to", async () => {
    const root = await freshProject();
    const lock = await acquireLock({ stateFolder: join(root, ".stitchbook"), run: "2026-01-01T000000.000Z-aaaa" });
    if ("heldBy" in lock) throw new Error("held");
    try {
      const before = await readArtifacts(root, ["data", "out"]);
      expect(await runStitchbook(["clean"], { cwd: root })).toMatchObject({ code: 4, stdout: "" });
      expect(await readArtifacts(root, ["data", "out"])).toEqual(before);
    } finally {
      await lock.release();
    }
  }, timeout);

  it("refuses a project whose declarations can't all be read", async () => {
    const root = await freshProject();
    await edit(root, "notebooks/03-count.ipynb", "outputs:", "outptus:");
    const before = await readArtifacts(root, ["data", "out"]);
    for (const args of [["clean"], ["clean", "--orphans"], ["clean", "extra"]]) expect((await runStitchbook(args, { cwd: root })).code).toBe(2);
    expect(await readArtifacts(root, ["data", "out"])).toEqual(before);
  }, timeout);
});
