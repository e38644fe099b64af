/// <reference lib="dom" />
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notebook } from "../../project/make-project.js";
import { isBrowserSkipped, launchBrowser } from "../../report/browser.js";
import { editFile, runStitchbook } from "../../scripts/rig.js";
import { copyFlagship, isJupyterSkipped, readNotebook, type RunningLab, type SavedOutput, startLab } from "./lab-rig.js";
import { NotebookPage } from "./notebook-page.js";

/** Where to put pictures for people to look at; none where it is unset. */
const pictures = process.env["STITCHBOOK_PICTURES"];

const scratch = [
  "const temperatureInOslo: number = 21;\ntemperatureInOslo * 2",
  'function forecast(): number {\n  throw new RangeError("too far ahead");\n}\nforecast();',
  '"after the error"',
  "for (;;) {}",
  "await new Promise(() => setTimeout(() => {}, 1e6));",
  "`still ${temperatureInOslo}`",
  'import { advice } from "../stages/advice";\nadvice()',
  "temperatureInO",
];

describe.skipIf(isBrowserSkipped || isJupyterSkipped)("JupyterLab, as stitchbook lab opens it", () => {
  let root: string;
  let lab: RunningLab;
  let browser: Browser;
  let shown: NotebookPage;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    root = await copyFlagship("stitchbook-lab-");
    await writeFile(join(root, "stages/words.ts"), 'export const words = "take an umbrella";\n');
    await writeFile(join(root, "stages/advice.ts"), 'import { words } from "./words";\n/** What to do. */\nexport const advice = (): string => words;\n');
    await writeFile(join(root, "notebooks/scratch.ipynb"), notebook(scratch));
    const [started, launched, run] = await Promise.all([startLab(root, ["ingestion@new-york"]), launchBrowser(), runStitchbook(["run", "ingestion@seattle"], { cwd: root })]);
    [lab, browser] = [started, launched];
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("request", (request) => asked.push(request.url()));
    shown = new NotebookPage(page, lab.url);
    await page.goto(lab.url);
    await shown.waitForKernel("01-ingestion.ipynb");
  });
  afterAll(async () => {
    await browser?.close();
    lab?.child.kill("SIGTERM");
    await lab?.ended;
    await rm(root, { recursive: true, force: true });
  });

  async function picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await shown.page.screenshot({ path: join(pictures, `${name.replace(".ipynb", "")}.png`) });
  }

  /** What the cells of a saved notebook gave. */
  async function savedOutputs(name: string): Promise<readonly SavedOutput[]> {
    await shown.save();
    return (await readNotebook(join(root, "notebooks", name))).cells.flatMap(({ outputs }) => outputs ?? []);
  }

  const mimeTypes = (outputs: readonly SavedOutput[]) => outputs.flatMap(({ data }) => Object.keys(data ?? {}));

  /** Runs the notebook that is in front; a cell that failed or was left out is told with its output. */
  async function runAll(name: string): Promise<readonly SavedOutput[]> {
    const prompts = await shown.runAll();
    await picture(name);
    const outputs = await savedOutputs(name);
    expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]);
    expect(prompts.map((prompt) => prompt.trim())).toEqual(prompts.map((_, index) => `[${index + 1}]:`));
    return outputs;
  }

  it("runs the first notebook with the values of the dataset that was named", async () => {
    const outputs = await runAll("01-ingestion.ipynb");
    expect(JSON.stringify(outputs)).toContain("data/raw/new-york.csv");
    expect(existsSync(join(root, "data/raw/new-york.csv"))).toBe(true);
    expect(await shown.outputs(6).locator("table").count()).toBe(1);
  });

  it.each([
    { name: "02-cleaning.ipynb", tables: 2, charts: 2 },
    { name: "03-features.ipynb", tables: 2, charts: 1 },
    { name: "04-training.ipynb", tables: 3, charts: 1 },
    { name: "05-reporting.ipynb", tables: 1, charts: 6 },
  ])("runs $name from top to bottom, and draws its tables and charts", async ({ name, tables, charts }) => {
    await shown.open(name);
    const types = mimeTypes(await runAll(name));
    expect(types.filter((each) => each === "application/vnd.vegalite.v5+json")).toHaveLength(charts);
    expect(await shown.countTables()).toBe(tables);
    await expect.poll(() => shown.countCharts(), { timeout: 30_000 }).toBe(charts);
    expect(await shown.countBlankCharts()).toBe(0);
  });

  it("shows an error at its place, and goes on", async () => {
    await shown.open("scratch.ipynb");
    await shown.run(0);
    expect(await shown.outputs(0).textContent()).toContain("42");
    await shown.run(1);
    const text = await shown.outputs(1).textContent();
    expect(text).toContain("RangeError: too far ahead");
    expect(text).toMatch(/forecast.*line 2/);
    expect(text).not.toContain("node_modules");
    await shown.run(2);
    expect(await shown.outputs(2).textContent()).toContain("after the error");
    await picture("error");
  });

  it.each([
    ["a loop", 3],
    ["a wait", 4],
  ])("interrupts %s, and keeps what was computed", async (_, index) => {
    await shown.start(index);
    await shown.pressButton("notebook:interrupt-kernel");
    await shown.waitForCell(index);
    expect(await shown.outputs(index).textContent()).toMatch(/interrupted/i);
    await shown.run(5);
    expect(await shown.outputs(5).textContent()).toContain("still 21");
  });

  it("runs a module anew that was edited, or that an edited one is imported by", async () => {
    await shown.run(6);
    expect(await shown.outputs(6).last().textContent()).toContain("take an umbrella");
    await editFile(root, "stages/words.ts", (text) => text.replace("take an umbrella", "leave it at home"));
    await shown.run(6);
    expect(await shown.outputs(6).last().textContent()).toContain("leave it at home");
    await shown.run(5);
    expect(await shown.outputs(5).textContent()).toContain("still 21");
  });

  it("completes a name, and tells of it", async () => {
    const editor = shown.cell(7).locator(".cm-content");
    await editor.click();
    await shown.page.keyboard.press("End");
    await shown.page.keyboard.press("Tab");
    await shown.page.locator(".jp-Completer-item", { hasText: "temperatureInOslo" }).first().click();
    await expect.poll(() => editor.textContent(), { timeout: 30_000 }).toBe("temperatureInOslo");
    await shown.page.keyboard.press("Shift+Tab");
    await shown.page.locator(".jp-Tooltip", { hasText: "number" }).waitFor();
    await picture("inspection");
    await shown.page.keyboard.press("Escape");
  });

  it("asks nothing of other machines, and shows no news", async () => {
    expect(asked.filter((url) => !/^(data|blob):/.test(url) && new URL(url).host !== new URL(lab.url).host)).toEqual([]);
    expect(await shown.page.locator(".jp-toast-message, .Toastify__toast").count()).toBe(0);
    expect(said.filter((line) => line.startsWith("error:"))).toEqual([]);
  });

  it("stops when it is told, and leaves no process behind", async () => {
    const kernels = await listProcesses(root);
    expect(kernels.length).toBeGreaterThanOrEqual(6);
    lab.child.kill("SIGINT");
    expect(await lab.ended).toMatchObject({ code: 130, stderr: "" });
    await expect.poll(() => listProcesses(root), { timeout: 30_000 }).toEqual([]);
  });
});

/** Processes that work in the project's folder. */
async function listProcesses(root: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,args="]);
  return stdout.split("\n").filter((line) => line.includes(root) && !line.includes("ps -A"));
}
