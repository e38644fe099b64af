import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawMermaid } from "../../engine/observe/draw-graph.js";
import { makeProject, notebook } from "../project/make-project.js";
import { runStitchbook } from "./rig.js";
import { makeWeatherProject } from "./weather-project.js";

const timeout = 120_000;
let root = "";
const roots: string[] = [];

beforeAll(async () => {
  root = await makeWeatherProject();
  roots.push(root);
});

afterAll(async () => {
  for (const each of roots) await rm(each, { recursive: true, force: true });
});

const dag = async (...args: string[]) => (await runStitchbook(["dag", ...args], { cwd: root })).stdout;

describe("dag", () => {
  it("tells every task, what it reads from whom, and what it makes, and writes nothing", async () => {
    const before = await readdir(root, { recursive: true });
    expect(await dag()).toBe(
      [
        "small-weather", "",
        ...["berlin", "oslo", "rome"].flatMap((name) => [`clean@${name}  notebooks/01-clean.ipynb`, `  <- raw/${name}.csv`, `  -> data/${name}.csv`, ""]),
        "gather  notebooks/02-gather.ipynb", "  <- data/berlin.csv  (clean@berlin)", "  <- data/oslo.csv  (clean@oslo)", "  <- data/rome.csv  (clean@rome)", "  -> out/all.csv", "  -> out/metrics.json", "",
        "count  notebooks/03-count.ipynb", "  <- out/metrics.json  (gather)", "  -> out/count.txt", "",
        "summary  templates/summary.md", "  <- out/metrics.json  (gather)", "  -> reports/summary.md", "",
      ].join("\n"),
    );
    expect(await readdir(root, { recursive: true })).toEqual(before);
  }, timeout);

  it("is JSON with --json: nodes, and edges with the file they go by", async () => {
    const { nodes, edges } = JSON.parse(await dag("--json")) as { nodes: Record<string, unknown>[]; edges: unknown[] };
    expect(nodes.map(({ task }) => task)).toEqual(["clean@berlin", "clean@oslo", "clean@rome", "gather", "count", "summary"]);
    expect(nodes[1]).toEqual({ task: "clean@oslo", stage: "clean", dataset: "oslo", kind: "stage", title: "clean", file: "notebooks/01-clean.ipynb", inputs: ["raw/oslo.csv"], outputs: ["data/oslo.csv"] });
    expect(nodes[5]).toMatchObject({ kind: "report", dataset: null });
    expect(edges).toEqual([
      ...["berlin", "oslo", "rome"].map((name) => ({ from: `clean@${name}`, to: "gather", via: `data/${name}.csv` })),
      { from: "gather", to: "count", via: "out/metrics.json" },
      { from: "gather", to: "summary", via: "out/metrics.json" },
    ]);
  }, timeout);

  it("is a flowchart with --mermaid", async () => {
    expect(await dag("--mermaid", "gather", "--dataset", "oslo")).toBe('flowchart LR\n  t1["clean@oslo"]\n  t2["gather"]\n  t1 -- "data/oslo.csv" --> t2\n');
  }, timeout);

  it("has only edges among selected tasks", async () => {
    const { nodes, edges } = JSON.parse(await dag("--json", "--from", "gather")) as { nodes: unknown[]; edges: unknown[] };
    expect([nodes.length, edges.length]).toEqual([3, 2]);
  }, timeout);

  it("shows an edge without a file where a report quotes a stage", async () => {
    const own = await makeProject({
      "stitchbook.yaml": "name: quoted\n",
      "notebooks/a.ipynb": ["---\nstage: a\noutputs: a.txt\n---", "1"],
      "templates/r.md": '---\nreport: r\noutputs: { markdown: r.md }\n---\n{{ stages.a.outputs["a.txt"].bytes }}\n',
    });
    roots.push(own);
    const run = async (...args: string[]) => (await runStitchbook(["dag", ...args], { cwd: own })).stdout;
    expect(JSON.parse(await run("--json"))).toMatchObject({ edges: [{ from: "a", to: "r", via: null }] });
    expect(await run("--mermaid")).toContain("t1 -.-> t2");
    expect(await run()).toContain("  <- a  (what it displayed or recorded)");
  }, timeout);

  it("refuses to give two answers at once", async () => {
    expect(await runStitchbook(["dag", "--json", "--mermaid"], { cwd: root })).toMatchObject({ code: 2, stdout: "" });
  }, timeout);

  it("lets no name be taken for Mermaid's syntax", () => {
    const node = (task: string, title: string) => ({ task, stage: task, dataset: null, kind: "stage", title, file: "", inputs: [], outputs: [] }) as const;
    const text = drawMermaid({ nodes: [node("end", "end"), node("b", '"]; click t1 <script>alert(1)</script> `x` #quot; **y**')], edges: [{ from: "end", to: "b", via: 'a"|b].csv' }] });
    const [head, first, second, arrow] = text.split("\n");
    expect([head, first]).toEqual(["flowchart LR", '  t1["end"]']);
    expect(second).toMatch(/^ {2}t2\["b: [^"<>`|[\]*]*"\]$/);
    expect(second).toContain("#34;#93;#59; click t1 #60;script#62;");
    expect(second).toContain("#35;quot#59;");
    expect(arrow).toBe('  t1 -- "a#34;#124;b#93;.csv" --> t2');
  });
});

describe("check of a project that is not sound", () => {
  it("still finds the type errors of the notebooks that can be read", async () => {
    const own = await makeProject({
      "stitchbook.yaml": "name: unsound\n",
      "notebooks/a.ipynb": ["---\nstage: a\noutptus: a.txt\n---", 'const a: number = "hidden";'],
      "notebooks/b.ipynb": ["---\nstage: b\noutputs: b.txt\nenv: [SURELY_NOT_SET]\n---", 'const b: number = "two";'],
      "notebooks/c.ipynb": ["---\nstage: c\ninputs: [nowhere.csv]\n---", 'import "../stages/gone";'],
    });
    roots.push(own);
    const { code, stdout } = await runStitchbook(["check", "--json"], { cwd: own });
    expect(code).toBe(2);
    const { problems } = JSON.parse(stdout) as { problems: { code: string; place: { file: string } }[] };
    const found = problems.map((problem) => `${problem.code} ${problem.place.file}`);
    expect(new Set(found).size).toBe(found.length);
    for (const each of ["unknown-key notebooks/a.ipynb", "unset-variable notebooks/b.ipynb", "missing-module notebooks/c.ipynb", "type-error notebooks/a.ipynb"]) expect(found).toContain(each);
    expect(problems.filter(({ place }) => place.file === "notebooks/b.ipynb").map(({ code: kind }) => kind)).toHaveLength(2);
    const { stderr } = await runStitchbook(["check"], { cwd: own });
    expect(stderr).toContain("notebooks/b.ipynb, cell 2, line 1, column 7");
    await writeFile(join(own, "notebooks/a.ipynb"), notebook(["---\nstage: a\noutputs: a.txt\n---", "1"]));
    expect((await runStitchbook(["check"], { cwd: own })).stderr).toContain("no task makes `nowhere.csv`");
  }, timeout);

  it("says no more than that where the configuration can't be read", async () => {
    const own = await makeProject({ "stitchbook.yaml": "name: [\n", "notebooks/a.ipynb": ["---\nstage: a\n---", "1"] });
    roots.push(own);
    const { code, stderr } = await runStitchbook(["check"], { cwd: own });
    expect(code).toBe(2);
    expect(stderr).toContain("stitchbook.yaml");
    expect(stderr).not.toMatch(/internal error/i);
  }, timeout);
});
