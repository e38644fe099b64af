import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";
import { copyProject, editFile, executed, type LoggedEvent, readArtifacts, restored, runForEvents, runStitchbook } from "./rig.js";
import { makeWeatherProject, weatherTasks } from "./weather-project.js";

const timeout = 120_000;
const folders = ["data", "out", "reports/summary.md"];
const cleaning = ["clean@berlin", "clean@oslo", "clean@rome"];
const roots: string[] = [];
let template = "";

beforeAll(async () => {
  template = await makeWeatherProject();
  roots.push(template);
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

/** A project of its own in which everything is up to date. */
async function freshProject(from = template): Promise<string> {
  const root = await copyProject(from);
  roots.push(root);
  return root;
}

const setFactor = (root: string, factor: number) => editFile(root, "stages/scale.ts", (text) => text.replace(/factor = \d+/, `factor = ${factor}`));

async function readAll(root: string): Promise<Record<string, string>> {
  return { ...(await readArtifacts(root, folders.slice(0, 2))), "reports/summary.md": await readFile(join(root, "reports/summary.md"), "latin1") };
}

async function removeArtifacts(root: string): Promise<void> {
  for (const folder of ["data", "out", "reports"]) await rm(join(root, folder), { recursive: true, force: true });
}

async function plan(root: string): Promise<Record<string, string>> {
  const { stdout } = await runStitchbook(["plan", "--json"], { cwd: root });
  const { tasks } = JSON.parse(stdout) as { tasks: { task: string; action: string }[] };
  return Object.fromEntries(tasks.map(({ task, action }) => [task, action]));
}

async function recordOf(root: string, task: string): Promise<Record<string, unknown>> {
  const name = (await readdir(join(root, ".stitchbook/records"))).find((each) => each.startsWith(`${task}-`)) ?? "";
  return (JSON.parse(await readFile(join(root, ".stitchbook/records", name), "utf8")) as { record: Record<string, unknown> }).record;
}

const warnings = (events: readonly LoggedEvent[]) => events.flatMap((each) => (each.event === "run.warning" ? [`${String(each.task)}: ${String(each["message"])}`] : []));

describe("a result that was computed before", () => {
  it("is restored when an edit is taken back, and is said to be", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    const record = await recordOf(root, "clean@oslo");
    await setFactor(root, 100);
    expect(executed((await runForEvents(root)).events)).toEqual([...cleaning, "gather"]);
    expect(await readAll(root)).not.toEqual(before);
    await setFactor(root, 10);
    expect(await plan(root)).toEqual({ ...Object.fromEntries([...cleaning, "gather"].map((task) => [task, "restore"])), count: "fresh", summary: "fresh" });
    const { code, events, stderr } = await runForEvents(root);
    expect({ code, stderr, warnings: warnings(events) }).toEqual({ code: 0, stderr: "", warnings: [] });
    expect([executed(events), restored(events)]).toEqual([[], [...cleaning, "gather"]]);
    expect(events.at(-1)).toMatchObject({ event: "run.done", executed: 0, restored: 4, fresh: 2, failed: 0 });
    expect(events.find((each) => each.event === "task.start" && each.task === "clean@oslo")).toMatchObject({ action: "restore", reasons: [{ kind: "code", subject: "stages/scale.ts" }] });
    expect(await readAll(root)).toEqual(before);
    // Age counts from the execution.
    expect(await recordOf(root, "clean@oslo")).toMatchObject({ run: record["run"], startedAt: record["startedAt"], finishedAt: record["finishedAt"], labels: record["labels"] });
    expect(executed((await runForEvents(root)).events)).toEqual([]);
    expect((await runStitchbook(["run"], { cwd: root })).stdout).toContain("Everything is up to date: 6 tasks");
  }, timeout);

  it("is restored where all artifacts were deleted, views included", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await removeArtifacts(root);
    expect(await plan(root)).toEqual(Object.fromEntries(weatherTasks.map((task) => [task, "restore"])));
    const { stdout, stderr, code } = await runStitchbook(["run"], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("0 run, 6 restored, 0 up to date");
    expect(stdout).toMatch(/^done +clean@berlin .*restored \(artifact data\/berlin\.csv missing\)$/m);
    expect(stdout).not.toMatch(/^start/m);
    expect(await readAll(root)).toEqual(before);
    const view = await readFile(join(root, "reports/notebooks/clean@rome.ipynb"), "utf8");
    expect(JSON.parse(view)).toMatchObject({ nbformat: 4, metadata: { stitchbook: { task: "clean@rome", status: "ok" } } });
    expect(view).toContain("rome 2");
    expect((await readdir(join(root, "reports/notebooks"))).sort()).toEqual((await readdir(join(template, "reports/notebooks"))).sort());
  }, timeout);

  it("is restored where the records are lost, too", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await removeArtifacts(root);
    await rm(join(root, ".stitchbook/records"), { recursive: true });
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], weatherTasks]);
    expect(await readAll(root)).toEqual(before);
  }, timeout);

  it("leaves what follows fresh where the restored bytes are those that were there", async () => {
    const root = await freshProject();
    await rm(join(root, "data/oslo.csv"));
    expect(await plan(root)).toEqual({ ...Object.fromEntries(weatherTasks.map((task) => [task, "fresh"])), "clean@oslo": "restore" });
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], ["clean@oslo"]]);
    expect(warnings(events)).toEqual([]);
  }, timeout);

  it("takes the place of an edit by hand, with a warning that names the file and what to edit instead", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await writeFile(join(root, "out/count.txt"), "7");
    await rm(join(root, "data/berlin.csv"));
    await appendFile(join(root, "reports/summary.md"), "by hand");
    const { code, events } = await runForEvents(root);
    expect(code).toBe(0);
    expect([executed(events), restored(events)]).toEqual([[], ["clean@berlin", "count", "summary"]]);
    expect(warnings(events).sort()).toEqual([
      "count: out/count.txt was edited by hand and has been put back from the store. To change the result, edit notebooks/03-count.ipynb.",
      "summary: reports/summary.md was edited by hand and has been put back from the store. To change the result, edit templates/summary.md.",
    ]);
    expect(await readAll(root)).toEqual(before);
  }, timeout);

  it("is there when a dataset is dropped, cleaned away and added again", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await editFile(root, "stitchbook.yaml", (text) => text.replace(", rome", ""));
    expect(executed((await runForEvents(root)).events)).toEqual(["count", "gather", "summary"]);
    await rm(join(root, "data/rome.csv"));
    await editFile(root, "stitchbook.yaml", (text) => text.replace("oslo", "oslo, rome"));
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], ["clean@rome", "count", "gather", "summary"]]);
    expect(await readAll(root)).toEqual(before);
  }, timeout);

  it("gives a cell that is labelled later what it had shown", async () => {
    const root = await freshProject();
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace('"const [head', '"//| label: cleaning\\n",\n    "const [head'));
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], cleaning]);
    expect((await recordOf(root, "clean@oslo"))["labels"]).toMatchObject([{ label: "cleaning", cell: 4, outputs: [{ output_type: "stream", text: "oslo 2\n" }] }]);
  }, timeout);
});

