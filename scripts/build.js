// Bundles the engine into dist/. Plain JavaScript, since it must run before anything is built.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildCommands } from "./build-commands.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stampFile = join(dist, ".stamp");

/** Hash of what `describe` tells of each source. */
function hashSources(describe) {
  const hash = createHash("sha256");
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else hash.update(`${path}\0`).update(describe(join(root, path))).update("\0");
    }
  };
  for (const folder of ["engine", "scripts"]) visit(folder);
  return hash.update(readFileSync(join(root, "package.json"))).digest("hex");
}

/** Sizes and times of every source: what `--if-stale` compares. */
function sourcesStamp() {
  const sources = hashSources((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  });
  return `${process.version} ${sources}`;
}

async function emitTypes() {
  const { default: ts } = await import("typescript");
  const file = join(root, "engine/notebook/api/notebook.ts");
  const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(file, "utf8"), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { isolatedDeclarations: true, declaration: true, target: ts.ScriptTarget.ES2022 },
  });
  if (diagnostics?.length) throw new Error(diagnostics.map((each) => ts.flattenDiagnosticMessageText(each.messageText, "\n")).join("\n"));
  writeFileSync(join(dist, "notebook.d.ts"), outputText);
  copyFileSync(join(root, "engine/notebook/api/data.d.ts"), join(dist, "data.d.ts"));
}

/** The JSON Schemas that editors are pointed at. */
async function writeSchemas() {
  const { makeSchema, schemaNames } = await import(pathToFileURL(join(dist, "json-schema.js")).href);
  mkdirSync(join(dist, "schemas"), { recursive: true });
  for (const name of schemaNames) writeFileSync(join(dist, `schemas/${name}.json`), `${JSON.stringify(makeSchema(name), null, 2)}\n`);
}

/** A command that is running still loads the chunks of its own build: they stay for a day. */
function removeOldChunks() {
  const folder = join(dist, "chunks");
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > 24 * 3_600_000) rmSync(path, { force: true });
  }
}

async function build() {
  const esbuild = await import("esbuild");
  mkdirSync(dist, { recursive: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
    legalComments: "none",
  };
  const developer = ["test", "bench", "types"].filter((name) => existsSync(join(root, `scripts/dev/${name}.ts`)));
  // What one build has kept for the next command is no use to another.
  const define = { STITCHBOOK_BUILD: JSON.stringify(hashSources(readFileSync)) };
  await Promise.all([
    buildCommands(esbuild, {
      common,
      dist,
      entries: { stitchbook: "scripts/cli.ts", "artist-thread": "engine/report/artist-thread.ts" },
      define,
    }),
    esbuild.build({
      ...common,
      entryPoints: [
        { in: "scripts/kernel-main.ts", out: "kernel" },
        { in: "engine/project/shapes/json-schema.ts", out: "json-schema" },
        { in: "engine/watch/compile-thread.ts", out: "compile-thread" },
        ...developer.map((name) => ({ in: `scripts/dev/${name}.ts`, out: `dev/${name}` })),
      ],
      outdir: "dist",
      format: "esm",
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      define,
    }),
    esbuild.build({ ...common, entryPoints: [{ in: "scripts/code-cache.ts", out: "load" }], outdir: "dist", format: "cjs", outExtension: { ".js": ".cjs" } }),
    esbuild.build({
      ...common,
      entryPoints: [
        { in: "engine/notebook/worker/worker-main.ts", out: "worker" },
        { in: "engine/notebook/kernel/executor/executor-main.ts", out: "kernel-executor" },
        { in: "engine/notebook/kernel/executor/interrupter-main.ts", out: "kernel-interrupter" },
      ],
      outdir: "dist",
      format: "cjs",
      outExtension: { ".js": ".cjs" },
    }),
    esbuild.build({
      ...common,
      entryPoints: [
        { in: "engine/notebook/api/notebook.ts", out: "notebook" },
        { in: "engine/notebook/api/data-values.ts", out: "data" },
      ],
      outdir: "dist",
      format: "esm",
    }),
    esbuild.build({
      ...common,
      entryPoints: [...["charts", "charts-all"].map((name) => `engine/report/browser/${name}.ts`), "engine/watch/browser/watch-page.ts"],
      outdir: "dist/browser",
      entryNames: "[name]",
      platform: "browser",
      packages: "bundle",
      target: "es2022",
      format: "iife",
      minify: true,
      charset: "utf8",
      // A closing tag in a string would end the script element that holds the bundle.
      supported: { "inline-script": false },
    }),
    emitTypes(),
  ]);
  await writeSchemas();
  // npm leaves files of this name out of packages.
  copyFileSync(join(root, "examples/starter/.gitignore"), join(dist, "starter.gitignore"));
  removeOldChunks();
  writeFileSync(stampFile, sourcesStamp());
}

const { values } = parseArgs({ options: { "if-stale": { type: "boolean", default: false } } });
const isFresh = values["if-stale"] && existsSync(stampFile) && readFileSync(stampFile, "utf8") === sourcesStamp();
if (!isFresh) await build();
