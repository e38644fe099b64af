import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driveKernel, hasPython, isNote, type Executed, type Message } from "../notebook/kernel/drive-kernel.js";
import { type CommandResult, executed, parseEvents, readArtifacts, repository, runForEvents, runStitchbook } from "../scripts/rig.js";

const timeout = 300_000;
const sources = ["stitchbook.yaml", "notebooks", "stages", "templates", "data/sources", "package.json", "tsconfig.json"];
const made = ["data/raw", "data/processed", "model", "reports/images"];
const roots: string[] = [];
const results: CommandResult[] = [];

beforeAll(async () => {
  // One after the other, and in folders whose names differ in length.
  for (const prefix of ["stitchbook-flagship-", "stitchbook-the-other-flagship-"]) {
    const root = await copyFlagship(prefix);
    roots.push(root);
    results.push(await runStitchbook(["run"], { cwd: root }));
  }
}, timeout);

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

async function copyFlagship(prefix: string): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  for (const path of sources) await cp(join(repository, path), join(root, path), { recursive: true });
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  return root;
}

function folder(index: number): string {
  const root = roots[index];
  if (root === undefined) throw new Error(`folder ${index} was not made`);
  return root;
}

describe("the first refresh", () => {
  it("ends well, without a warning", () => {
    for (const { code, stderr } of results) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("makes every artifact at its place", async () => {
    const artifacts = Object.keys(await readArtifacts(folder(0), made));
    expect(artifacts).toEqual(
      expect.arrayContaining(["data/processed/cleaned.csv", "data/processed/features.csv", "data/raw/new-york.csv", "data/raw/seattle.csv", "model/metrics.json", "model/model.json"]),
    );
    expect(artifacts.filter((path) => path.startsWith("reports/images/")).length).toBeGreaterThan(3);
    const metrics: unknown = JSON.parse(await readFile(join(folder(0), "model/metrics.json"), "utf8"));
    expect(metrics).toMatchObject({ r2: expect.any(Number), rmse: expect.any(Number), mae: expect.any(Number) });
  });

  it("gives the same bytes in another folder", async () => {
    expect(differing(await readArtifacts(folder(0), made), await readArtifacts(folder(1), made))).toEqual([]);
    for (const path of ["reports/summary.md", "reports/summary.html"]) {
      expect((await readFile(join(folder(0), path))).equals(await readFile(join(folder(1), path))), path).toBe(true);
    }
  });

  it("gives the summary and the images that are committed", async () => {
    expect(differing(await readArtifacts(folder(0), ["reports/images"]), await readArtifacts(repository, ["reports/images"]))).toEqual([]);
    expect(await readFile(join(folder(0), "reports/summary.md"), "utf8")).toBe(await readFile(join(repository, "reports/summary.md"), "utf8"));
  });

  it("makes a page of less than 2 MB that needs no network", async () => {
    const page = await readFile(join(folder(0), "reports/summary.html"), "utf8");
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(page).toContain("Content-Security-Policy");
    expect(page).not.toContain("unsafe-eval");
    expect(page).not.toMatch(/<(script|img|iframe)[^>]+src="(https?:)?\/\//);
    expect(page).not.toMatch(/<link[^>]+href="(https?:)?\/\//);
    expect(page).not.toContain(folder(0));
  });

  it("records a checkpoint for every task", async () => {
    const { code, stdout } = await runStitchbook(["status", "--json"], { cwd: folder(0) });
    expect(code).toBe(0);
    const { tasks } = JSON.parse(stdout) as { tasks: { task: string; state: string; artifacts: { sha256: string; rows: number | null }[] }[] };
    expect(tasks.filter(({ state, artifacts }) => state !== "fresh" || artifacts.length === 0)).toEqual([]);
    expect(tasks.map(({ task }) => task)).toContain("ingestion@seattle");
  });

  it("executes nothing the second time", async () => {
    const { code, events, stderr } = await runForEvents(folder(1));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(executed(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ event: "run.done", status: "ok", executed: 0 });
  }, timeout);

  it("is proved to be reproducible", async () => {
    const { code, stdout, stderr } = await runStitchbook(["verify", "--external"], { cwd: folder(1) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("7 tasks: 7 reproducible");
  }, timeout);

  it("logs each stage's work", async () => {
    const [log] = await readdir(join(folder(0), "logs"));
    const events = parseEvents(await readFile(join(folder(0), "logs", log ?? ""), "utf8"));
    const talking = new Set(events.flatMap((each) => (each.event === "task.log" ? [String(each.task).split("@")[0]] : [])));
    for (const stage of ["ingestion", "cleaning", "features", "training"]) expect([...talking]).toContain(stage);
  });
});

/** The paths that only one side has, or whose bytes differ. */
function differing(left: Record<string, string>, right: Record<string, string>): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((path) => left[path] !== right[path]);
}

describe.skipIf(process.env["STITCHBOOK_SKIP_PYTHON"] === "1")("the executed notebooks", () => {
  it("are valid by Jupyter's own nbformat package", async () => {
    const python = process.env["TEST_PYTHON"] ?? join(repository, ".venv/bin/python");
    const program = ["import glob, nbformat", "paths = sorted(glob.glob('reports/notebooks/*.ipynb'))", "for path in paths: nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))", "print(len(paths))"].join("\n");
    const { stdout, stderr } = await promisify(execFile)(python, ["-W", "error", "-c", program], { cwd: folder(0) });
    expect(stderr).toBe("");
    expect(Number(stdout)).toBeGreaterThanOrEqual(6);
  }, timeout);
});

type SavedCell = { readonly cell_type: string; readonly source: string | readonly string[]; readonly outputs?: readonly Message[] };

async function readCells(path: string): Promise<readonly SavedCell[]> {
  const notebook: { readonly cells: readonly SavedCell[] } = JSON.parse(await readFile(path, "utf8"));
  return notebook.cells.filter((cell) => cell.cell_type === "code");
}

function joined(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text);
}

/** What is left of an output when counts, pictures, times and what only one side can have are taken away. */
function comparable(output: Message): unknown {
  const { type, output_type: kind = type, data, text, name, ename, evalue } = output;
  if (kind === "stream") return { kind, name, text: joined(text).replace(/took \d+ ms/g, "took some ms") };
  if (typeof data !== "object" || data === null) return { kind, ename, evalue };
  const bundle = Object.entries(data).filter(([mime]) => mime !== "image/png");
  return { kind, data: Object.fromEntries(bundle.map(([mime, content]) => [mime, mime.endsWith("json") ? content : joined(content)])) };
}

/** Text of one stream that came in several messages is one output in a file. */
function unite(outputs: readonly Message[]): Message[] {
  const united: Message[] = [];
  for (const output of outputs.filter((each) => !isNote(each))) {
    const last = united.at(-1);
    if (output.type === "stream" && last?.type === "stream" && last["name"] === output["name"]) united[united.length - 1] = { ...last, text: `${joined(last["text"])}${joined(output["text"])}` };
    else united.push(output);
  }
  return united;
}

describe.skipIf(!hasPython)("the flagship in Jupyter", () => {
  it.each([
    ["01-ingestion.ipynb", "ingestion@seattle"],
    ["02-cleaning.ipynb", "cleaning"],
    ["03-features.ipynb", "features"],
    ["04-training.ipynb", "training"],
    ["05-reporting.ipynb", "reporting"],
  ])("shows in %s what a run shows", async (name, task) => {
    const path = join(folder(1), "notebooks", name);
    const cells = await readCells(path);
    const results = await driveKernel({ cwd: join(folder(1), "notebooks"), env: { JPY_SESSION_NAME: path, STITCHBOOK_TASK: task } }, cells.map(({ source }) => ({ execute: joined(source) })));
    const inJupyter = results.map((each) => unite((each as Executed).outputs).map(comparable));
    const inRun = (await readCells(join(folder(1), "reports/notebooks", `${task}.ipynb`))).map(({ outputs = [] }) => outputs.map(comparable));
    expect(inJupyter).toEqual(inRun);
  }, timeout);

  it("leaves artifacts that the next run takes for what they are", async () => {
    expect(await runStitchbook(["run"], { cwd: folder(1) })).toMatchObject({ code: 0, stdout: expect.stringContaining("up to date") });
  }, timeout);
});
