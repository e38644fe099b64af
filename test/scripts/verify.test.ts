import { appendFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../engine/run/lock/lock.js";
import { makeProject, type NotebookCells } from "../project/make-project.js";
import { readArtifacts, runStitchbook } from "./rig.js";
import { makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
const roots: string[] = [];

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

type Difference = { readonly artifact: string | null; readonly label: string | null; readonly place: Readonly<Record<string, unknown>>; readonly recorded: string | null; readonly found: string | null; readonly hint: string };
type TaskAnswer = { readonly task: string; readonly verdict: string; readonly tolerated: boolean; readonly differences: readonly Difference[]; readonly failure: { readonly kind: string; readonly message: string } | null };
type Answer = { readonly reproducible: boolean; readonly tasks: readonly TaskAnswer[] };

async function verify(root: string, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string; readonly answer: Answer }> {
  const { code, stdout, stderr } = await runStitchbook(["verify", "--json", ...args], { cwd: root });
  return { code, stderr, answer: JSON.parse(stdout) as Answer };
}

/** A stage that writes one file with code. */
function stage(id: string, output: string, code: string, more = ""): NotebookCells {
  return [`---\nstage: ${id}\noutputs: ${output}\n${more}---`, `import { homedir } from "node:os";\nimport { readdirSync, readFileSync, writeFileSync } from "node:fs";\nimport { readdir } from "node:fs/promises";\nconst save = (text: string) => writeFileSync(${JSON.stringify(output)}, text);\nvoid [homedir, readdirSync, readFileSync, readdir];`, code];
}

async function makeRunProject(files: Readonly<Record<string, string | NotebookCells>>): Promise<string> {
  const root = await makeProject({ "stitchbook.yaml": "name: proof\n", ...files });
  roots.push(root);
  expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
  return root;
}

describe("a reproducible project", () => {
  let root = "";
  beforeAll(async () => {
    root = await makeWeatherProject();
    roots.push(root);
    expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
  }, timeout);

  it("is proved, and nothing in it is changed or left elsewhere", async () => {
    const temporary = await mkdtemp(join(tmpdir(), "stitchbook-temporary-"));
    roots.push(temporary);
    const before = await readArtifacts(root, ["."]);
    const { code, stdout, stderr } = await runStitchbook(["verify", "--json"], { cwd: root, env: { TMPDIR: temporary } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const answer = JSON.parse(stdout) as Answer;
    expect(answer.reproducible).toBe(true);
    expect(new Set(answer.tasks.map(({ verdict }) => verdict))).toEqual(new Set(["same"]));
    expect(withoutLock(await readArtifacts(root, ["."]))).toEqual(withoutLock(before));
    expect(await readdir(temporary)).toEqual([]);
  }, timeout);

  it("is proved in part where targets are named", async () => {
    const { code, answer } = await verify(root, "--only", "clean@oslo", "--only", "gather");
    expect(code).toBe(0);
    expect(answer.tasks.map(({ task }) => task)).toEqual(["clean@oslo", "gather"]);
    const unknown = await runStitchbook(["verify", "gathr"], { cwd: root });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean gather?") });
  }, timeout);

  it("is left alone while another run holds it", async () => {
    const lock = await acquireLock({ stateFolder: join(root, ".stitchbook"), run: "2026-01-01T00-00-00Z-abc" });
    if ("heldBy" in lock) throw new Error("the lock is held");
    try {
      expect(await runStitchbook(["verify"], { cwd: root })).toMatchObject({ code: 4, stderr: expect.stringContaining("2026-01-01T00-00-00Z-abc") });
    } finally {
      await lock.release();
    }
  }, timeout);

  it("has to be up to date", async () => {
    await appendFile(join(root, "out/all.csv"), "by hand\n");
    const { code, stdout, stderr } = await runStitchbook(["verify"], { cwd: root });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("gather  artifact out/all.csv changed by hand");
    expect(stderr).toContain("run first");
    expect((await verify(root, "--only", "clean@oslo")).code).toBe(0);
  }, timeout);
});

function withoutLock(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith(".stitchbook/lock/")));
}

describe("what is not reproducible", () => {
  let root = "";
  let answer: Answer = { reproducible: true, tasks: [] };
  let result: { readonly code: number | null; readonly stderr: string } = { code: null, stderr: "" };

  beforeAll(async () => {
    const chart = '({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", data: { values: [{ a: 1 }, { a: Math.random() }] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" } } })';
    root = await makeRunProject({
      "data/a.txt": "a",
      "data/b.txt": "b",
      "data/c.txt": "c",
      "notebooks/clock.ipynb": stage("clock", "out/clock.json", "save(JSON.stringify({ rows: [{ made: 1 }, { made: Date.now() }] }));"),
      "notebooks/day.ipynb": stage("day", "out/day.csv", 'save(`city,"day, of"\\noslo,1\\nrome,${new Date().toISOString().slice(0, 10)}\\n`);'),
      "notebooks/folder.ipynb": stage("folder", "out/folder.txt", "save(`first\\nworked in ${process.cwd()}\\n`);"),
      "notebooks/home.ipynb": stage("home", "out/home.jsonl", 'save(["{}", JSON.stringify({ home: homedir() }), ""].join("\\n"));'),
      "notebooks/order.ipynb": stage("order", "out/order.csv", 'save("name\\n" + readdirSync("data").join("\\n") + "\\n");', "inputs: data/*.txt\n"),
      "notebooks/order-later.ipynb": stage("order-later", "out/order-later.json", 'save(JSON.stringify(await readdir("data")));', "inputs: data/*.txt\n"),
      "notebooks/dice.ipynb": stage("dice", "out/dice.tsv", "save(`a\\tb\\n1\\t${Math.random()}\\n`);"),
      "notebooks/bytes.ipynb": stage("bytes", "out/bytes.bin", 'writeFileSync("out/bytes.bin", new Uint8Array([0, 1, 2, ...Buffer.from(String(Math.random()))]));'),
      "notebooks/shown.ipynb": [...stage("shown", "out/shown.txt", 'save("always the same");'), `//| label: dots\n//| alt: Dots\n${chart}`],
      "notebooks/after.ipynb": stage("after", "out/after.txt", 'save(readFileSync("out/clock.json", "utf8"));', "inputs: out/clock.json\n"),
      "notebooks/tolerated.ipynb": stage("tolerated", "out/tolerated.txt", "save(String(Math.random()));", "idempotent: false\n"),
      "notebooks/late.ipynb": stage("late", "out/late.txt", `if (Date.now() > ${Date.now() + 300 * 86_400_000}) throw new Error("too late");\nsave("x");`),
      "templates/summary.md": '---\nreport: summary\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\n---\n{% embed "dots" %}\n\n{{ run.id }} {{ run.date }}\n',
    });
    ({ answer, ...result } = await verify(root));
  }, timeout);

  const taskOf = (id: string): TaskAnswer => {
    const task = answer.tasks.find(({ task }) => task === id);
    if (task === undefined) throw new Error(`${id} has no verdict`);
    return task;
  };
  const only = (id: string): Difference => {
    const { verdict, differences } = taskOf(id);
    expect({ verdict, count: differences.length }).toEqual({ verdict: "differs", count: 1 });
    const [difference] = differences;
    if (difference === undefined) throw new Error(`${id} has no difference`);
    return difference;
  };

  it("fails, and leaves the project as it is", async () => {
    expect(result).toEqual({ code: 1, stderr: "" });
    expect(answer.reproducible).toBe(false);
    expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stdout: expect.stringContaining("Everything is up to date") });
  }, timeout);

  it("names the time, by its JSON path", () => {
    expect(only("clock")).toMatchObject({ artifact: "out/clock.json", place: { kind: "json", path: "$.rows[1].made" }, hint: expect.stringContaining("date or time") });
  });

  it("names the date, by column and row, though it is still the same day", () => {
    expect(only("day")).toMatchObject({ place: { kind: "cell", row: 2, column: "day, of" }, hint: expect.stringContaining("date or time") });
  });

  it("names the folder, by its line", () => {
    expect(only("folder")).toMatchObject({ place: { kind: "text", line: 2 }, recorded: expect.stringContaining(".stitchbook/tasks"), hint: expect.stringContaining("process.cwd()") });
  });

  it("names HOME, by the row of JSON lines", () => {
    expect(only("home")).toMatchObject({ place: { kind: "json-row", row: 2, path: "$.home" }, hint: expect.stringContaining("HOME") });
  });

  it("names the order of files", () => {
    expect(only("order")).toMatchObject({ place: { kind: "cell", row: 1, column: "name" }, recorded: "a.txt", found: "c.txt", hint: expect.stringContaining("order") });
    expect(only("order-later")).toMatchObject({ place: { kind: "json", path: "$[0]" }, hint: expect.stringContaining("order") });
  });

  it("names random numbers as what nothing else explains", () => {
    expect(only("dice")).toMatchObject({ place: { kind: "cell", row: 1, column: "b" }, hint: expect.stringContaining("random numbers") });
  });

  it("names the first byte where there is no text", () => {
    expect(only("bytes").place).toMatchObject({ kind: "byte" });
  });

  it("names the displayed output", () => {
    expect(only("shown")).toMatchObject({ artifact: null, label: "dots", place: { kind: "json", path: expect.stringMatching(/^outputs\[0\]\.data\["application\/vnd\.vegalite\.v5\+json"\]\.data\.values\[1\]\.a$/) } });
  });

  it("does not blame what only passes it on, nor a report that tells of its run", () => {
    expect(["after", "summary"].map((id) => taskOf(id).verdict)).toEqual(["same", "same"]);
  });

  it("is tolerated of a stage that isn't idempotent", async () => {
    expect(taskOf("tolerated")).toMatchObject({ verdict: "differs", tolerated: true });
    const alone = await runStitchbook(["verify", "tolerated"], { cwd: root });
    expect(alone).toMatchObject({ code: 0, stderr: expect.stringContaining("idempotent is false") });
  }, timeout);

  it("is a failure where the second execution fails", () => {
    expect(taskOf("late")).toMatchObject({ verdict: "failed", failure: { kind: "cell-error", message: expect.stringContaining("too late") } });
  });

  it("is told to people with both values and a cause", async () => {
    const { code, stdout, stderr } = await runStitchbook(["verify", "--only", "order", "--only", "after"], { cwd: root });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^same {5}after/);
    expect(stderr).toContain("out/order.csv: column name, row 1\n      recorded  a.txt\n      now       c.txt\n    -> It holds the same in another order");
    expect(stderr).toContain("2 tasks: 1 reproducible, 1 not reproducible");
  }, timeout);
});

