import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** For whom a kernel is installed: for the user, for one Python environment, or below a folder. */
export type KernelScope = { readonly kind: "user" } | { readonly kind: "sys-prefix" } | { readonly kind: "prefix"; readonly prefix: string };

export type KernelSurroundings = { readonly env: NodeJS.ProcessEnv; readonly platform: NodeJS.Platform };

/** There is no Python whose environment could take the kernel. */
export class NoPrefixError extends Error {
  override readonly name = "NoPrefixError";
  readonly hint = "Activate the environment of the Jupyter that is to have the kernel, name its folder with --prefix DIR, or leave --sys-prefix out.";
}

/**
 * The folder of kernels in which Jupyter finds those of a scope. Needs no Jupyter, but for `sys-prefix` a Python.
 *
 * @returns absolute
 * @throws {NoPrefixError}
 */
export async function findKernelsFolder(scope: KernelScope, surroundings: KernelSurroundings): Promise<string> {
  switch (scope.kind) {
    case "user":
      return join(findUserDataFolder(surroundings), "kernels");
    case "prefix":
      return join(resolve(scope.prefix), "share/jupyter/kernels");
    case "sys-prefix":
      return join(await findPythonPrefix(surroundings.env), "share/jupyter/kernels");
  }
}

/**
 * Jupyter's data folder of the user.
 *
 * @see jupyter_core.paths.jupyter_data_dir
 */
export function findUserDataFolder({ env, platform }: KernelSurroundings): string {
  if (env["JUPYTER_DATA_DIR"]) return resolve(env["JUPYTER_DATA_DIR"]);
  const home = env["HOME"] || homedir();
  const isMac = platform === "darwin";
  if (isMac && isSet(env["JUPYTER_PLATFORM_DIRS"])) return join(home, "Library/Application Support/Jupyter");
  if (isMac) return join(home, "Library/Jupyter");
  return join(env["XDG_DATA_HOME"] || join(home, ".local/share"), "jupyter");
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !["no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());
}

/** An activated environment says where it is; else the first Python on the PATH is asked. */
async function findPythonPrefix(env: NodeJS.ProcessEnv): Promise<string> {
  const activated = env["VIRTUAL_ENV"] || env["CONDA_PREFIX"];
  if (activated) return resolve(activated);
  for (const python of ["python3", "python"]) {
    const answer = await promisify(execFile)(python, ["-c", "import sys; print(sys.prefix)"], { env }).catch(() => null);
    const prefix = answer?.stdout.trim();
    if (prefix) return prefix;
  }
  throw new NoPrefixError("--sys-prefix: there is no python3 on the PATH, and no environment is activated");
}
