import { mkdir, realpath, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { makeTemporaryFolder } from "../temporary-folder.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A bundled worker in an installation of its own. */
export type BuiltWorker = { readonly workerFile: string; remove(): Promise<void> };

/** Bundles the worker the way the package ships it: one CommonJS file beside the packages of the installation. */
export async function buildWorker(): Promise<BuiltWorker> {
  const home = await makeTemporaryFolder("stitchbook-installation-");
  const workerFile = join(home, "dist", "worker.cjs");
  await mkdir(join(home, "dist"));
  await symlink(await realpath(join(repository, "node_modules")), join(home, "node_modules"));
  await build({
    absWorkingDir: repository,
    entryPoints: ["engine/notebook/worker/worker-main.ts"],
    outfile: workerFile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    logLevel: "error",
  });
  return { workerFile, remove: () => rm(home, { recursive: true, force: true }) };
}
