import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeTemporaryFolder } from "./temporary-folder.js";

const prefix = `sweep-test-${process.pid}-`;
const made: string[] = [];
afterAll(() => made.forEach((path) => rmSync(path, { recursive: true, force: true })));

function leave(rest: string): string {
  const path = join(tmpdir(), `${prefix}${rest}`);
  mkdirSync(join(path, "inside"), { recursive: true });
  made.push(path);
  return path;
}

it("removes what killed runs left behind, and nothing that is in use", async () => {
  const { pid: dead } = spawnSync(process.execPath, ["-e", "0"]);
  const ofDead = leave(`${dead}-abcdef`);
  const ofLiving = leave(`${process.pid}-abcdef`);
  const nameless = leave("abcdef");
  const old = leave("ghijkl");
  utimesSync(old, 1, 1);
  const folder = await makeTemporaryFolder(prefix);
  made.push(folder);
  expect([ofDead, ofLiving, nameless, old, folder].map((path) => existsSync(path))).toEqual([false, true, true, false, true]);
});
