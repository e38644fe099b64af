import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles a TypeScript entry of test/run/entries so that plain node runs it; returns the bundle's path. */
export async function bundleEntry(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stitchbook-entry-"));
  const outfile = join(folder, `${basename(name, ".ts")}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`./entries/${name}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
  });
  return outfile;
}
