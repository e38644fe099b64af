import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, notebook } from "../project/make-project.js";
import { parseEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
let root = "";

const write = async (path: string, text: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};

const installed = (name: string, version: string, dependencies: object = {}) => write(`node_modules/${name}/package.json`, JSON.stringify({ name, version, main: "index.js", types: "index.d.ts", dependencies }));

const units = "const half = 0.5;\nexport function toFahrenheit(c: number): number {\n  return c * 1.8 + 32;\n}\nexport function toKelvin(c: number): number {\n  return c + 273.15 + half;\n}\n";

const convert = (code: string) =>
  notebook([
    "---\nstage: convert\ninputs: [raw/a.csv]\noutputs: data/b.txt\nenv: [REGION?]\n---",
    { source: "const seed: number = 7", tags: ["parameters"] },
    'import { toKelvin } from "../stages/units";\nimport { readFileSync, writeFileSync } from "node:fs";',
    'import { toFahrenheit } from "../stages/units";\nimport { twice } from "twice";',
    code,
  ]);

const code = 'writeFileSync("data/b.txt", [readFileSync("raw/a.csv", "utf8"), toKelvin(1), toFahrenheit(twice(seed)), process.env.REGION].join());';

beforeAll(async () => {
  root = await makeProject({
    "stitchbook.yaml": "name: reasons\n",
    "raw/a.csv": "a\n1\n",
    "stages/units.ts": units,
    "notebooks/01-convert.ipynb": convert(code),
    "templates/report.md": "---\nreport: summary\noutputs: { markdown: reports/summary.md }\n---\n{{ stages.convert.outputs[\"data/b.txt\"].bytes }} bytes\n",
  });
  await installed("twice", "1.0.0", { deep: "*" });
  await installed("deep", "3.0.0");
  await write("node_modules/twice/index.js", "exports.twice = (x) => 2 * x;");
  await write("node_modules/twice/index.d.ts", "export function twice(x: number): number;");
  expect(await runStitchbook(["run"], { cwd: root })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(() => rm(root, { recursive: true, force: true }));

/** What plan says of the stage, after a change that is taken back afterwards. */
async function planAfter(change: () => Promise<unknown>, undo: () => Promise<unknown>, options: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {}): Promise<string[]> {
  await change();
  try {
    const { stdout } = await runStitchbook(["plan", "convert", ...(options.args ?? [])], { cwd: root, env: options.env ?? {} });
    return stdout.split("\n").slice(0, -2).map((line) => line.replace(/^run +convert +/, "").trim());
  } finally {
    await undo();
  }
}

const nothing = async () => undefined;

describe("the reasons that plan gives", () => {
  it.each([
    ["a function", units.replace("1.8", "1.9"), "stages/units.ts: toFahrenheit changed (reached from cell 4)"],
    ["a constant behind another", units.replace("0.5", "0.6"), "stages/units.ts: half changed (reached from cell 3)"],
    ["a function and what it calls anew", units.replace("32;", "32 * half;"), "stages/units.ts: toFahrenheit changed (reached from cell 4)"],
  ])("name %s that changed", async (_, after, expected) => {
    expect(await planAfter(() => write("stages/units.ts", after), () => write("stages/units.ts", units))).toEqual([expected]);
  }, timeout);

  it("name a cell, an input, a parameter and a variable", async () => {
    const source = "notebooks/01-convert.ipynb";
    expect(await planAfter(() => write(source, convert(code.replace("join()", "join(\";\")"))), () => write(source, convert(code)))).toEqual(["cell 5 changed"]);
    expect(await planAfter(() => write("raw/a.csv", "a\n2\n"), () => write("raw/a.csv", "a\n1\n"))).toEqual(["input raw/a.csv changed"]);
    expect(await planAfter(nothing, nothing, { args: ["--param", "seed=8"], env: { REGION: "north" } })).toEqual(["parameter seed: 7 -> 8", "environment variable REGION is set now"]);
    expect(await planAfter(nothing, nothing, { args: ["--force"] })).toEqual(["forced"]);
    expect(await planAfter(() => write("stitchbook.yaml", "name: reasons\ntimezone: Europe/Oslo\n"), () => write("stitchbook.yaml", "name: reasons\n"))).toEqual(["time zone UTC -> Europe/Oslo"]);
  }, timeout);

  it("tell a package's versions, who imports it, and through what it came", async () => {
    const change = () => Promise.all([installed("twice", "1.1.0", { deep: "*" }), installed("deep", "3.1.0")]);
    const undo = () => Promise.all([installed("twice", "1.0.0", { deep: "*" }), installed("deep", "3.0.0")]);
    expect(await planAfter(change, undo)).toEqual([
      "package twice 1.0.0 -> 1.1.0 (imported by notebooks/01-convert.ipynb)",
      "package deep 3.0.0 -> 3.1.0 (through twice, imported by notebooks/01-convert.ipynb)",
    ]);
  }, timeout);

  it("begin with the most telling one", async () => {
    const change = async () => {
      await write("stages/units.ts", units.replace("1.8", "1.9"));
      await write("raw/a.csv", "a\n2\n");
      await write("data/b.txt", "by hand");
    };
    const before = await readFile(join(root, "data/b.txt"), "utf8");
    const undo = async () => {
      await write("stages/units.ts", units);
      await write("raw/a.csv", "a\n1\n");
      await write("data/b.txt", before);
    };
    expect(await planAfter(change, undo, { args: ["--param", "seed=8"] })).toEqual([
      "stages/units.ts: toFahrenheit changed (reached from cell 4)",
      "parameter seed: 7 -> 8",
      "input raw/a.csv changed",
      "artifact data/b.txt changed by hand",
    ]);
  }, timeout);
});

describe("run", () => {
  it("shows the main reason of each task, all of them with -v, and logs all", async () => {
    await write("stages/units.ts", units.replace("1.8", "1.9"));
    await write("raw/a.csv", "a\n3\n");
    const { stdout, code: exitCode } = await runStitchbook(["run", "-v"], { cwd: root });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("start  convert  (stages/units.ts: toFahrenheit changed (reached from cell 4) (+1 more))\n");
    expect(stdout).toContain("  convert: stages/units.ts: toFahrenheit changed (reached from cell 4)\n  convert: input raw/a.csv changed\n");
    await write("raw/a.csv", "a\n4\n");
    const { stdout: lines } = await runStitchbook(["run", "--json", "--param", "seed=9"], { cwd: root });
    const start = parseEvents(lines).find(({ event }) => event === "task.start");
    expect(start).toMatchObject({ task: "convert", reasons: [{ kind: "params", subject: "seed", detail: "7 -> 9" }, { kind: "input", subject: "raw/a.csv", detail: "changed" }] });
  }, timeout);

  it("explains the same again after a run that failed", async () => {
    await runStitchbook(["run"], { cwd: root });
    await write("stages/units.ts", units.replace("c * 1.9", "c * 2").replace("return c * 1.8 + 32", 'if (c > 0) throw new Error("no");\n  return c'));
    expect((await runStitchbook(["run"], { cwd: root })).code).toBe(1);
    expect((await runStitchbook(["plan", "convert"], { cwd: root })).stdout).toContain("stages/units.ts: toFahrenheit changed (reached from cell 4)");
  }, timeout);
});
