import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { stripNotebook } from "../../engine/notebook/strip/strip-notebook.js";
import { readProject } from "../../engine/project/read-project.js";
import { exampleNames, initProject } from "../../engine/scaffold/init-project.js";
import { repository } from "../scripts/rig.js";

const folders: string[] = [];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stitchbook-init-"));
  folders.push(folder);
});
afterAll(() => folders.forEach((each) => rmSync(each, { recursive: true, force: true })));

const init = (name: string, example: (typeof exampleNames)[number] = "starter") => initProject({ folder: join(folder, name), home: repository, example });

it.each(exampleNames)("%s is a sound project of its folder's name, without outputs", async (example) => {
  const made = await init("Größe 2", example);
  const root = join(folder, "Größe 2");
  expect((await readProject(root)).name).toBe("gro-e-2");
  expect(readFileSync(join(root, "README.md"), "utf8")).toMatch(/^# gro-e-2\n/);
  expect(made).toEqual(expect.arrayContaining([".gitattributes", ".gitignore", ".vscode/settings.json", "README.md", "package.json", "tsconfig.json"]));
  expect(made.filter((path) => path.startsWith("test/")).length).toBeGreaterThan(1);
  for (const path of made.filter((each) => each.endsWith(".ipynb"))) expect([path, stripNotebook(path, readFileSync(join(root, path)))]).toEqual([path, { kind: "clean" }]);
});

it("the README has about ten lines", () => {
  expect(readFileSync(join(repository, "examples/starter/README.md"), "utf8").split("\n").length).toBeLessThanOrEqual(12);
});

it("the new project gets Stitchbook from where this one came", async () => {
  const spec = (name: string): unknown => (JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { dependencies: { stitchbook: string } }).dependencies.stitchbook;
  await init("clone");
  expect(spec("clone")).toMatch(/^file:\.\.\/.*$/);
  // Installed into a folder from an archive that lies beside it.
  const home = join(folder, "owner/node_modules/stitchbook");
  mkdirSync(join(folder, "owner/node_modules"), { recursive: true });
  writeFileSync(join(folder, "owner/package.json"), JSON.stringify({ dependencies: { stitchbook: "file:../stitchbook.tgz" } }));
  const { cpSync } = await import("node:fs");
  mkdirSync(home);
  cpSync(join(repository, "package.json"), join(home, "package.json"));
  cpSync(join(repository, "examples/starter"), join(home, "examples/starter"), { recursive: true });
  await initProject({ folder: join(folder, "owner/demo"), home, example: "starter" });
  expect(spec("owner/demo")).toBe("file:../../stitchbook.tgz");
});

it("a fresh repository keeps its own files, and anything else is left alone", async () => {
  mkdirSync(join(folder, "repository/.git"), { recursive: true });
  writeFileSync(join(folder, "repository/.gitignore"), "mine\n");
  expect(await init("repository")).not.toContain(".gitignore");
  expect(readFileSync(join(folder, "repository/.gitignore"), "utf8")).toBe("mine\n");
  await expect(init("repository")).rejects.toThrow(/is not empty: .*; name a new folder/);
  writeFileSync(join(folder, "file"), "");
  await expect(init("file")).rejects.toThrow("is a file");
  expect(readdirSync(folder).sort()).toEqual(["file", "repository"]);
  expect(existsSync(join(folder, "repository/stitchbook.yaml"))).toBe(true);
});
