import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environmentFolder, type Lab, type LabSearch, tryLab } from "./find-lab.js";
import { oldestPython, pinnedPackages } from "./pinned-packages.js";
import { runProgram, type ProgramOptions, type ProgramResult } from "./run-program.js";

/** JupyterLab can't be had here until somebody does something; `hint` says what. */
export class NoJupyterError extends Error {
  override readonly name = "NoJupyterError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** The environment was to be made, and a step of it failed. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export type MakeOptions = LabSearch & {
  /** Says what is being done: it takes a while. */
  readonly tell: (text: string) => void;
};

const installPython = "Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3; macOS: brew install python; others: https://www.python.org/downloads/. Then call `stitchbook lab` again.";
const vsCode = "Or use VS Code's notebooks, which need no JupyterLab: stitchbook kernel install.";

/**
 * Makes `.venv` in the project with a pinned JupyterLab. One that was begun and not finished is made anew; one of
 * somebody else's is left alone.
 *
 * @returns null where it was stopped
 * @throws {NoJupyterError} without a Python that can make environments, or where `.venv` is somebody else's
 * @throws {EnvironmentError} when a step fails
 */
export async function makeEnvironment({ root, env, signal, tell }: MakeOptions): Promise<Lab | null> {
  const folder = environmentFolder(root);
  const mark = join(folder, ".stitchbook-unfinished");
  if (existsSync(folder)) await clearUnfinished(folder, mark);
  const python = await findPython({ env, signal });
  if (signal.aborted) return null;
  tell(`There is no JupyterLab here: making .venv with it (${pinnedPackages[0]}; about 250 MB, once; nothing is installed outside of the project) ...`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(mark, String(process.pid));
    await writeFile(join(folder, ".gitignore"), "*\n");
    const lab = await fill(folder, python, { env, cwd: root, signal });
    if (lab !== null) await rm(mark);
    return lab;
  } finally {
    if (existsSync(mark)) await rm(folder, { recursive: true, force: true });
  }
}

async function fill(folder: string, python: string, options: ProgramOptions): Promise<Lab | null> {
  const made = await runProgram(python, ["-m", "venv", folder], options);
  if (options.signal.aborted) return null;
  if (made.code !== 0) throw new EnvironmentError(`${python} could not make .venv: ${tail(made)}`, `Try it by hand to see more: ${python} -m venv .venv`);
  const installed = await runProgram(join(folder, "bin/python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...pinnedPackages], options);
  if (options.signal.aborted) return null;
  if (installed.code !== 0) {
    throw new EnvironmentError(`pip could not install JupyterLab into .venv: ${tail(installed)}`, `pip needs a package index that it can reach (https://pypi.org, or what pip's own configuration names). ${vsCode}`);
  }
  const lab = await tryLab(join(folder, "bin/jupyter"), options);
  if (!("version" in lab)) throw new EnvironmentError(`the JupyterLab in .venv does not start: ${lab.reason}`, "Remove .venv and try again.");
  return lab;
}

/** What an earlier call of this did not finish goes. */
async function clearUnfinished(folder: string, mark: string): Promise<void> {
  if (!existsSync(mark)) {
    throw new NoJupyterError(
      ".venv is there, but without a JupyterLab that works, and it is not Stitchbook's to change",
      `Install it there: .venv/bin/python -m pip install ${pinnedPackages[0]}. Or remove .venv, and one is made.`,
    );
  }
  const owner = Number(await readFile(mark, "utf8"));
  if (owner !== process.pid && isAlive(owner)) throw new NoJupyterError(`another \`stitchbook lab\` (process ${owner}) is just making .venv`, "Wait for it, then call `stitchbook lab` again.");
  await rm(folder, { recursive: true });
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

type Python = { readonly name: string; readonly version: string; readonly isNewEnough: boolean; readonly canMakeEnvironments: boolean };

/** @returns the name of a Python on the PATH that can make environments */
async function findPython(options: Pick<ProgramOptions, "env" | "signal">): Promise<string> {
  const found: Python[] = [];
  for (const name of ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"]) {
    const python = await askPython(name, options);
    if (python?.isNewEnough === true && python.canMakeEnvironments) return name;
    if (python !== null) found.push(python);
  }
  const { major, minor } = oldestPython;
  const lame = found.find(({ isNewEnough }) => isNewEnough);
  if (lame !== undefined) throw new NoJupyterError(`JupyterLab is not installed, and ${lame.name} (${lame.version}) can't make an environment for it: its module venv is not complete`, `Debian, Ubuntu: sudo apt install python3-venv. Then call \`stitchbook lab\` again. ${vsCode}`);
  const old = found[0];
  const what = old === undefined ? "there is none on the PATH" : `${old.name} is ${old.version}`;
  throw new NoJupyterError(`JupyterLab is not installed, and it needs Python ${major}.${minor} or newer: ${what}`, `${installPython} ${vsCode}`);
}

async function askPython(name: string, options: Pick<ProgramOptions, "env" | "signal">): Promise<Python | null> {
  // Debian ships venv without what it needs.
  const program = "import sys, importlib.util as u; print(*sys.version_info[:3], int(all(u.find_spec(m) for m in ('venv', 'ensurepip'))))";
  const { code, stdout } = await runProgram(name, ["-c", program], options);
  const [major = 0, minor = 0, patch = 0, modules = 0] = stdout.trim().split(" ").map(Number);
  if (code !== 0 || major === 0) return null;
  const isNewEnough = major > oldestPython.major || (major === oldestPython.major && minor >= oldestPython.minor);
  return { name, version: `${major}.${minor}.${patch}`, isNewEnough, canMakeEnvironments: modules === 1 };
}

/** The end of what a program said, without blank lines. */
function tail({ stdout, stderr }: ProgramResult): string {
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
  return lines.slice(-4).join("\n    ");
}
