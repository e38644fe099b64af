import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { oldestLab } from "./pinned-packages.js";
import { runProgram, type ProgramOptions } from "./run-program.js";

/** A JupyterLab that works. */
export type Lab = {
  /** Absolute path of the `jupyter` that starts it. */
  readonly jupyter: string;
  readonly version: string;
};

/** A `jupyter` that is there and of no use, and why. */
export type UselessJupyter = { readonly jupyter: string; readonly reason: string };

export type LabSearch = Pick<ProgramOptions, "env" | "signal"> & {
  /** Absolute path of the project. */
  readonly root: string;
};

/** The environment of a project. @param root - absolute */
export function environmentFolder(root: string): string {
  return join(root, ".venv");
}

/** Looks for a JupyterLab on the PATH, then in the project's `.venv`. What does not start is none. */
export async function findLab({ root, env, signal }: LabSearch): Promise<{ readonly lab: Lab | null; readonly useless: readonly UselessJupyter[] }> {
  const useless: UselessJupyter[] = [];
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), join(environmentFolder(root), "bin")];
  const candidates = [...new Set(folders.map((folder) => join(folder, "jupyter")))].filter((file) => existsSync(file));
  for (const jupyter of candidates) {
    if (signal.aborted) break;
    const tried = await tryLab(jupyter, { env, signal });
    if ("version" in tried) return { lab: tried, useless };
    useless.push(tried);
  }
  return { lab: null, useless };
}

/** Whether this `jupyter` starts a JupyterLab that is new enough. */
export async function tryLab(jupyter: string, options: Pick<ProgramOptions, "env" | "signal">): Promise<Lab | UselessJupyter> {
  const { code, stdout, stderr } = await runProgram(jupyter, ["lab", "--version"], options);
  const version = /^(\d+)\.\d+\S*$/m.exec(stdout.trim());
  if (code !== 0 || version === null) return { jupyter, reason: `\`jupyter lab --version\` fails${lastLine(stderr)}` };
  if (Number(version[1]) < oldestLab) return { jupyter, reason: `its JupyterLab is ${version[0]}, and ${oldestLab} or newer is needed` };
  return { jupyter, version: version[0] };
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line === "" ? "" : `: ${line}`;
}