describe("a result in the store is not taken", () => {
  it("where the task is forced; what it gives then is the last result", async () => {
    const root = await freshProject();
    await removeArtifacts(root);
    await mkdir(join(root, "out"));
    await writeFile(join(root, "out/count.txt"), "7");
    const forced = await runForEvents(root, "--force");
    expect(executed(forced.events)).toEqual(weatherTasks);
    expect(warnings(forced.events)).toEqual(["count: out/count.txt was edited by hand and has been made again. To change the result, edit notebooks/03-count.ipynb."]);
    const { run } = await recordOf(root, "count");
    await rm(join(root, "out/count.txt"));
    expect(restored((await runForEvents(root)).events)).toEqual(["count"]);
    expect((await recordOf(root, "count"))["run"]).toBe(run);
  }, timeout);

  it("where its bytes are damaged: these are dropped, the task executes, and the next time all is well", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await damageContents(root, async (file) => {
      const bytes = await readFile(file);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      await writeFile(file, bytes);
    });
    await removeArtifacts(root);
    const { code, events } = await runForEvents(root);
    expect(code).toBe(0);
    expect([executed(events), restored(events)]).toEqual([weatherTasks, []]);
    expect(warnings(events).some((text) => text.includes("damaged"))).toBe(true);
    expect(await readAll(root)).toEqual(before);
    await removeArtifacts(root);
    expect(restored((await runForEvents(root)).events)).toEqual(weatherTasks);
    expect(await readAll(root)).toEqual(before);
  }, timeout);

  it.each([
    ["contents", "are cut", (file: string) => truncate(file, 1)],
    ["contents", "are gone", (file: string) => rm(file)],
    ["results", "are cut", (file: string) => truncate(file, 80)],
  ])("where its %s %s", async (part, _, damage) => {
    const root = await freshProject();
    const before = await readAll(root);
    await damageContents(root, damage, part);
    await removeArtifacts(root);
    const { code, events } = await runForEvents(root);
    expect({ code, executed: executed(events), warnings: warnings(events) }).toEqual({ code: 0, executed: weatherTasks, warnings: [] });
    expect(await readAll(root)).toEqual(before);
  }, timeout);

  it("where it no longer holds the contract; nothing executes then", async () => {
    const root = await freshProject();
    await rm(join(root, "data/oslo.csv"));
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace(">= 1", ">= 3"));
    const { code, events } = await runForEvents(root, "-k");
    expect(code).toBe(1);
    expect(executed(events)).toEqual([]);
    expect(events.find((each) => each.event === "task.failed" && each.task === "clean@oslo")).toMatchObject({ kind: "contract", message: expect.stringContaining(">= 3") });
    expect(existsSync(join(root, "data/oslo.csv"))).toBe(false);
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace(">= 3", ">= 2"));
    const mended = await runForEvents(root);
    expect({ code: mended.code, restored: restored(mended.events) }).toEqual({ code: 0, restored: ["clean@oslo"] });
  }, timeout);
});

