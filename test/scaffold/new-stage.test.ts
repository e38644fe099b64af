import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readProject } from "../../engine/project/read-project.js";
import { nameFunction } from "../../engine/scaffold/stage-parts.js";
import { makeProject } from "../project/make-project.js";
import { runStitchbook } from "../scripts/rig.js";

let root = "";
beforeAll(async () => {
  root = await makeProject({
    "stitchbook.yaml": "name: grows\ndatasets: [north, south]\n",
    "notebooks/05-make.ipynb": ["---\nstage: make\nforeach: dataset\noutputs: ['data/{dataset}.txt', 'data/{dataset}.bin']\n---", { source: 'const dataset: string = "north";', tags: ["parameters"] }, 'import { writeFileSync } from "node:fs";\nwriteFileSync(`data/${dataset}.txt`, "a\\n");\nwriteFileSync(`data/${dataset}.bin`, "b");'],
    "notebooks/02-quiet.ipynb": ["---\nstage: quiet\n---", "1"],
    "templates/r.md": "---\nreport: summary\noutputs: { markdown: reports/r.md }\n---\n",
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const make = (...args: string[]) => runStitchbook(["new", ...args], { cwd: root });

it("a stage after one that fans out fans out, is numbered behind it, and runs at once", async () => {
  expect(await make("stage", "delete", "--after", "make")).toMatchObject({ code: 0, stdout: "made  notebooks/06-delete.ipynb\nmade  stages/delete.ts\nmade  test/delete.test.ts\nNext: write stages/delete.ts, then stitchbook run delete\n" });
  const project = await readProject(root);
  expect(project.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toContainEqual(["delete@south", ["make@south"]]);
  expect(await runStitchbook(["run", "-q", "delete"], { cwd: root })).toMatchObject({ code: 0 });
  expect(readFileSync(join(root, "data/delete-south.txt"), "utf8")).toBe("a\n");
});

it.each([
  [["stage", "make"], "there is a stage make already, in notebooks/05-make.ipynb"],
  [["report", "summary"], "there is a report summary already"],
  [["stage", "SunHours"], "did you mean sun-hours?"],
  [["stage", "x", "--after", "mkae"], "did you mean make?"],
  [["stage", "x", "--after", "summary"], "there is no stage summary"],
  [["stage", "x", "--after", "quiet"], "makes no file that another could read"],
  [["stgae", "x"], "did you mean stage?"],
  [["stage"], "needs a name"],
  [["stage", "a", "b"], "a second name: b"],
  [[], "stitchbook new stage NAME --after STAGE"],
])("%j is refused", async (args, says) => {
  expect(await make(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says), stdout: "" });
});

it("what is there stays, and nothing is made beside it", async () => {
  writeFileSync(join(root, "test/taken.test.ts"), "mine");
  expect(await make("stage", "taken")).toMatchObject({ code: 2, stderr: expect.stringContaining("test/taken.test.ts is there already; nothing was made") });
  expect([existsSync(join(root, "stages/taken.ts")), readFileSync(join(root, "test/taken.test.ts"), "utf8")]).toEqual([false, "mine"]);
});

it("functions have names that TypeScript takes", () => {
  expect(["sun-hours", "delete", "2-fit", "-", "input"].map(nameFunction)).toEqual(["sunHours", "deleteStage", "stage2Fit", "stage", "inputStage"]);
});
