import { execFile } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import ts from "typescript";
import { makeTemporaryFolder } from "../temporary-folder.js";
import type { CorpusProgram } from "./program.js";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Runs each line of standard input as a module and answers with what it printed. */
const DRIVER = `
import { format } from "node:util";
import { writeFileSync } from "node:fs";
const [, , answer, ...files] = process.argv;
const all = [];
for (const file of files) {
  const lines = [];
  console.log = (...values) => lines.push(format(...values));
  try { await import(file); } catch (error) { lines.push("threw " + error); }
  all.push(lines);
}
writeFileSync(answer, JSON.stringify(all));
`;

/**
 * Runs programs as TypeScript itself would: their cells as one module each, transpiled (with local modules: bundled) and
 * executed by Node.
 *
 * @returns What each program printed.
 */
export async function runAsModules(programs: readonly CorpusProgram[]): Promise<readonly (readonly string[])[]> {
  const folder = await makeTemporaryFolder("stitchbook-modules-");
  try {
    await symlink(NODE_MODULES, join(folder, "node_modules"));
    await writeFile(join(folder, "driver.mjs"), DRIVER);
    const files = await Promise.all(programs.map((program, index) => writeModule(join(folder, `${index}`), program)));
    const answer = join(folder, "answer.json");
    await promisify(execFile)(process.execPath, [join(folder, "driver.mjs"), answer, ...files]);
    const { readFile } = await import("node:fs/promises");
    const all: string[][] = JSON.parse(await readFile(answer, "utf8"));
    return all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeModule(folder: string, { cells, files }: CorpusProgram): Promise<string> {
  const out = join(folder, "notebooks", "main.mjs");
  await mkdir(dirname(out), { recursive: true });
  const source = cells.join("\n");
  for (const [path, content] of Object.entries(files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  if (files === undefined) {
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, experimentalDecorators: true };
    await writeFile(out, ts.transpileModule(source, { fileName: "main.ts", compilerOptions }).outputText);
    return out;
  }
  await build({
    stdin: { contents: source, resolveDir: join(folder, "notebooks"), sourcefile: "main.ts", loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    outfile: out,
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: true } },
  });
  return out;
}
