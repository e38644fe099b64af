import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRoot, readProject } from "../../engine/project/read-project.js";
import { makeProject, notebook } from "./make-project.js";
import type { Project, Stage } from "../../engine/project/types.js";
import type { NotebookCells } from "./make-project.js";

const matter = (...lines: string[]) => ["---", ...lines, "---"].join("\n");
const config = "name: test\n";
const read = async (files: Record<string, string | NotebookCells>) => readProject(await makeProject({ "stitchbook.yaml": config, ...files }));
const onlyStage = ({ stages: [stage] }: Project): Stage => {
  if (stage === undefined) throw new Error("a stage was expected");
  return stage;
};

describe("stitchbook.yaml", () => {
  it("has defaults for all but the name", async () => {
    const project = await read({ "notebooks/a.ipynb": [matter("stage: a"), "1"] });
    expect(project).toMatchObject({ name: "test", timezone: "UTC", logsKeep: 200, datasets: [], params: [], alerts: null, reports: [], ignoredNotebooks: [], warnings: [] });
  });

  it("is read whole, with a byte order mark and Windows line ends too", async () => {
    const yaml = [
      "\ufeffname: weather", "notebooks: [nb/*.ipynb]", "templates: [t/*.md]", "datasets: { seattle: { latitude: 47.6 }, new-york: }",
      "params: { seed: 7, make.horizon: 3 }", "timezone: europe/berlin", "logs: { keep: 5 }", "alerts:", "  slack: ${HOOK}",
      '  email: { smtp: "${SMTP_URL}", from: a@b.org, to: c@d.org }', "  link: ${CI_RUN_URL}", "  on: schema", "  rules:",
      "    - { metric: test.rmse, in: m/metrics.json, above: 4, change: 10% }", '    - { rows: "data/{dataset}.csv", change: 2.5% }', "",
    ].join("\r\n");
    const project = await read({
      "stitchbook.yaml": yaml,
      "nb/make.ipynb": [
        matter("stage: make", "foreach: dataset", 'outputs: "data/{dataset}.csv"'),
        { source: 'const dataset: string = "x"\nconst seed: number = 1\nconst horizon: number = 1\nconst latitude: number = 0', tags: ["parameters"] },
      ],
      "nb/metrics.ipynb": [matter("stage: metrics", "outputs: m/metrics.json")],
      "t/footer.md": "bye",
    });
    const at = (line: number, column: number) => ({ file: "stitchbook.yaml", line, column });
    expect(project.datasets).toEqual([{ name: "seattle", values: { latitude: 47.6 }, places: { latitude: at(4, 24) } }, { name: "new-york", values: {}, places: {} }]);
    expect(project.params).toEqual([{ stage: null, name: "seed", value: 7, place: at(5, 11) }, { stage: "make", name: "horizon", value: 3, place: at(5, 20) }]);
    expect(project).toMatchObject({ timezone: "Europe/Berlin", logsKeep: 5, partials: { "t/footer.md": "bye" } });
    expect(project.alerts).toEqual({
      slack: "${HOOK}", email: { smtp: "${SMTP_URL}", from: "a@b.org", to: ["c@d.org"] }, link: "${CI_RUN_URL}", on: ["schema"],
      rules: [
        { subject: { kind: "metric", metric: "test.rmse", path: "m/metrics.json" }, below: null, above: 4, change: 0.1, place: at(14, 32) },
        { subject: { kind: "rows", path: "data/{dataset}.csv" }, below: null, above: null, change: 0.025, place: at(15, 15) },
      ],
    });
  });

  it("warns of a dataset's value that no stage takes", async () => {
    const { warnings } = await read({ "stitchbook.yaml": "name: test\ndatasets: { a: { latitude: 1 } }\n", "notebooks/a.ipynb": [matter("stage: a")] });
    expect(warnings).toMatchObject([{ severity: "warning", code: "unused-dataset-value", place: { line: 2, column: 18 } }]);
  });
});

