import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { ProjectError } from "../../engine/project/problems.js";
import { openProject } from "../../engine/project/project-cache.js";
import { readProject } from "../../engine/project/read-project.js";
import type { Project } from "../../engine/project/types.js";
import { makeProject, notebook } from "./make-project.js";

const roots: string[] = [];
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

const stage = (source = "1") => notebook(["---\nstage: load\ninputs: [data/in/*.csv, notes.txt]\noutputs: [out/a.csv]\n---", source]);

async function make(): Promise<string> {
  const root = await makeProject({
    "stitchbook.yaml": "name: cached\n",
    "notebooks/a.ipynb": stage(),
    "templates/report.md": '---\nreport: report\noutputs: { markdown: reports/r.md }\n---\n{% render "part" %}\n',
    "templates/part.md": "text {{ stages.load.outputs[\"out/a.csv\"].rows }}",
    "data/in/1.csv": "a\n1\n",
    "notes.txt": "note",
  });
  roots.push(root);
  return root;
}

const minute = 60_000;
const open = (root: string, options: { readonly now?: number; readonly isReadOnly?: boolean; readonly orphans?: ReadonlySet<string> } = {}) =>
  // A minute from now every file is old enough to be trusted.
  openProject(root, { stateFolder: join(root, ".stitchbook"), isReadOnly: false, now: Date.now() + minute, ...options });
const snapshotOf = (root: string) => join(root, ".stitchbook/cache/project");

const outcome = (reading: Promise<Project>): Promise<unknown> => reading.catch((error: unknown) => {
  if (error instanceof ProjectError) return error.problems;
  throw error;
});

/** Gives the snapshot another name for the project, so that one sees whether it is used. */
async function mark(root: string): Promise<void> {
  const content = (await readFile(snapshotOf(root))).subarray(64);
  const stored: { project: Project } = deserialize(content);
  const changed = serialize({ ...stored, project: { ...stored.project, name: "marked" } });
  await writeFile(snapshotOf(root), Buffer.concat([Buffer.from(createHash("sha256").update(changed).digest("hex")), changed]));
}

describe("openProject", () => {
  it("reads a project once as long as nothing changes", async () => {
    const root = await make();
    const first = await open(root);
    expect(first).toEqual(await readProject(root));
    expect(await open(root)).toEqual(first);
    await mark(root);
    expect((await open(root)).name).toBe("marked");
    // Files that are too young to be trusted by their state are compared by their bytes.
    expect((await open(root, { now: Date.now() })).name).toBe("marked");
  });

  it("does not read it anew because a run has made what is declared, but because of what nobody declares", async () => {
    const root = await make();
    await open(root);
    await mark(root);
    const made = ["out/a.csv", "reports/r.md", "reports/images/fit.svg"];
    expect((await open(root, { orphans: new Set(made) })).name).toBe("marked");
    const anew = await open(root, { orphans: new Set([...made, "data/in/1.csv"]), isReadOnly: true }).then(
      () => "read",
      (error: unknown) => (error instanceof ProjectError ? error.problems.map(({ code }) => code) : error),
    );
    expect(anew).toEqual(["glob-no-match"]);
  });

  it("keeps nodes that tasks share as one, so that it may be asked whether two are the same", async () => {
    const root = await make();
    await open(root);
    const { tasks, stages, reports } = await open(root);
    expect(tasks.map((task) => task.node)).toEqual(expect.arrayContaining([stages[0], reports[0]]));
    for (const task of tasks) expect([...stages, ...reports].some((node) => node === task.node)).toBe(true);
  });

  const edits: Readonly<Record<string, (root: string) => Promise<unknown>>> = {
    "an edited notebook": (root) => writeFile(join(root, "notebooks/a.ipynb"), stage("22")),
    "an edit that keeps size and time": async (root) => {
      const file = join(root, "notebooks/a.ipynb");
      const { atime, mtime } = await stat(file);
      await writeFile(file, stage("7"));
      await utimes(file, atime, mtime);
    },
    "another notebook": (root) => writeFile(join(root, "notebooks/b.ipynb"), notebook(["---\nstage: other\n---"])),
    "a renamed notebook": (root) => rename(join(root, "notebooks/a.ipynb"), join(root, "notebooks/c.ipynb")),
    "an edited partial": (root) => appendFile(join(root, "templates/part.md"), " {{ wrong }}"),
    "a removed partial": (root) => rm(join(root, "templates/part.md")),
    "edited settings": (root) => writeFile(join(root, "stitchbook.yaml"), "name: cached\ntimezone: Europe/Berlin\n"),
    "broken settings": (root) => writeFile(join(root, "stitchbook.yaml"), "name: [\n"),
    "another file that a glob matches": (root) => writeFile(join(root, "data/in/2.csv"), "a\n2\n"),
    "no file that a glob matches": (root) => rm(join(root, "data/in"), { recursive: true }),
    "a removed input": (root) => rm(join(root, "notes.txt")),
    "an input that is a folder now": async (root) => {
      await rm(join(root, "notes.txt"));
      await mkdir(join(root, "notes.txt"));
    },
    "an output that is a folder now": (root) => mkdir(join(root, "out/a.csv"), { recursive: true }),
  };
  it.each(Object.entries(edits))("sees %s", async (_, edit) => {
    const root = await make();
    await open(root);
    await open(root);
    await edit(root);
    const fresh = await outcome(readProject(root));
    expect(await outcome(open(root))).toEqual(fresh);
    expect(await outcome(open(root, { now: Date.now() }))).toEqual(fresh);
  });

  it("sees a folder that a glob looked for in vain", async () => {
    const root = await make();
    await rename(join(root, "templates"), join(root, "elsewhere"));
    expect((await open(root)).reports).toEqual([]);
    await mark(root);
    expect((await open(root)).name).toBe("marked");
    await rename(join(root, "elsewhere"), join(root, "templates"));
    expect((await open(root)).reports.map(({ id }) => id)).toEqual(["report"]);
  });

  it("tells projects with other orphans apart", async () => {
    const root = await make();
    await open(root);
    await writeFile(join(root, "data/in/2.csv"), "a\n2\n");
    const orphans = new Set(["data/in/2.csv"]);
    const inputsOf = (project: Project) => project.tasks.find(({ id }) => id === "load")?.inputs.map(({ path }) => path);
    expect(inputsOf(await open(root, { orphans }))).toEqual(["data/in/1.csv", "notes.txt"]);
    expect(inputsOf(await open(root))).toEqual(["data/in/1.csv", "data/in/2.csv", "notes.txt"]);
  });

  it("writes nothing where it may not", async () => {
    const root = await make();
    await open(root, { isReadOnly: true });
    await expect(stat(join(root, ".stitchbook"))).rejects.toThrow("ENOENT");
  });

  it("drops a snapshot that is damaged anywhere", async () => {
    const root = await make();
    const project = await open(root);
    await mark(root);
    const whole = await readFile(snapshotOf(root));
    for (let at = 0; at < whole.length; at += 97) {
      const cut = at % 2 === 0 ? whole.subarray(0, at) : Buffer.concat([whole.subarray(0, at), Buffer.from([(whole[at] ?? 0) ^ 0x10]), whole.subarray(at + 1)]);
      await writeFile(snapshotOf(root), cut);
      expect(await open(root, { isReadOnly: true })).toEqual(project);
    }
  });
});
