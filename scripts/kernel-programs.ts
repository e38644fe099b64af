import { readFile } from "node:fs/promises";
import type { KernelPrograms } from "../engine/notebook/jupyter/kernel-spec.js";
import { findPackageFile } from "../engine/report/package-file.js";

/**
 * What a kernel's specification names: this Node, and the bundled kernel beside the bundled command.
 *
 * @throws Error where the package was not built
 */
export async function findKernelPrograms(): Promise<KernelPrograms> {
  const kernelFile = findPackageFile("kernel.js", "dist/kernel.js");
  const packageFile = findPackageFile("package.json");
  if (kernelFile === null || packageFile === null) throw new Error("Internal error: kernel.js is missing; build the package");
  const { version } = JSON.parse(await readFile(packageFile, "utf8")) as { version: string };
  return { node: process.execPath, kernelFile, version };
}