describe("a stage", () => {
  it("has defaults for all but its id", async () => {
    expect(onlyStage(await read({ "notebooks/a.ipynb": [matter("stage: a"), "1"] }))).toMatchObject({
      kind: "stage", id: "a", title: "a", file: "notebooks/a.ipynb", foreach: false, inputs: [], outputs: [], env: [], secrets: [],
      retry: { attempts: 1, delayMs: 1000 }, timeoutMs: 3_600_000, maxAgeMs: null, idempotent: true, metrics: [], parameters: [],
      place: { file: "notebooks/a.ipynb", cell: 1, line: 2, column: 1 },
    });
  });

  it("takes every key, in its long and short forms, and lets Quarto's through", async () => {
    const stage = onlyStage(await read({
      "raw/a.csv": "",
      "notebooks/a.ipynb": [matter(
        "stage: a", "title: A title", "format: html", "jupyter: stitchbook", "execute: { echo: false }", "inputs: ./raw//a.csv",
        "outputs:", "  - path: x.csv", '    rows: ">= 1000"', "    columns:", "      date: date", "      place: { type: string, enum: [Seattle, New York] }",
        "      t: { type: number, required: true, minimum: -60, maximum: 60 }", "    key: [place, date]", "  - model.json",
        "env: [URL, REGION?]", "secrets: TOKEN", "retry: { attempts: 3, delay: 500ms }", "timeout: 1h30m", "max_age: 2d", "idempotent: false",
      )],
    }));
    expect(stage).toMatchObject({
      title: "A title", inputs: [{ pattern: "raw/a.csv" }],
      env: [{ name: "URL", optional: false }, { name: "REGION", optional: true }], secrets: [{ name: "TOKEN", optional: false }],
      retry: { attempts: 3, delayMs: 500 }, timeoutMs: 5_400_000, maxAgeMs: 172_800_000, idempotent: false,
    });
    expect(stage.outputs).toEqual([
      {
        path: "x.csv", rows: { min: 1000, max: Number.MAX_SAFE_INTEGER, text: ">= 1000" }, key: ["place", "date"],
        columns: [
          { name: "date", type: "date", required: false }, { name: "place", type: "string", required: false, enum: ["Seattle", "New York"] },
          { name: "t", type: "number", required: true, minimum: -60, maximum: 60 },
        ],
        place: { file: "notebooks/a.ipynb", cell: 1, line: 9, column: 11 },
      },
      { path: "model.json", place: { file: "notebooks/a.ipynb", cell: 1, line: 16, column: 5 } },
    ]);
  });

  it("reads YAML 1.2: a time and a date are text, and `1:30` is not 90", async () => {
    const stage = onlyStage(await read({ "notebooks/a.ipynb": [matter("stage: 2015-01-01", "title: 1:30")] }));
    expect(stage).toMatchObject({ id: "2015-01-01", title: "1:30" });
  });

  it("has cells with their option lines, tags, Quarto's aliases and whole sources", async () => {
    const stage = onlyStage(await read({
      "notebooks/a.ipynb": [
        matter("stage: a"), { type: "markdown", source: "//| label: no\n" },
        { source: "//| label: fit\n//| fig-cap: \"A: b\"\n//| fig-alt: |\n//|   two\n//|   lines\n//| echo: false\n//| tags: [x]\r\n1", tags: ["y"] },
        "//| caption: own\n//| tbl-cap: other\n//| alt: a\n2", "1\n//| label: late",
      ],
    }));
    expect(stage.cells.map(({ options }) => options)).toEqual([
      { tags: [] }, { tags: [] }, { label: "fit", caption: "A: b", alt: "two\nlines\n", tags: ["y", "x"] }, { caption: "own", alt: "a", tags: [] }, { tags: [] },
    ]);
    expect(stage.cells[2]).toMatchObject({ type: "code", position: 3, id: "c3" });
    expect(stage.cells[2]?.source).toContain("//| tags: [x]\n1");
  });

  it("is read from a source in one text, and from cells without or with equal ids", async () => {
    const cells = [{ cell_type: "raw", metadata: {}, source: "---\nstage: a\n---" }, { cell_type: "code", id: "x", metadata: {}, source: "1" }, { cell_type: "code", id: "x", metadata: {}, source: "2" }];
    const stage = onlyStage(await read({ "notebooks/a.ipynb": JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells }) }));
    expect(stage.cells.map(({ id }) => id)).toEqual(["cell-1", "x", "cell-3"]);
  });

  it("lists notebooks without stage, and warns where front matter stands in the wrong kind of cell", async () => {
    const project = await read({
      "notebooks/a.ipynb": [matter("stage: a")], "notebooks/b.ipynb": ["1"], "notebooks/c.ipynb": [matter("title: Essay", "tags: [x]")], "notebooks/d.ipynb": notebook([]),
      "notebooks/e.ipynb": [{ type: "markdown", source: matter("stage: e") }], "notebooks/.ipynb_checkpoints/a.ipynb": [matter("stage: a")],
    });
    expect(project.ignoredNotebooks).toEqual(["b", "c", "d", "e"].map((name) => `notebooks/${name}.ipynb`));
    expect(project.warnings).toMatchObject([{ code: "front-matter-cell", place: { file: "notebooks/e.ipynb", cell: 1 } }]);
  });

  it("says where each label is", async () => {
    const project = await read({ "notebooks/a.ipynb": [matter("stage: a"), "//| label: fit\n1"] });
    expect([...project.labels]).toEqual([["fit", { stage: "a", cell: 2 }]]);
  });
});

