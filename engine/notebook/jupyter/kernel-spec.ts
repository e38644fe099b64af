import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kernelLogo } from "./kernel-logo.js";

/** What Jupyter reads of a kernel. @see https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs */
export type KernelSpec = {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: "typescript";
  readonly interrupt_mode: "signal" | "message";
  readonly metadata: { readonly debugger: false; readonly stitchbook: { readonly version: string } };
};

export type KernelPrograms = {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the bundled kernel. */
  readonly kernelFile: string;
  readonly version: string;
};

/** The name that notebooks of a project ask for in their metadata. */
export const defaultKernelName = "stitchbook";

/** A kernel of another origin stands where ours was to go. */
export class ForeignKernelError extends Error {
  override readonly name = "ForeignKernelError";
  readonly hint = "It stays as it is. Choose another name with --name, or remove it with the tool that installed it (jupyter kernelspec remove).";
  constructor(
    /** Absolute. */
    readonly folder: string,
  ) {
    super(`the kernel in ${folder} is not one of Stitchbook's`);
  }
}

/** @param name - the default one shows as `Stitchbook`, others beside it */
export function makeKernelSpec({ node, kernelFile, version }: KernelPrograms, name: string = defaultKernelName): KernelSpec {
  return {
    argv: [node, kernelFile, "--config-path={connection_file}"],
    display_name: name === defaultKernelName ? "Stitchbook" : `Stitchbook (${name})`,
    language: "typescript",
    interrupt_mode: "signal",
    metadata: { debugger: false, stitchbook: { version } },
  };
}

/**
 * Puts a kernel where Jupyter looks for it.
 *
 * @param folder - absolute: `.../kernels/NAME`; made where it is missing
 * @throws {ForeignKernelError} where another kernel stands there
 */
export async function placeKernelSpec(folder: string, spec: KernelSpec): Promise<"written" | "replaced" | "unchanged"> {
  const found = await findKernel(folder);
  if (found === "foreign") throw new ForeignKernelError(folder);
  await mkdir(folder, { recursive: true });
  const isChanged = [
    await writeChanged(join(folder, "logo-svg.svg"), kernelLogo),
    // Last: a kernel is there once this file is.
    await writeChanged(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`),
  ].includes(true);
  if (found === "absent") return "written";
  return isChanged ? "replaced" : "unchanged";
}

/**
 * Removes a kernel of ours.
 *
 * @returns `kept`: what else lies in the folder and stays, by name
 * @throws {ForeignKernelError} where another kernel stands there
 */
export async function removeKernelSpec(folder: string): Promise<{ readonly isRemoved: boolean; readonly kept: readonly string[] }> {
  const found = await findKernel(folder);
  if (found === "foreign") throw new ForeignKernelError(folder);
  if (found === "absent") return { isRemoved: false, kept: [] };
  for (const name of ["kernel.json", "logo-svg.svg"]) await rm(join(folder, name), { force: true });
  const kept = await readdir(folder);
  if (kept.length === 0) await rmdir(folder);
  return { isRemoved: true, kept };
}

/** An empty folder is nobody's; a link, or a folder with other things in it, is somebody else's. */
async function findKernel(folder: string): Promise<"absent" | "ours" | "foreign"> {
  const state = await lstat(folder).catch(nullIfMissing);
  if (state === null) return "absent";
  if (!state.isDirectory()) return "foreign";
  const text = await readFile(join(folder, "kernel.json"), "utf8").catch(nullIfMissing);
  if (text !== null) return isOurs(text) ? "ours" : "foreign";
  // A logo alone is what is left when a first installation was interrupted.
  return (await readdir(folder)).every((name) => name === "logo-svg.svg" || isTemporary(name)) ? "absent" : "foreign";
}

function isOurs(text: string): boolean {
  try {
    const spec: unknown = JSON.parse(text);
    if (typeof spec !== "object" || spec === null || !("metadata" in spec)) return false;
    const { metadata } = spec;
    return typeof metadata === "object" && metadata !== null && "stitchbook" in metadata;
  } catch {
    return false;
  }
}

/** By one rename, so that a Jupyter that looks just now sees no half of it. @returns whether the file was another one before */
async function writeChanged(path: string, text: string): Promise<boolean> {
  if ((await readFile(path, "utf8").catch(() => null)) === text) return false;
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
  return true;
}

function isTemporary(name: string): boolean {
  return /\.\d+\.tmp$/.test(name);
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