describe("a stage with max_age", () => {
  it("is taken as it is, however old, and executed with --external by the true clock", async () => {
    const root = await makeRunProject({
      "notebooks/fetch.ipynb": stage("fetch", "out/fetch.txt", `if (Date.now() > ${Date.now() + 300 * 86_400_000}) throw new Error("a request from the future");\nsave(String(process.hrtime.bigint()));`, "max_age: 1ms\n"),
      "notebooks/copy.ipynb": stage("copy", "out/copy.txt", 'save(readFileSync("out/fetch.txt", "utf8"));', "inputs: out/fetch.txt\n"),
    });
    const before = await stat(join(root, "out/fetch.txt"));
    const taken = await verify(root);
    expect(taken.code).toBe(0);
    expect(taken.answer.tasks.map(({ task, verdict }) => `${task} ${verdict}`)).toEqual(["fetch taken", "copy same"]);
    const external = await verify(root, "--external");
    expect(external.code).toBe(1);
    expect(external.answer.tasks.map(({ task, verdict }) => `${task} ${verdict}`)).toEqual(["fetch differs", "copy same"]);
    expect((await stat(join(root, "out/fetch.txt"))).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(join(root, "out/copy.txt"), "utf8")).toBe(await readFile(join(root, "out/fetch.txt"), "utf8"));
  }, timeout);
});
