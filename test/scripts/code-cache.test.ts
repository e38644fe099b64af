import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "stitchbook-home-"));
  cpSync(resolve("package.json"), join(home, "package.json"));
  cpSync(resolve("dist"), join(home, "dist"), { recursive: true, filter: (path) => !path.endsWith("code-cache") });
  for (const name of ["node_modules", "templates"]) symlinkSync(resolve(name), join(home, name));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const version = (file: string) => execFileSync(process.execPath, [join(home, "dist", file), "--version"], { encoding: "utf8" });
const keptFile = () => join(home, "dist/code-cache", readdirSync(join(home, "dist/code-cache"))[0] ?? "");

it("commands say the same with and without kept bytecode, and where that is damaged", () => {
  const expected = `${(JSON.parse(readFileSync(resolve("package.json"), "utf8")) as { version: string }).version}\n`;
  expect(version("stitchbook.cjs")).toBe(expected);
  const kept = readFileSync(keptFile());
  expect(version("stitchbook.cjs")).toBe(expected);
  expect(readFileSync(keptFile()).equals(kept)).toBe(true);
  for (const [index, damaged] of [kept.subarray(0, kept.length / 2), Buffer.from(kept).fill(7, kept.length - 500), Buffer.from("{}")].entries()) {
    writeFileSync(keptFile(), damaged);
    expect(version(index === 1 ? "stitchbook.js" : "stitchbook.cjs")).toBe(expected);
    expect(readFileSync(keptFile()).length).toBeGreaterThan(500);
  }
});

it("one command does not push out what another has kept, and a word that is no command keeps nothing", () => {
  const say = (...args: readonly string[]) => spawnSync(process.execPath, [join(home, "dist/stitchbook.cjs"), ...args], { cwd: home, encoding: "utf8" });
  const files = () => readdirSync(join(home, "dist/code-cache")).map((name) => [name, statSync(join(home, "dist/code-cache", name)).mtimeMs] as const);
  expect(say("history", "--help").status).toBe(0);
  expect(say("plan", "--help").status).toBe(0);
  const kept = files();
  expect(kept.map(([name]) => name.split("-")[1])).toEqual(expect.arrayContaining(["history", "plan"]));
  expect(say("history", "--help").status).toBe(0);
  expect(say("plan", "--help").status).toBe(0);
  expect(say("histroy").status).toBe(2);
  expect(files()).toEqual(kept);
});

it("a run with nothing to do loads no language of templates, no YAML, no shapes and no charts", async () => {
  const root = await makeProject({
    "stitchbook.yaml": "name: quiet\n",
    "notebooks/a.ipynb": ["---\nstage: a\noutputs: [data/a.json]\n---", 'import { writeFileSync } from "node:fs";\nwriteFileSync("data/a.json", JSON.stringify({ n: 1 }));'],
    "templates/page.md": "---\nreport: page\noutputs: { markdown: reports/page.md, html: reports/page.html, images: reports/images }\ninputs: { a: data/a.json }\n---\n{{ a.n }}, before {% if previous %}{{ previous.a.n }}{% endif %}.\n",
  });
  const run = () => spawnSync(process.execPath, [join(home, "dist/stitchbook.cjs"), "run"], { cwd: root, encoding: "utf8" });
  expect(run()).toMatchObject({ status: 0, stderr: "" });
  expect(run().stdout).toContain("Everything is up to date");
  rmSync(join(home, "dist/code-cache"), { recursive: true });
  expect(run().stdout).toContain("Everything is up to date");
  const [head = ""] = readFileSync(keptFile(), "latin1").split("\n", 1);
  const loaded = (JSON.parse(head) as { chunks: readonly { name: string }[] }).chunks.map(({ name }) => readFileSync(join(home, "dist/chunks", name), "utf8"));
  expect(loaded.length).toBeGreaterThan(10);
  const heavy = { liquidjs: /LiquidError = class/, "d3-time-format": /shortMonths/, yaml: /LineCounter = class/, zod: /ZodError/, vega: /scenegraph/, marked: /Lexer = class|class _?Lexer/ };
  expect(Object.entries(heavy).filter(([, sign]) => loaded.some((text) => sign.test(text))).map(([name]) => name)).toEqual([]);
  // Each sign is in some chunk, or it would show nothing.
  const all = readdirSync(join(home, "dist/chunks")).map((name) => readFileSync(join(home, "dist/chunks", name), "utf8"));
  expect(Object.entries(heavy).filter(([, sign]) => !all.some((text) => sign.test(text))).map(([name]) => name)).toEqual([]);
  rmSync(root, { recursive: true, force: true });
});