describe("a report", () => {
  const summary = [
    "---", "report: summary", "title: A summary", "outputs: { markdown: out/s.md, html: out/s.html, images: out/pics/ }", "inputs: { metrics: m.json, raw: raw.csv }", "---",
    "# Hi", '{% embed "fit", dataset: "b" %} {{ stages.plain.outputs["p.csv"].rows }} {% table "raw.csv" %} {% render "footer" %}',
  ].join("\n");
  const files = {
    "stitchbook.yaml": "name: test\ndatasets: [a, b]\n", "raw.csv": "", "templates/summary.md": summary, "templates/footer.md": '{% ref "fit", dataset: "b" %}',
    "notebooks/1.ipynb": [matter("stage: each", "foreach: dataset"), { source: 'const dataset: string = "a"', tags: ["parameters"] }, "//| label: fit\n1"],
    "notebooks/2.ipynb": [matter("stage: plain", "outputs: p.csv")], "notebooks/3.ipynb": [matter("stage: train", "outputs: m.json")],
  };

  it("is a task after what it reads, embeds and quotes", async () => {
    const project = await read(files);
    expect(project.reports).toMatchObject([{
      id: "summary", title: "A summary", file: "templates/summary.md", bodyLineOffset: 6, outputs: { markdown: "out/s.md", html: "out/s.html", images: "out/pics" },
      inputs: { metrics: { pattern: "m.json", place: { line: 5, column: 20 } }, raw: { pattern: "raw.csv" } }, place: { file: "templates/summary.md", line: 2, column: 1 },
    }]);
    expect(project.reports[0]?.body.split("\n")[0]).toBe("# Hi");
    expect(project.tasks.at(-1)).toMatchObject({
      id: "summary", dependsOn: ["each@b", "plain", "train"], outputs: [{ path: "out/s.md" }, { path: "out/s.html" }],
      inputs: [{ path: "m.json", producer: "train" }, { path: "raw.csv", producer: null }],
    });
    expect(Object.keys(project.partials)).toEqual(["templates/footer.md"]);
  });

  it("needs no page, and keeps its images beside the Markdown file", async () => {
    const { reports } = await read({ "notebooks/1.ipynb": [matter("stage: a")], "templates/r.md": "---\nreport: r\noutputs: { markdown: reports/r.md }\n---\nHi\n" });
    expect(reports[0]?.outputs).toEqual({ markdown: "reports/r.md", html: null, images: "reports/images" });
  });
});

describe("a project", () => {
  it("is found from a folder inside it", async () => {
    const root = await makeProject({ "stitchbook.yaml": config, "a/b/c.txt": "" });
    expect(findRoot(join(root, "a/b"))).toBe(root);
    expect(findRoot(root)).toBe(root);
    await rename(join(root, "stitchbook.yaml"), join(root, "other.yaml"));
    await mkdir(join(root, "stitchbook.yaml"));
    expect(findRoot(join(root, "a"))).toBeNull();
  });

  it("can be kept as JSON", async () => {
    const project = await read({ "notebooks/a.ipynb": [matter("stage: a", 'outputs: { path: a.csv, rows: "> 1" }', "max_age: 1h")] });
    expect(JSON.parse(JSON.stringify(project.tasks))).toEqual(project.tasks);
  });

  it("of 200 stages and 3 datasets is read within seconds, and sorted", async () => {
    const root = await makeProject({ "stitchbook.yaml": "name: big\ndatasets: [a, b, c]\n" });
    await mkdir(join(root, "notebooks"));
    const cells = (index: number): NotebookCells => [
      matter(`stage: s${index}`, "foreach: dataset", ...(index === 0 ? [] : [`inputs: ["{dataset}/${index - 1}.csv", "*/${index - 1}.csv"]`]), `outputs: "{dataset}/${index}.csv"`),
      { source: 'const dataset: string = "a"', tags: ["parameters"] }, `//| label: l${index}\n${"x\n".repeat(50)}`,
    ];
    await Promise.all(Array.from({ length: 200 }, (_, index) => writeFile(join(root, `notebooks/${index}.ipynb`), notebook(cells(index)))));
    const started = performance.now();
    const { tasks } = await readProject(root);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(tasks.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, index) => ["a", "b", "c"].map((name) => `s${index}@${name}`)).flat());
  });
});
