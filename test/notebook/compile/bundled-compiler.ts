import { execFile } from "node:child_process";
import { realpath, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { CompileOptions } from "../../../engine/notebook/compile/compile-notebooks.js";
import type { CompiledNotebook } from "../../../engine/notebook/types.js";
import type { Problem } from "../../../engine/project/types.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

export type CompilerAnswer = {
  readonly compiled: Readonly<Record<string, CompiledNotebook>>;
  readonly problems: readonly Problem[];
  readonly ms: number;
};

export type CompilerRun = {
  /** One for each compilation. */
  readonly answers: readonly CompilerAnswer[];
  /** How many files of TypeScript, tslab and esbuild were loaded. */
  readonly loaded: number;
};

/** The compiler as the package ships it. */
export type BundledCompiler = {
  /**
   * Compiles in a process of its own, one after the other.
   *
   * @param preload A script that every thread runs first.
   */
  run(options: readonly CompileOptions[], preload?: string): Promise<CompilerRun>;
  remove(): Promise<void>;
};

/** Says after each compilation what came of it. */
const DRIVER = `
import { createRequire } from "node:module";
import { compileNotebooks } from "./compile-notebooks.mjs";
const answers = [];
for (const options of JSON.parse(process.argv[2])) {
  const started = performance.now();
  const { compiled, problems } = await compileNotebooks(options);
  answers.push({ compiled: Object.fromEntries([...compiled].sort()), problems, ms: performance.now() - started });
}
const loaded = Object.keys(createRequire(import.meta.url).cache).filter((name) => /typescript|tslab|esbuild/.test(name)).length;
console.log(JSON.stringify({ answers, loaded }));
`;

/** Bundles the compiler beside the packages, as the engine is. */
export async function bundleCompiler(): Promise<BundledCompiler> {
  const folder = await makeTemporaryFolder("stitchbook-bundle-");
  await symlink(await realpath(join(REPOSITORY, "node_modules")), join(folder, "node_modules"));
  await build({
    entryPoints: [join(REPOSITORY, "engine/notebook/compile/compile-notebooks.ts")],
    bundle: true, splitting: true, platform: "node", format: "esm", packages: "external", outdir: folder, outExtension: { ".js": ".mjs" },
  });
  await writeFile(join(folder, "run.mjs"), DRIVER);
  return {
    run: async (options, preload = "") => {
      await writeFile(join(folder, "preload.cjs"), preload);
      const parameters = ["--require", join(folder, "preload.cjs"), join(folder, "run.mjs"), JSON.stringify(options)];
      const { stdout } = await promisify(execFile)(process.execPath, parameters, { maxBuffer: 2 ** 28 });
      const answer: CompilerRun = JSON.parse(stdout);
      return answer;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
