import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "stitchbook-home-"));
  cpSync(resolve("package.json"), join(home, "package.json"));
  for (const name of ["stitchbook.cjs", "stitchbook.js", "load.cjs", "chunks"]) cpSync(resolve("dist", name), join(home, "dist", name), { recursive: true });
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
