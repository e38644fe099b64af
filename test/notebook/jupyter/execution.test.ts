import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notebook } from "../../project/make-project.js";
import { runStitchbook } from "../../scripts/rig.js";
import { copyFlagship, isJupyterSkipped, jupyterEnvironment, python, readNotebook, type SavedOutput } from "./lab-rig.js";

const timeout = 300_000;
type Result = { readonly code: number | null; readonly said: string };
type Flagship = { readonly root: string; readonly run: (module: string, args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Result> };

describe.skipIf(isJupyterSkipped)("the flagship's notebooks", () => {
  let flagship: Flagship;
  beforeAll(async () => void (flagship = await openFlagship("stitchbook-execution-")));
  afterAll(() => rm(flagship.root, { recursive: true, force: true }));

  it("run in nbconvert, from the folder of the notebooks", async () => {
    const { root, run } = flagship;
    const convert = (names: readonly string[], task: string) => run("nbconvert", ["--to", "notebook", "--execute", "--output-dir", "out", ...names.map((name) => `notebooks/${name}.ipynb`)], { STITCHBOOK_TASK: task });
    for (const [names, task] of [[["01-ingestion"], "ingestion@new-york"], [["01-ingestion", "02-cleaning", "03-features", "04-training", "05-reporting"], "ingestion@seattle"]] as const) {
      const { code, said } = await convert(names, task);
      expect(code, said).toBe(0);
    }
    expect((await readdir(join(root, "out"))).sort()).toEqual(["01-ingestion.ipynb", "02-cleaning.ipynb", "03-features.ipynb", "04-training.ipynb", "05-reporting.ipynb"]);
    expect(await expectExecuted(join(root, "out"))).toBe(10);
    for (const path of ["data/raw/new-york.csv", "data/raw/seattle.csv", "data/processed/features.csv", "model/metrics.json", "model/worst-days.csv"]) expect(existsSync(join(root, path)), path).toBe(true);
  }, timeout);

  it("run in papermill, from the project's folder", async () => {
    const { root, run } = flagship;
    await mkdir(join(root, "papermill"));
    for (const name of ["02-cleaning", "05-reporting"]) {
      const { code, said } = await run("papermill", [`notebooks/${name}.ipynb`, `papermill/${name}.ipynb`, "--no-progress-bar"]);
      expect(code, said).toBe(0);
    }
    expect(await expectExecuted(join(root, "papermill"))).toBe(8);
  }, timeout);
});

describe.skipIf(isJupyterSkipped)("a notebook that fails", () => {
  let failing: Flagship;
  beforeAll(async () => {
    failing = await openFlagship("stitchbook-failing-");
    const cells = ["const x: number = 1;\nx", 'class WeatherError extends Error {\n  override name = "WeatherError";\n}\nfunction look(): never {\n  throw new WeatherError("no clouds");\n}\nlook();', '"never"'];
    await writeFile(join(failing.root, "notebooks/fails.ipynb"), notebook(cells));
  });
  afterAll(() => rm(failing.root, { recursive: true, force: true }));

  it("is told by nbconvert with name, message and place, and nothing is written", async () => {
    const { code, said } = await failing.run("nbconvert", ["--to", "notebook", "--execute", "--output-dir", "out", "notebooks/fails.ipynb"]);
    expect(code).toBe(1);
    expect(said).toContain("CellExecutionError");
    expect(said).toContain("WeatherError: no clouds");
    expect(said).toMatch(/at look \(.*line 5/);
    expect(existsSync(join(failing.root, "out/fails.ipynb"))).toBe(false);
  }, timeout);

  it("is told by papermill, and stands in its output notebook", async () => {
    const { code, said } = await failing.run("papermill", ["notebooks/fails.ipynb", "fails-out.ipynb", "--no-progress-bar"]);
    expect(code).toBe(1);
    expect(said).toContain("PapermillExecutionError");
    expect(said).toContain("WeatherError: no clouds");
    const { cells } = await readNotebook(join(failing.root, "fails-out.ipynb"));
    const outputs = cells.flatMap((cell) => cell.outputs ?? []).filter(({ output_type }) => output_type !== "display_data");
    expect(outputs).toEqual([
      expect.objectContaining({ output_type: "execute_result", data: { "text/plain": ["1"] } }),
      expect.objectContaining({ output_type: "error", ename: "WeatherError", evalue: "no clouds" }),
    ]);
    expect(cells.at(-1)?.execution_count ?? null).toBeNull();
  }, timeout);

  it("goes on in nbconvert where errors are allowed", async () => {
    const { code } = await failing.run("nbconvert", ["--to", "notebook", "--execute", "--allow-errors", "--output-dir", "allowed", "notebooks/fails.ipynb"]);
    expect(code).toBe(0);
    const { cells } = await readNotebook(join(failing.root, "allowed/fails.ipynb"));
    expect(cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3]);
    expect(cells[2]?.outputs?.[0]).toMatchObject({ output_type: "execute_result", data: { "text/plain": ["'never'"] } });
  }, timeout);
});

/** A copy of the flagship with an installed kernel, and a way to run a Python program on it. */
async function openFlagship(prefix: string): Promise<Flagship> {
  const root = await copyFlagship(prefix);
  const home = join(root, "home");
  const env = jupyterEnvironment(home);
  const installed = await runStitchbook(["kernel", "install", "--prefix", join(root, "jupyter")], { cwd: root, env });
  if (installed.code !== 0) throw new Error(installed.stderr);
  const run: Flagship["run"] = (module, args, extra = {}) =>
    new Promise((resolve) => {
      const all = { ...process.env, ...env, JUPYTER_PATH: join(root, "jupyter/share/jupyter"), ...extra };
      execFile(python, ["-m", module, ...args], { cwd: root, env: all, maxBuffer: 64e6 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, said: stdout + stderr });
      });
    });
  return { root, run };
}

/** No notebook in the folder has an error, and each of its charts has a picture. @returns how many charts there are */
async function expectExecuted(folder: string): Promise<number> {
  const outputs: SavedOutput[] = [];
  for (const name of await readdir(folder)) outputs.push(...(await readNotebook(join(folder, name))).cells.flatMap((cell) => cell.outputs ?? []));
  expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]);
  const charts = outputs.filter(({ data }) => data !== undefined && "application/vnd.vegalite.v5+json" in data);
  for (const { data } of charts) expect(Object.keys(data ?? {})).toEqual(expect.arrayContaining(["image/png", "text/plain"]));
  return charts.length;
}
