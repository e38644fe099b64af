import { describe, expect, it } from "vitest";
import { readProject } from "../../engine/project/read-project.js";
import { makeProject } from "./make-project.js";
import type { Project } from "../../engine/project/types.js";
import type { NotebookCells } from "./make-project.js";

const matter = (...lines: string[]) => ["---", ...lines, "---"].join("\n");
const config = "name: test\n";
const read = async (files: Record<string, string | NotebookCells>) => readProject(await makeProject({ "stitchbook.yaml": config, ...files }));
const edges = ({ tasks }: Project) => Object.fromEntries(tasks.map(({ id, inputs }) => [id, inputs.map(({ path, producer }) => (producer === null ? path : `${producer}:${path}`))]));

describe("inputs", () => {
  it("make edges to the outputs of other tasks, and order them", async () => {
    const project = await read({
      "raw/x.csv": "", "notebooks/1.ipynb": [matter("stage: z", "inputs: [raw/x.csv]", "outputs: [z.csv]")],
      "notebooks/2.ipynb": [matter("stage: a", "inputs: [z.csv, raw/x.csv, z.csv]", "outputs: [a.csv]")], "notebooks/3.ipynb": [matter("stage: b")],
    });
    expect(edges(project)).toEqual({ b: [], z: ["raw/x.csv"], a: ["raw/x.csv", "z:z.csv"] });
    expect(project.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([["b", []], ["z", []], ["a", ["z"]]]);
  });

  it("with a glob mean exactly the declared outputs that it matches, whatever is on disk", async () => {
    const project = await read({
      "data/old.csv": "", "data/b.csv": "", "notebooks/1.ipynb": [matter("stage: a", "outputs: [data/b.csv, data/B2.csv, data/a.csv]")],
      "notebooks/2.ipynb": [matter("stage: b", 'inputs: "data/*.csv"', "outputs: data/own.csv")],
    });
    expect(edges(project)["b"]).toEqual(["a:data/B2.csv", "a:data/a.csv", "a:data/b.csv"]);
  });

  it("with a glob that matches no output are the files on disk, by code unit, without orphans and own outputs", async () => {
    const root = await makeProject({
      "stitchbook.yaml": config, "data/b.csv": "", "data/Z.csv": "", "data/\u00e4.csv": "", "data/orphan.csv": "", "data/own.csv": "", "data/.hidden.csv": "",
      "notebooks/1.ipynb": [matter("stage: a", 'inputs: "data/*.csv"', "outputs: data/own.csv")],
    });
    expect(edges(await readProject(root, { orphans: new Set(["data/orphan.csv"]) }))["a"]).toEqual(["data/Z.csv", "data/b.csv", "data/\u00e4.csv"]);
    expect(edges(await readProject(root))["a"]).toContain("data/orphan.csv");
  });

  it("that name an orphan are missing", async () => {
    const root = await makeProject({ "stitchbook.yaml": config, "x.csv": "", "notebooks/1.ipynb": [matter("stage: a", "inputs: x.csv")] });
    await expect(readProject(root, { orphans: new Set(["x.csv"]) })).rejects.toThrow("no task makes `x.csv` any more");
  });

  it("may hold characters of globs where such a file is there", async () => {
    expect(edges(await read({ "raw/a [1].csv": "", "notebooks/1.ipynb": [matter("stage: a", 'inputs: "raw/a [1].csv"')] }))["a"]).toEqual(["raw/a [1].csv"]);
  });
});

describe("a fan-out", () => {
  const each = (id: string, ...lines: string[]): NotebookCells => [matter(`stage: ${id}`, "foreach: dataset", ...lines), { source: 'const dataset: string = "x"', tags: ["parameters"] }];

  it("makes a task for each dataset, joins them by name, and gathers them", async () => {
    const project = await read({
      "stitchbook.yaml": "name: test\ndatasets: [seattle, new-york]\n", "raw/seattle.csv": "", "raw/new-york.csv": "",
      "notebooks/1.ipynb": each("clean", 'inputs: "raw/{dataset}.csv"', 'outputs: "data/{dataset}/clean.csv"'),
      "notebooks/2.ipynb": each("score", 'inputs: "data/{dataset}/clean.csv"', 'outputs: { path: "data/{dataset}/score.csv", rows: 3 }'),
      "notebooks/3.ipynb": [matter("stage: all", 'inputs: "data/{dataset}/score.csv"', "outputs: all.csv")],
      "notebooks/4.ipynb": [matter("stage: glob", 'inputs: "data/*/clean.csv"')],
    });
    expect(edges(project)).toEqual({
      "clean@new-york": ["raw/new-york.csv"], "clean@seattle": ["raw/seattle.csv"], glob: ["clean@new-york:data/new-york/clean.csv", "clean@seattle:data/seattle/clean.csv"],
      "score@new-york": ["clean@new-york:data/new-york/clean.csv"], "score@seattle": ["clean@seattle:data/seattle/clean.csv"],
      all: ["score@new-york:data/new-york/score.csv", "score@seattle:data/seattle/score.csv"],
    });
    expect(project.tasks.map(({ id }) => id)).toEqual(["clean@new-york", "clean@seattle", "glob", "score@new-york", "score@seattle", "all"]);
    expect(project.tasks.find(({ id }) => id === "score@seattle")).toMatchObject({ dataset: { name: "seattle" }, outputs: [{ path: "data/seattle/score.csv", rows: { min: 3, max: 3 } }] });
  });
});
