import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJupyterSkipped, jupyterEnvironment, python } from "../notebook/jupyter/lab-rig.js";
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
  await mkdir(join(modules, ".bin"));
  await symlink("../stitchbook/dist/stitchbook.js", join(modules, ".bin/stitchbook"));
  return join(modules, "stitchbook");
}

describe("the package", () => {
  let project = "";
  let home = "";

  beforeAll(async () => {
    project = await makeProject({
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
    home = await install(project);
  });

  it("holds all that a project needs, and nothing of its own development", async () => {
    const { stdout } = await execute(process.execPath, [join(home, "dist/stitchbook.js"), "run"], { cwd: project });
    expect(stdout).toContain("2 run, 0 up to date");
    expect(await readFile(join(project, "reports/r.html"), "utf8")).toContain('data-chart="figure-bars"');
    expect(existsSync(join(project, "reports/notebooks/a.html"))).toBe(true);
    // Editors find the row types without any setting.
    const checked = await execute(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--types", "node", "stages/rows.ts"], { cwd: project }).catch((error: unknown) => error);
    expect(checked).toMatchObject({ stdout: expect.stringMatching(/^stages\/rows\.ts\(3,\d+\): error TS[^\n]*'y' does not exist in type 'A'\.\n$/) });
    expect(readdirSync(home).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "data", "dist", "examples", "notebooks", "package.json", "stages", "stitchbook.yaml", "templates", "test"]);
    expect(readdirSync(join(home, "dist"))).not.toContain("dev");
    expect(readdirSync(join(home, "dist/schemas")).sort()).toEqual(["config.json", "report.json", "stage.json"]);
  }, 120_000);

  it("makes a project that runs, is sound and grows, and the flagship", async () => {
    const call = (cwd: string, ...args: string[]) => execute(process.execPath, [join(home, "dist/stitchbook.js"), ...args], { cwd });
    await execute("npx", ["--no-install", "stitchbook", "init", "My Demo"], { cwd: project });
    const demo = join(project, "My Demo");
    // What npm would have left out or changed, as it is in the repository.
    for (const path of [".gitignore", ".gitattributes", ".vscode/settings.json", "tsconfig.json", "data/sources/readings.csv"]) {
      expect([path, await readFile(join(demo, path), "utf8")]).toEqual([path, await readFile(join(repository, "examples/starter", path), "utf8")]);
    }
    expect(JSON.parse(await readFile(join(demo, "package.json"), "utf8"))).toMatchObject({ name: "my-demo", dependencies: { stitchbook: "^0.1.0" }, scripts: { refresh: "stitchbook run" } });
    for (const args of [["warm-weeks", "--after", "clean"], ["slope", "--after", "fit"], ["other"]]) await call(demo, "new", "stage", ...args);
    await call(demo, "new", "report", "details", "--after", "compare");
    expect((await call(demo, "run")).stdout).toContain("8 run, 0 up to date");
    expect((await call(demo, "check")).stdout).toBe("All is well: 6 stages, 2 reports, 8 tasks.\n");
    expect((await call(demo, "strip", "--check")).stdout).toContain("Nothing to strip");
    expect(await readFile(join(demo, "reports/details.md"), "utf8")).toContain("images-details/weeks.svg");
    await call(project, "init", "weather", "--example", "weather");
    expect((await call(join(project, "weather"), "check")).stdout).toContain("All is well: 5 stages");
  }, 180_000);

  it.skipIf(isJupyterSkipped)("opens a new project in JupyterLab, with a kernel that executes it", async () => {
    const demo = join(project, "for-lab");
    await execute("npx", ["--no-install", "stitchbook", "init", demo], { cwd: project });
    const env = { ...process.env, ...jupyterEnvironment(join(demo, "home")) };
    const lab = spawn(process.execPath, [join(home, "dist/stitchbook.js"), "lab", "--no-browser", "--port", "0", "--json"], { cwd: demo, env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(lab, "exit");
    try {
      const [told] = (await Promise.race([once(lab.stdout, "data"), ended.then(() => Promise.reject(new Error("lab ended")))])) as [Buffer];
      const { url } = JSON.parse(String(told)) as { url: string };
      const { origin, searchParams } = new URL(url);
      const specs = await fetch(`${origin}/api/kernelspecs?token=${searchParams.get("token") ?? ""}`);
      expect(await specs.json()).toMatchObject({ default: "stitchbook", kernelspecs: { stitchbook: { spec: { argv: expect.arrayContaining([join(home, "dist/kernel.js")]) } } } });
    } finally {
      lab.kill("SIGTERM");
    }
    expect((await ended)[0]).toBe(143);
    const kernels = { ...env, JUPYTER_PATH: join(demo, ".stitchbook/jupyter") };
    await execute(python, ["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "notebooks/01-clean.ipynb"], { cwd: demo, env: kernels });
    expect(existsSync(join(demo, "data/clean.csv"))).toBe(true);
  }, 120_000);
});
