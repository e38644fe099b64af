import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";
import { copyProject, editFile, executed, runForEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
const report = (id: string, body: string) => `---\nreport: ${id}\noutputs: { markdown: reports/${id}.md, html: reports/${id}.html, images: reports/images/${id} }\ninputs: { metrics: out/metrics.json }\n---\n# ${id}\n\n${body}\n`;
const first = "---\ndate: 2026-01-05\nmetrics: { r2: 0.81, metrics.rmse: 2 }\ntolerance: 5%\n---\nThe *new* sensor holds {{ braces }}.\n";

let template: string;
const roots: string[] = [];
beforeAll(async () => {
  template = await makeProject({
    "stitchbook.yaml": "name: noted\n",
    "data/r2.txt": "0.8",
    "notebooks/a.ipynb": [
      "---\nstage: a\ninputs: [data/r2.txt]\noutputs: [out/metrics.json]\n---",
      'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("out/metrics.json", JSON.stringify({ r2: Number(readFileSync("data/r2.txt", "utf8")), rmse: 2 }));',
    ],
    "templates/placed.md": report("placed", "Before.\n\n{% notes %}\n\nAfter."),
    "templates/plain.md": report("plain", "Nothing."),
    "templates/notes/b.md": "---\ndate: 2026-02-07\nreport: placed\n---\nOnly here.\n",
    "templates/notes/a.md": first,
  });
  roots.push(template);
  expect(await runForEvents(template)).toMatchObject({ code: 0 });
}, timeout);
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

async function freshProject(): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  return root;
}

const read = (root: string, path: string) => readFile(join(root, "reports", path), "utf8");

describe("a note", () => {
  it("stands where a report asks for it, the newest first, or at its end; what it says is no template", async () => {
    expect(await read(template, "placed.md")).toContain("Before.\n\n**7 Feb 2026**\n\nOnly here.\n\n**5 Jan 2026**\n\nThe *new* sensor holds {{ braces }}.\n\nAfter.");
    expect(await read(template, "plain.md")).toContain("## Notes\n\n**5 Jan 2026**\n\nThe *new* sensor holds {{ braces }}.");
    expect(await read(template, "plain.md")).not.toContain("Only here");
    expect(await read(template, "plain.html")).toContain("The <em>new</em> sensor");
  });

  it("is marked once a metric has moved by more than its tolerance, and renders its reports alone", async () => {
    const root = await freshProject();
    await writeFile(join(root, "data/r2.txt"), "0.7");
    expect(executed((await runForEvents(root)).events)).toEqual(["a", "placed", "plain"]);
    expect(await read(root, "plain.md")).toContain("> [!WARNING]\n> Much has moved since this was written: r2 was 0.81 and is 0.7.");
    await editFile(root, "templates/notes/a.md", (text) => text.replace("tolerance: 5%", "tolerance: 0.2"));
    expect(executed((await runForEvents(root)).events)).toEqual(["placed", "plain"]);
    expect(await read(root, "plain.md")).not.toContain("WARNING");
    await editFile(root, "templates/notes/b.md", (text) => text.replace("here", "there"));
    expect(executed((await runForEvents(root)).events)).toEqual(["placed"]);
    expect(executed((await runForEvents(root)).events)).toEqual([]);
  }, timeout);

  it("whose metric is not there any more says so", async () => {
    const root = await freshProject();
    await editFile(root, "templates/notes/a.md", (text) => text.replace("r2: 0.81", "auc: 0.9"));
    await runForEvents(root);
    expect(await read(root, "plain.md")).toContain("auc was 0.9 and is not there any more");
  }, timeout);

  it("with a mistake is an error with its place", async () => {
    const root = await freshProject();
    await mkdir(join(root, "templates/notes"), { recursive: true });
    await writeFile(join(root, "templates/notes/c.md"), "Just prose.\n");
    await writeFile(join(root, "templates/notes/d.md"), "---\ndate: yesterday\ntolerence: 3\n---\n");
    await writeFile(join(root, "templates/notes/e.md"), "---\ndate: 2026-01-01\nreport: plan\n---\n");
    const { code, stderr } = await runStitchbook(["run"], { cwd: root });
    expect(code).toBe(2);
    expect(stderr).toContain("templates/notes/c.md, line 1: a note begins with a front matter");
    expect(stderr).toContain("templates/notes/d.md, line 2, column 7: `date` must be a date such as 2026-11-24, found \"yesterday\"");
    expect(stderr).toContain("did you mean `tolerance`?");
    expect(stderr).toContain("templates/notes/e.md, line 3, column 9: there is no report `plan`");
    expect(stderr).toContain("did you mean `plain`?");
  }, timeout);
});
