import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeProject, notebook, type NotebookCells } from "../project/make-project.js";
import { executed, runForEvents } from "./rig.js";

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

const second = (rows: string): NotebookCells => [
  `---\nstage: second\ninputs: [a.csv]\noutputs: [{ path: b.csv, rows: "${rows}" }]\n---`,
  'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("b.csv", readFileSync("a.csv", "utf8"));',
];

describe("a stage whose contract changed", () => {
  it("executes where its inputs change in the same run", async () => {
    const root = await makeProject({
      "stitchbook.yaml": "name: made\n",
      "source.csv": "k\n1\n",
      "notebooks/1.ipynb": ["---\nstage: first\ninputs: [source.csv]\noutputs: [a.csv]\n---", 'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("a.csv", readFileSync("source.csv", "utf8"));'],
      "notebooks/2.ipynb": second("1"),
    });
    roots.push(root);
    expect((await runForEvents(root)).code).toBe(0);
    await writeFile(join(root, "source.csv"), "k\n1\n2\n");
    await writeFile(join(root, "notebooks/2.ipynb"), notebook(second("2")));
    const { code, events } = await runForEvents(root);
    expect({ code, executed: executed(events) }).toEqual({ code: 0, executed: ["first", "second"] });
  });
});
