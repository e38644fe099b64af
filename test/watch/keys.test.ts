import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { makeProject } from "../project/make-project.js";
import { buildOnce, repository, waitUntil } from "../scripts/rig.js";

/** Of util-linux: runs a program at a terminal of its own. */
const script = "/usr/bin/script";

/** A command at a terminal, and what it has shown so far. */
function startAtTerminal(command: string, cwd: string) {
  const child = spawn(script, ["--quiet", "--return", "--command", command, "/dev/null"], { cwd, env: { PATH: process.env["PATH"], NO_COLOR: "1", TERM: "xterm" }, stdio: ["pipe", "pipe", "inherit"] });
  const shown = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (shown.text += text));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  return { shown, ended, press: (keys: string) => void child.stdin.write(keys), kill: () => void child.kill("SIGKILL") };
}

beforeAll(buildOnce);

const isLinux = process.platform === "linux" && existsSync(script);

test.runIf(isLinux)("at a terminal r runs again, other keys do nothing, and q and Ctrl-C end the command", async () => {
  const root = await makeProject({ "stitchbook.yaml": "name: keys\n", "notebooks/notes.ipynb": ["1 + 1"] });
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  const command = `"${process.execPath}" "${join(repository, "dist/stitchbook.cjs")}" watch --no-open --port 0`;
  try {
    for (const { end, code } of [{ end: "q", code: 0 }, { end: "\u0003", code: 130 }]) {
      const terminal = startAtTerminal(command, root);
      try {
        const rounds = () => terminal.shown.text.match(/up to date in/g)?.length ?? 0;
        await waitUntil(() => rounds() === 1, { what: "the first round", timeoutMs: 20_000 });
        terminal.press("x");
        terminal.press("r");
        await waitUntil(() => rounds() === 2, { what: "the round that was asked for", timeoutMs: 20_000 });
        terminal.press(end);
        const ended = await Promise.race([terminal.ended, delay(20_000, "still running")]);
        expect(ended, terminal.shown.text).toBe(code);
      } finally {
        terminal.kill();
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
