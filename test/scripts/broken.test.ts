import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeProject, type NotebookCells } from "../project/make-project.js";
import { readArtifacts, repository, runStitchbook } from "./rig.js";

const timeout = 120_000;
const code = 'import { writeFileSync } from "node:fs";\nwriteFileSync("ran.txt", "ran");';

type Files = Readonly<Record<string, string | NotebookCells>>;
/** One file of `test/cases/`: what it changes in the good project, and what the errors must say. */
type Case = { readonly title: string; readonly files: Files; readonly says: readonly string[] };

const stage = (id: string, ...lines: readonly string[]): NotebookCells => [["---", `stage: ${id}`, ...lines, "---"].join("\n"), code];

const good: Files = {
  "stitchbook.yaml": "name: broken\n",
  "notebooks/01-make.ipynb": stage("make", "outputs: [data/a.csv]"),
  "notebooks/02-use.ipynb": stage("use", "inputs: [data/a.csv]", "outputs: [data/b.csv]"),
  // Made by an earlier run, as it were.
  "data/a.csv": "x\n1\n",
  "data/b.csv": "x\n2\n",
};

const folder = join(repository, "test/cases");
const cases = readdirSync(folder).sort().map((name): Case => parse(readFileSync(join(folder, name), "utf8")));

const roots: string[] = [];
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

async function make(files: Files): Promise<string> {
  const root = await makeProject({ ...good, ...files });
  roots.push(root);
  return root;
}

describe("a broken project", () => {
  it.each(cases)("$title: exit 2, the place on stderr, nothing run", async ({ files, says }) => {
    const root = await make(files);
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
    const root = await make({ "stitchbook.yaml": "name: broken\ntimezon: UTC\n" });
    const checked = await runStitchbook(["check"], { cwd: root });
    expect(checked.code).toBe(2);
    expect(checked.stderr).toContain("stitchbook.yaml, line 2, column 1");
    await writeFile(join(root, "stitchbook.yaml"), "name: broken\n");
    expect((await runStitchbook(["plan"], { cwd: root })).code).toBe(0);
    expect(readdirSync(root)).not.toContain("logs");
  }, timeout);
});
