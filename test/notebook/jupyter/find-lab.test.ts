import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findLab } from "../../../engine/notebook/jupyter/find-lab.js";
import { EnvironmentError, makeEnvironment, NoJupyterError } from "../../../engine/notebook/jupyter/make-environment.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder("stitchbook-find-lab-");
  root = join(folder, "project");
  await mkdir(root);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

/** Programs as machines have them: one that answers, one that is too old, a shim that fails. */
async function writeProgram(path: string, script: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

const pathOf = (...names: readonly string[]) => ({ PATH: names.map((name) => join(folder, name)).join(delimiter) });

describe("finding a JupyterLab", () => {
  it("takes the first on the PATH that works, and says why others don't", async () => {
    await writeProgram(join(folder, "shim/jupyter"), "echo 'pyenv: jupyter: command not found' >&2; exit 127");
    await writeProgram(join(folder, "old/jupyter"), "echo 3.6.7");
    await writeProgram(join(folder, "good/jupyter"), '[ "$1 $2" = "lab --version" ] && echo 4.6.6');
    await writeProgram(join(root, ".venv/bin/jupyter"), "echo 4.0.0");
    const { lab, useless } = await findLab({ root, env: pathOf("none", "shim", "old", "good"), signal });
    expect(lab).toEqual({ jupyter: join(folder, "good/jupyter"), version: "4.6.6" });
    expect(useless).toEqual([
      { jupyter: join(folder, "shim/jupyter"), reason: "`jupyter lab --version` fails: pyenv: jupyter: command not found" },
      { jupyter: join(folder, "old/jupyter"), reason: "its JupyterLab is 3.6.7, and 4 or newer is needed" },
    ]);
  });

  it("takes that of the project's .venv else", async () => {
    await writeProgram(join(root, ".venv/bin/jupyter"), "echo 4.0.0");
    expect((await findLab({ root, env: pathOf("none"), signal })).lab).toEqual({ jupyter: join(root, ".venv/bin/jupyter"), version: "4.0.0" });
  });
});

describe("making one", () => {
  const make = (env: NodeJS.ProcessEnv, stop = signal) => makeEnvironment({ root, env, signal: stop, tell: () => {} });
  const answer = (text: string) => `echo '${text}'`;

  it("says what to install where there is no Python", async () => {
    await expect(make(pathOf("none"))).rejects.toThrow(expect.objectContaining({
      name: "NoJupyterError",
      message: "JupyterLab is not installed, and it needs Python 3.10 or newer: there is none on the PATH",
      hint: expect.stringMatching(/sudo apt install python3 python3-venv.*brew install python.*stitchbook kernel install/),
    }));
  });

  it("says so where Python is too old, or is without venv", async () => {
    await writeProgram(join(folder, "old/python3"), answer("3 9 2 1"));
    await expect(make(pathOf("old"))).rejects.toThrow("python3 is 3.9.2");
    await writeProgram(join(folder, "bare/python3"), answer("3 12 1 0"));
    await expect(make(pathOf("bare"))).rejects.toThrow(expect.objectContaining({ hint: expect.stringContaining("sudo apt install python3-venv") }));
    expect(await readdir(root)).toEqual([]);
  });

  it("leaves a .venv of somebody else alone", async () => {
    await mkdir(join(root, ".venv/bin"), { recursive: true });
    await expect(make(process.env)).rejects.toThrow(NoJupyterError);
    expect(await readdir(join(root, ".venv"))).toEqual(["bin"]);
  });

  it("makes anew what was begun and not finished, and leaves nothing when a step fails", async () => {
    await mkdir(join(root, ".venv"));
    await writeFile(join(root, ".venv/.stitchbook-unfinished"), "2147483646");
    await writeProgram(join(folder, "python/python3"), `case "$1" in -c) echo 3 12 1 1;; *) echo 'no space left' >&2; exit 1;; esac`);
    await expect(make(pathOf("python"))).rejects.toThrow(new EnvironmentError("python3 could not make .venv: no space left", "Try it by hand to see more: python3 -m venv .venv"));
    expect(await readdir(root)).toEqual([]);
  });

  it("says what pip said, and leaves nothing", async () => {
    const pip = "echo 'ERROR: No matching distribution found for jupyterlab==4.6.6' >&2; exit 1";
    const venv = [": > .venv/bin/python", "chmod +x .venv/bin/python", `echo "#!/bin/sh\n${pip}" > .venv/bin/python`].join("; ");
    await writeProgram(join(folder, "python/python3"), `PATH=/bin:/usr/bin; case "$1" in -c) echo 3 12 1 1;; *) mkdir .venv/bin; ${venv};; esac`);
    await expect(make(pathOf("python"))).rejects.toThrow(expect.objectContaining({
      name: "EnvironmentError",
      message: "pip could not install JupyterLab into .venv: ERROR: No matching distribution found for jupyterlab==4.6.6",
      hint: expect.stringContaining("a package index that it can reach"),
    }));
    expect(await readdir(root)).toEqual([]);
  });

  it("waits for nobody who is just making it", async () => {
    await mkdir(join(root, ".venv"));
    await writeFile(join(root, ".venv/.stitchbook-unfinished"), String(process.ppid));
    await expect(make(process.env)).rejects.toThrow(`(process ${process.ppid}) is just making .venv`);
    expect(await readdir(join(root, ".venv"))).toEqual([".stitchbook-unfinished"]);
  });

  it("leaves nothing when it is stopped", async () => {
    await writeProgram(join(folder, "python/python3"), `case "$1" in -c) echo 3 12 1 1;; *) : > .venv/begun; exec /bin/sleep 600;; esac`);
    const controller = new AbortController();
    const made = make(pathOf("python"), controller.signal);
    await expect.poll(() => readdir(join(root, ".venv")).catch(() => []), { timeout: 20_000 }).toContain("begun");
    controller.abort();
    expect(await made).toBeNull();
    expect(await readdir(root)).toEqual([]);
  });
});
