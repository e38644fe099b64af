import { readdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeProject, type NotebookCells } from "../project/make-project.js";
import { readArtifacts, runStitchbook } from "./rig.js";

const timeout = 120_000;
const make = "notebooks/01-make.ipynb";
const use = "notebooks/02-use.ipynb";
const template = "templates/summary.md";
const code = 'import { writeFileSync } from "node:fs";\nwriteFileSync("ran.txt", "ran");';

type Files = Readonly<Record<string, string | NotebookCells>>;
type Case = { readonly title: string; readonly files: Files; readonly says: readonly string[] };

function stage(id: string, ...lines: readonly string[]): NotebookCells {
  return [["---", `stage: ${id}`, ...lines, "---"].join("\n"), code];
}

const good: Files = {
  "stitchbook.yaml": "name: broken\n",
  [make]: stage("make", "outputs: [data/a.csv]"),
  [use]: stage("use", "inputs: [data/a.csv]", "outputs: [data/b.csv]"),
  // Made by an earlier run, as it were.
  "data/a.csv": "x\n1\n",
  "data/b.csv": "x\n2\n",
};

const cases: readonly Case[] = [
  { title: "configuration that isn't YAML", files: { "stitchbook.yaml": "name: [broken\n" }, says: ["stitchbook.yaml, line 2"] },
  { title: "an unknown key in the configuration", files: { "stitchbook.yaml": "name: broken\ntimezon: UTC\n" }, says: ["stitchbook.yaml, line 2, column 1", "timezone"] },
  { title: "an unknown key in front matter", files: { [use]: stage("use", "input: [data/a.csv]", "outputs: [data/b.csv]") }, says: [`${use}, cell 1, line 3, column 1`, "inputs"] },
  { title: "an input that nobody makes", files: { [use]: stage("use", "inputs: [data/aa.csv]", "outputs: [data/b.csv]") }, says: [`${use}, cell 1, line 3, column 10`, "data/aa.csv", "did you mean `data/a.csv`?"] },
  { title: "two tasks with one output", files: { [use]: stage("use", "outputs: [data/a.csv]") }, says: [`${use}, cell 1, line 3, column 11`, "data/a.csv", "make"] },
  { title: "outputs equal after case folding", files: { [use]: stage("use", "outputs: [data/A.csv]") }, says: [`${use}, cell 1, line 3`, "case"] },
  { title: "a cycle", files: { [make]: stage("make", "inputs: [data/b.csv]", "outputs: [data/a.csv]") }, says: ["make -> use -> make"] },
  { title: "a path that leaves the project", files: { [use]: stage("use", "outputs: [../b.csv]") }, says: [`${use}, cell 1, line 3, column 11`, "../b.csv"] },
  { title: "an output in a reserved place", files: { [use]: stage("use", "outputs: [logs/b.csv]") }, says: [`${use}, cell 1, line 3, column 11`, "logs/"] },
  { title: "two stages of one name", files: { [use]: stage("make", "outputs: [data/b.csv]") }, says: [`${use}, cell 1, line 2`, make] },
  { title: "a fan-out without datasets", files: { [use]: [`---\nstage: use\nforeach: dataset\noutputs: ["data/{dataset}.csv"]\n---`, { source: 'const dataset: string = ""', tags: ["parameters"] }, code] }, says: [`${use}, cell 1, line 2`, "datasets"] },
  { title: "a parameter's value of another type", files: { "stitchbook.yaml": "name: broken\nparams: { floor: high }\n", [use]: ["---\nstage: use\noutputs: [data/b.csv]\n---", { source: "const floor: number = 1", tags: ["parameters"] }, code] }, says: ["stitchbook.yaml, line 2", "number", "high"] },
  { title: "a notebook that isn't JSON", files: { [use]: '{\n "cells": [,]\n}' }, says: [`${use}, line 2`] },
  { title: "a cell that isn't TypeScript", files: { [use]: ["---\nstage: use\noutputs: [data/b.csv]\n---", "const a = 1;\nconst b = ;"] }, says: [`${use}, cell 2, line 2`] },
  { title: "a type error", files: { [use]: ["---\nstage: use\noutputs: [data/b.csv]\n---", "const a: number = 1;", '\nconst b: number = a + "x";'] }, says: [`${use}, cell 3, line 2, column 7`, "Type 'string' is not assignable to type 'number'"] },
  { title: "a type error in a local module", files: { "stages/help.ts": "export const one = 1;\nexport const two: string = one;\n", [use]: ["---\nstage: use\noutputs: [data/b.csv]\n---", 'import { two } from "../stages/help";\ntwo;'] }, says: ["stages/help.ts, line 2, column 14"] },
  { title: "a local import that isn't there", files: { [use]: ["---\nstage: use\noutputs: [data/b.csv]\n---", 'import { two } from "../stages/nowhere";\ntwo;'] }, says: [`${use}, cell 2, line 1`, "stages/nowhere"] },
  { title: "an unset variable of the environment", files: { [use]: stage("use", "env: [SURELY_NOT_SET_ANYWHERE]", "outputs: [data/b.csv]") }, says: [use, "SURELY_NOT_SET_ANYWHERE"] },
  { title: "a report with an unknown label", files: { [template]: '---\nreport: summary\noutputs: { markdown: reports/summary.md }\n---\n\n{% embed "nothing" %}\n' }, says: [`${template}, line 6, column 1`, "nothing"] },
  { title: "a report that isn't Liquid", files: { [template]: "---\nreport: summary\noutputs: { markdown: reports/summary.md }\n---\n{% if %\n" }, says: [`${template}, line 5`] },
  { title: "several errors, all of them listed", files: { "stitchbook.yaml": "name: broken\ntimezon: UTC\n", [make]: stage("make", "outputs: [../a.csv]"), [use]: stage("use", "retyr: 3", "outputs: [data/b.csv]") }, says: ["stitchbook.yaml, line 2", `${make}, cell 1, line 3`, `${use}, cell 1, line 3`, "3 errors; nothing was run."] },
];

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

describe("a broken project", () => {
  it.each(cases)("$title: exit 2, the place on stderr, nothing run", async ({ files, says }) => {
    const root = await makeProject({ ...good, ...files });
    roots.push(root);
    const before = await readArtifacts(root, ["data"]);
    const { code: exitCode, stdout, stderr } = await runStitchbook(["run"], { cwd: root });
    for (const each of says) expect(stderr).toContain(each);
    expect(stderr).toContain("nothing was run");
    expect(stderr).not.toMatch(/internal error/i);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(existsSync(join(root, "ran.txt"))).toBe(false);
    expect(existsSync(join(root, "logs"))).toBe(false);
    expect(await readArtifacts(root, ["data"])).toEqual(before);
  }, timeout);

  it("is told the same by check, and runs once it is mended", async () => {
    const root = await makeProject({ ...good, "stitchbook.yaml": "name: broken\ntimezon: UTC\n" });
    roots.push(root);
    const checked = await runStitchbook(["check"], { cwd: root });
    expect(checked.code).toBe(2);
    expect(checked.stderr).toContain("stitchbook.yaml, line 2, column 1");
    await writeFile(join(root, "stitchbook.yaml"), "name: broken\n");
    expect((await runStitchbook(["plan"], { cwd: root })).code).toBe(0);
    expect(await readdir(root)).not.toContain("logs");
  }, timeout);
});
