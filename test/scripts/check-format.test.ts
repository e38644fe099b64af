import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { formatAnnotation } from "../../engine/observe/annotations.js";
import { makeProject } from "../project/make-project.js";
import { runStitchbook } from "./rig.js";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

it("annotations name files from the top of the checkout on, and lines of the notebook's file", async () => {
  const root = await makeProject({
    "stitchbook.yaml": "name: annotated\ntimezon: UTC\n",
    "notebooks/a.ipynb": ["---\nstage: a\n---", 'const text = "Ä";\nconst count: number = "50%";', "//| label: bars\n1"],
  });
  folders.push(root);
  const check = (format: string) => runStitchbook(["check", "--format", format], { cwd: root, env: { GITHUB_WORKSPACE: dirname(root) } });
  const [github, json] = await Promise.all([check("github"), check("json")]);
  expect([github.code, github.stderr, json.code]).toEqual([2, "", 2]);
  const lines = github.stdout.trimEnd().split("\n");
  expect(lines.at(-1)).toBe("2 errors, 0 warnings");
  const folder = root.slice(dirname(root).length + 1);
  expect(lines[0]).toBe(`::error file=${folder}/stitchbook.yaml,line=2,col=1,title=stitchbook%3A unknown-key::unknown key \`timezon\`%0Adid you mean \`timezone\`?`);
  const [, line, column, message] = /^::error file=.*\/notebooks\/a\.ipynb,line=(\d+),col=(\d+),title=stitchbook%3A [\w-]+::(.*)$/.exec(lines[1] ?? "") ?? [];
  expect(message).toMatch(/^notebooks\/a\.ipynb, cell 2, line 2, column 7: .*not assignable/);
  const fileLine = readFileSync(join(root, "notebooks/a.ipynb"), "utf8").split("\n")[Number(line) - 1] ?? "";
  expect(fileLine.slice(Number(column) - 1)).toMatch(/^count: number/);
  expect((JSON.parse(json.stdout) as { problems: unknown[] }).problems).toHaveLength(2);
});

it("what has a meaning in a command of GitHub's is escaped", () => {
  const problem = { severity: "warning", code: "x", place: { file: "a" }, message: "50%\r\nof a:b,c" } as const;
  expect(formatAnnotation({ problem, file: "a:b,c%.md", line: 3 })).toBe("::warning file=a%3Ab%2Cc%25.md,line=3,title=stitchbook%3A x::50%25%0D%0Aof a:b,c");
});

it.each([
  [["--format", "gihub"], "did you mean github?"],
  [["--format", "text", "--json"], "two answers"],
])("%j is told", async (args, says) => {
  const root = await makeProject({ "stitchbook.yaml": "name: x\n" });
  folders.push(root);
  expect(await runStitchbook(["check", ...args], { cwd: root })).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
});