async function damageContents(root: string, damage: (file: string) => Promise<void>, part = "contents"): Promise<void> {
  const folder = join(root, ".stitchbook/store", part);
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(entries.length).toBeGreaterThanOrEqual(6);
  for (const entry of entries) await damage(join(entry.parentPath, entry.name));
}

describe("max_age", () => {
  const project = (maxAge: string) =>
    makeProject({
      "stitchbook.yaml": "name: aged\n",
      "notebooks/fetch.ipynb": [
        `---\nstage: fetch\noutputs: out/time.txt\nmax_age: ${maxAge}\n---`,
        'import { mkdirSync, writeFileSync } from "node:fs";\nwriteFileSync("out/time.txt", String(process.hrtime.bigint()));',
      ],
    });

  it("executes what is expired though the store has it, and restores what is not, keeping its age", async () => {
    const [expired, young] = await Promise.all([project("1ms"), project("1h")]);
    roots.push(expired, young);
    for (const root of [expired, young]) expect(executed((await runForEvents(root)).events)).toEqual(["fetch"]);
    const [first, text] = [await recordOf(young, "fetch"), await readFile(join(young, "out/time.txt"), "utf8")];
    for (const root of [expired, young]) await Promise.all([rm(join(root, "out/time.txt")), rm(join(root, ".stitchbook/records"), { recursive: true })]);
    expect(executed((await runForEvents(expired)).events)).toEqual(["fetch"]);
    expect(restored((await runForEvents(young)).events)).toEqual(["fetch"]);
    expect(await readFile(join(young, "out/time.txt"), "utf8")).toBe(text);
    expect((await recordOf(young, "fetch"))["startedAt"]).toBe(first["startedAt"]);
  }, timeout);
});

