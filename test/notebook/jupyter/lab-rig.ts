import { cp, readFile, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { repository, startStitchbook, waitUntil, type CommandResult } from "../../scripts/rig.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

/** The Python whose Jupyter the tests use. */
export const python = process.env["TEST_PYTHON"] ?? join(repository, ".venv/bin/python");

/** Whether the tests with Jupyter are left out, because the environment asks for it. */
export const isJupyterSkipped = process.env["STITCHBOOK_SKIP_PYTHON"] === "1";

const flagship = ["stitchbook.yaml", "notebooks", "stages", "templates", "data/sources", "package.json", "tsconfig.json"];

/** Copies the flagship as it is committed. @returns its root, absolute */
export async function copyFlagship(prefix: string): Promise<string> {
  const root = await makeTemporaryFolder(prefix);
  for (const path of flagship) await cp(join(repository, path), join(root, path), { recursive: true });
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  return root;
}

/** The environment of somebody who has this Jupyter and no settings of their own. */
export function jupyterEnvironment(home: string): Readonly<Record<string, string>> {
  const names = ["JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_RUNTIME_DIR", "XDG_DATA_HOME", "STITCHBOOK_TASK"];
  return { ...Object.fromEntries(names.map((name) => [name, ""])), HOME: home, PATH: `${dirname(python)}${delimiter}${process.env["PATH"] ?? ""}`, PYTHONWARNINGS: "ignore" };
}

export type RunningLab = { readonly child: ChildProcess; readonly url: string; readonly ended: Promise<CommandResult> };

/** Starts `stitchbook lab` and waits until it tells its address. */
export async function startLab(root: string, args: readonly string[]): Promise<RunningLab> {
  const { child, ended } = await startStitchbook(["lab", ...args, "--no-browser", "--port", "0", "--json"], { cwd: root, env: jupyterEnvironment(join(root, "home")) });
  let told = "";
  child.stdout?.on("data", (text: string) => (told += text));
  const failure = ended.then(({ code, stderr }) => Promise.reject(new Error(`lab ended with ${code}: ${stderr}`)));
  await Promise.race([waitUntil(() => told.includes("\n"), { what: "the address of Lab" }), failure]);
  const { url }: { url: string } = JSON.parse(told);
  void failure.catch(() => undefined);
  return { child, url, ended };
}

/** A saved notebook, as far as tests look at it. */
export type SavedNotebook = { readonly cells: readonly SavedCell[]; readonly metadata: Readonly<Record<string, unknown>> };
export type SavedCell = { readonly cell_type: string; readonly source: string | readonly string[]; readonly execution_count?: number | null; readonly outputs?: readonly SavedOutput[] };
export type SavedOutput = {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: string | readonly string[];
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
};

export async function readNotebook(path: string): Promise<SavedNotebook> {
  return JSON.parse(await readFile(path, "utf8")) as SavedNotebook;
}
