import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
