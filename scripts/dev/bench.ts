import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureKernels } from "./bench-kernel.js";
import { makeJupyterProject } from "./bench-jupyter.js";
import { type Samples, figuresTable } from "./bench-figures.js";
import { measureGrowth, measurePeers, peersTable } from "./bench-peers.js";
import { bringPython } from "./tools.js";

/** Times Stitchbook against nbconvert with stock tslab, and against bare Node.js; see docs/benchmarks.md. */

type Command = { readonly name: keyof Samples; readonly prepare: () => void; readonly run: () => void };

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs/benchmarks.md");
const stitchbook = join(root, "dist/stitchbook.cjs");

async function needPython(folder: string, requirements: string): Promise<string> {
  const python = await bringPython(root, { folder, requirements: `scripts/dev/${requirements}` });
  if (python === null) throw new Error(`Could not make ${folder}; it needs python3 with venv and pip.`);
  return python;
}

/** The flagship's sources only, so that nothing of it was ever run. */
function copyFlagship(folder: string): void {
  for (const path of ["stitchbook.yaml", "notebooks", "stages", "templates", "data/sources", "package.json", "tsconfig.json"]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

function makeSmallProject(folder: string): void {
  mkdirSync(join(folder, "notebooks"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const name of ["package.json", "tsconfig.json"]) cpSync(join(root, name), join(folder, name));
  writeFileSync(join(folder, "stitchbook.yaml"), "name: one\n");
  const cells = [
    { id: "front", cell_type: "raw", metadata: {}, source: "---\nstage: one\n---" },
    { id: "sum", cell_type: "code", metadata: {}, source: "1+1", outputs: [], execution_count: null },
  ];
  const kernelspec = { name: "stitchbook", display_name: "Stitchbook", language: "typescript" };
  writeFileSync(join(folder, "notebooks/01-one.ipynb"), JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
}

/** Runs to the end and throws with what the command said if it failed: a failure must not pass for a fast run. */
function runOrThrow(command: readonly [string, ...string[]], options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }): string {
  const [program, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: options.cwd, env: options.env ?? process.env, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

function refresh(folder: string, expected: string): void {
  const said = runOrThrow([process.execPath, stitchbook, "run", "--root", folder], { cwd: folder });
  if (!said.includes(expected)) throw new Error(`Expected "${expected}" from stitchbook run, found:\n${said}`);
}

/** States of files can be trusted two seconds after a write; the run after that puts them on record. */
function letSettle(folder: string): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  refresh(folder, "Everything is up to date");
}

function removeFrom(folder: string, paths: readonly string[]): void {
  for (const path of paths) rmSync(join(folder, path), { recursive: true, force: true });
}

const results = ["data/raw", "data/processed", "model", "reports"];

function makeCommands(work: string, python: string): readonly Command[] {
  const [flagship, small, converted] = [join(work, "flagship"), join(work, "small"), join(work, "converted")];
  copyFlagship(flagship);
  makeSmallProject(small);
  const jupyter = makeJupyterProject(root, converted);
  const nbconvert: [string, ...string[]] = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", join(converted, "out"), ...jupyter.notebooks];
  refresh(small, "1 run, 0 up to date");
  const nothing = () => {};
  // Each leaves behind what the next one needs: the cold run fills the cache, the warm one makes all up to date.
  return [
    { name: "nbconvert", prepare: () => clearConverted(converted), run: () => void runOrThrow(nbconvert, { cwd: converted, env: { ...process.env, JUPYTER_PATH: jupyter.jupyterPath } }) },
    { name: "cold", prepare: () => removeFrom(flagship, [".stitchbook", ...results]), run: () => refresh(flagship, "run, 0 up to date") },
    { name: "warm", prepare: () => removeFrom(flagship, [".stitchbook/records", ".stitchbook/store", ".stitchbook/cache/plots", ...results]), run: () => refresh(flagship, "run, 0 up to date") },
    { name: "noop", prepare: () => letSettle(flagship), run: () => refresh(flagship, "Everything is up to date") },
    { name: "one", prepare: () => removeFrom(small, [".stitchbook/records", ".stitchbook/store", "reports"]), run: () => refresh(small, "1 run, 0 up to date") },
    { name: "node", prepare: nothing, run: () => void runOrThrow([process.execPath, "-e", "0"], { cwd: work }) },
  ];
}

function clearConverted(folder: string): void {
  removeFrom(folder, ["out", ...results]);
  for (const made of ["data/raw", "data/processed", "model"]) mkdirSync(join(folder, made), { recursive: true });
}

function measure(commands: readonly Command[], runs: number): Samples {
  const samples: Samples = { nbconvert: [], cold: [], warm: [], noop: [], one: [], node: [] };
  for (let round = 1; round <= runs; round += 1) {
    for (const { name, prepare, run } of commands) {
      prepare();
      const start = performance.now();
      run();
      const ms = performance.now() - start;
      samples[name].push(ms);
      console.log(`${round}/${runs}  ${name.padEnd(10)} ${Math.round(ms)} ms`);
    }
  }
  return samples;
}

function writeFigures(name: string, table: string): void {
  const text = readFileSync(page, "utf8");
  const marked = new RegExp(`(<!-- ${name} -->\\n)[^]*(<!-- end of ${name} -->)`);
  if (!marked.test(text)) throw new Error(`${page} has no place for the ${name}: expected <!-- ${name} --> and <!-- end of ${name} -->.`);
  writeFileSync(page, text.replace(marked, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`));
}

const machine = `${availableParallelism()} cores, Node.js ${process.version}, ${process.platform} ${process.arch}, ${new Date().toISOString().slice(0, 10)}.`;

/** What can be measured; each puts one table into docs/benchmarks.md. */
const benches: Readonly<Record<string, (work: string, runs: number) => Promise<string>>> = {
  figures: async (work, runs) => figuresTable(measure(makeCommands(work, await needPython(".venv-bench", "bench-requirements.txt")), runs), machine),
  peers: async (work, runs) => {
    const bin = dirname(await needPython(".venv-bench-peers", "bench-peer-requirements.txt"));
    return `${peersTable(measurePeers(work, { bin, stitchbook, modules: join(root, "node_modules"), runs }))} ${machine}`;
  },
  kernel: async (work, runs) => `${measureKernels(work, { root, python: await needPython(".venv-bench", "bench-requirements.txt"), runs })}\n\n${machine}`,
  watch: async (work, runs) => {
    const [flagship, tiny] = [join(work, "flagship"), join(work, "tiny")];
    copyFlagship(flagship);
    makeSmallProject(tiny);
    const { measureWatch } = await import("./bench-watch.js");
    return `${await measureWatch({ flagship, tiny, stitchbook, runs, rounds })} ${machine}`;
  },
  growth: (work, runs) => Promise.resolve(`${measureGrowth(work, { stitchbook, modules: join(root, "node_modules"), sizes, runs })}\n\n${machine}`),
};

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "5" }, write: { type: "boolean", default: false }, sizes: { type: "string", default: "10,100,1000" }, rounds: { type: "string", default: "1000" } },
  allowPositionals: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number from 1 on, found "${values.runs}".`);
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 5) throw new Error(`--rounds must be a whole number from 5 on, found "${values.rounds}".`);
const sizes = values.sizes.split(",").map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error(`--sizes must be whole numbers with commas between, found "${values.sizes}".`);
for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`There is no bench "${name}"; there are ${Object.keys(benches).join(", ")}.`);
  const work = mkdtempSync(join(tmpdir(), "stitchbook-bench-"));
  try {
    const table = await bench(work, runs);
    console.log(`\n${table}\n`);
    if (values.write) writeFigures(name, table);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
