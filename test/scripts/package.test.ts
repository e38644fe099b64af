import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";
import { buildOnce, repository } from "./rig.js";

const execute = promisify(execFile);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Puts the package into a folder's `node_modules` as an installation does, beside the packages that it needs. */
async function install(project: string): Promise<string> {
  await buildOnce();
  const packed = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-packed-")));
  folders.push(packed);
  await execute("npm", ["pack", "--ignore-scripts", "--pack-destination", packed], { cwd: repository });
  const [archive = ""] = readdirSync(packed);
  await execute("tar", ["-xzf", join(packed, archive), "-C", packed]);
  const modules = join(project, "node_modules");
  await mkdir(modules);
  for (const name of readdirSync(join(repository, "node_modules"))) if (!name.startsWith(".")) await symlink(join(repository, "node_modules", name), join(modules, name));
  await rename(join(packed, "package"), join(modules, "stitchbook"));
  return join(modules, "stitchbook");
}

describe("the package", () => {
  it("holds all that a project needs, and nothing of its own development", async () => {
    const project = await makeProject({
      "stitchbook.yaml": "name: installed\n",
      "notebooks/a.ipynb": [
        "---\nstage: a\noutputs: [{ path: out/a.csv, columns: { x: integer } }]\n---",
        'import { writeFileSync } from "node:fs";\nimport { table } from "arquero";\nimport { show } from "stitchbook/notebook";\nwriteFileSync("out/a.csv", "x\\n1\\n");',
        '//| label: bars\n//| alt: One bar\nshow({ data: { values: [{ x: 1 }] }, mark: "bar", encoding: { x: { field: "x", type: "quantitative" } } });',
        "table({ x: [1] })",
      ],
      "stages/rows.ts": 'import type { A } from "stitchbook/data";\nexport const first: A = { x: null };\nexport const second: A = { y: 1 };\n',
      "templates/report.md": '---\nreport: report\noutputs: { markdown: reports/r.md, html: reports/r.html }\n---\n# R\n\n{% embed "bars" %}\n',
    });
    folders.push(project);
    const home = await install(project);
    const { stdout } = await execute(process.execPath, [join(home, "dist/stitchbook.js"), "run"], { cwd: project });
    expect(stdout).toContain("2 run, 0 up to date");
    expect(await readFile(join(project, "reports/r.html"), "utf8")).toContain('data-chart="figure-bars"');
    expect(existsSync(join(project, "reports/notebooks/a.html"))).toBe(true);
    // Editors find the row types without any setting.
    const checked = await execute(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--types", "node", "stages/rows.ts"], { cwd: project }).catch((error: unknown) => error);
    expect(checked).toMatchObject({ stdout: expect.stringMatching(/^stages\/rows\.ts\(3,\d+\): error TS[^\n]*'y' does not exist in type 'A'\.\n$/) });
    expect(readdirSync(home).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json", "templates"]);
    expect(readdirSync(join(home, "dist"))).not.toContain("dev");
  }, 120_000);
});