describe("the images of a report", () => {
  it("are restored with it, and those that it does not draw go", async () => {
    const spec = (values: string) => `({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", data: { values: [${values}] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" } } })`;
    const one = '{% embed "one" %}';
    const root = await makeProject({
      "stitchbook.yaml": "name: charts\n",
      "notebooks/draw.ipynb": ["---\nstage: draw\noutputs: out/x.txt\n---", 'import { writeFileSync } from "node:fs";\nwriteFileSync("out/x.txt", "x");', `//| label: one\n//| alt: One\n${spec("{ a: 1 }")}`, `//| label: two\n//| alt: Two\n${spec("{ a: 2 }")}`],
      "templates/summary.md": `---\nreport: summary\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\n---\n${one}\n`,
    });
    roots.push(root);
    expect(executed((await runForEvents(root)).events)).toEqual(["draw", "summary"]);
    const before = { ...(await readArtifacts(root, ["reports/images"])), page: await readFile(join(root, "reports/summary.html"), "latin1") };
    await editFile(root, "templates/summary.md", (text) => text.replace(one, '{% embed "two" %}'));
    await Promise.all(["of-old@north.svg", "photo.jpg", "LICENSE.txt"].map((name) => writeFile(join(root, "reports/images", name), "mine")));
    expect(executed((await runForEvents(root)).events)).toEqual(["summary"]);
    expect((await readdir(join(root, "reports/images"))).sort()).toEqual(["LICENSE.txt", "photo.jpg", "two.svg"]);
    await Promise.all(["photo.jpg", "LICENSE.txt"].map((name) => rm(join(root, "reports/images", name))));
    await editFile(root, "templates/summary.md", (text) => text.replace('{% embed "two" %}', one));
    const { events } = await runForEvents(root);
    expect([executed(events), restored(events)]).toEqual([[], ["summary"]]);
    expect({ ...(await readArtifacts(root, ["reports/images"])), page: await readFile(join(root, "reports/summary.html"), "latin1") }).toEqual(before);
    await rm(join(root, "reports"), { recursive: true });
    await rm(join(root, "out"), { recursive: true });
    expect(restored((await runForEvents(root)).events)).toEqual(["draw", "summary"]);
    expect({ ...(await readArtifacts(root, ["reports/images"])), page: await readFile(join(root, "reports/summary.html"), "latin1") }).toEqual(before);
    expect(await readFile(join(root, "reports/notebooks/draw.ipynb"), "utf8")).toContain("image/png");
  }, timeout);
});

describe("the store", () => {
  it("is not touched where everything is up to date", async () => {
    const root = await freshProject();
    const store = join(root, ".stitchbook/store");
    await rename(store, `${store}-elsewhere`);
    await writeFile(store, "no folder");
    expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(store, "utf8")).toBe("no folder");
  }, timeout);

  it("that can't be written is one warning, and no failure", async () => {
    const root = await freshProject();
    await rm(join(root, ".stitchbook/store"), { recursive: true });
    await writeFile(join(root, ".stitchbook/store"), "no folder");
    await setFactor(root, 100);
    const { code, events } = await runForEvents(root);
    expect({ code, executed: executed(events) }).toEqual({ code: 0, executed: [...cleaning, "gather"] });
    expect(warnings(events)).toEqual([expect.stringContaining("could not be kept in .stitchbook/store: a file stands where a folder is expected")]);
  }, timeout);

  it("shares no file with the project", async () => {
    const root = await freshProject();
    const before = await readAll(root);
    await removeArtifacts(root);
    await runForEvents(root);
    expect((await stat(join(root, "out/all.csv"))).nlink).toBe(1);
    await appendFile(join(root, "out/all.csv"), "by hand\n");
    expect(restored((await runForEvents(root)).events)).toEqual(["gather"]);
    expect(await readAll(root)).toEqual(before);
  }, timeout);
});
