import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { median, showMs } from "./bench-figures.js";
import { type Edit, edits, reportFile, type Tool, writePeerProject } from "./bench-peer-projects.js";

/** Milliseconds of each round; `null` where the tool left the report as it was though the edit changes it. */
type Times = { readonly ms: number[]; missed: boolean };
export type PeerSamples = { readonly tools: readonly { readonly tool: Tool; readonly version: string; readonly times: ReadonlyMap<string, Times> }[]; readonly node: number[] };

type Command = readonly [string, ...string[]];

/** Runs to the end. @throws Error with what the command said where it failed: a failure must not pass for a fast run */
export function timeCommand([program, ...args]: Command, cwd: string, env: NodeJS.ProcessEnv = process.env): number {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 26 });
  const ms = performance.now() - start;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return ms;
}

/**
 * Times one edit after the other on the same pipeline, with each tool in its turn.
 *
 * @param means.bin - absolute path of the folder with snakemake, dvc and ploomber
 */
export function measurePeers(work: string, means: { readonly bin: string; readonly stitchbook: string; readonly modules: string; readonly runs: number }): PeerSamples {
  const env = { ...process.env, PATH: `${means.bin}:${process.env["PATH"] ?? ""}`, DVC_NO_ANALYTICS: "true", PLOOMBER_STATS_ENABLED: "false", DO_NOT_TRACK: "1" };
  const commands: Readonly<Record<Tool, Command>> = {
    stitchbook: [process.execPath, means.stitchbook, "run"],
    make: ["make", "-s", "-j2"],
    snakemake: [join(means.bin, "snakemake"), "--cores", "2", "--quiet", "all"],
    dvc: [join(means.bin, "dvc"), "repro", "--quiet"],
    ploomber: [join(means.bin, "ploomber"), "build"],
  };
  const versions: Readonly<Record<Tool, Command>> = {
    stitchbook: [process.execPath, means.stitchbook, "--version"], make: ["make", "--version"],
    snakemake: [join(means.bin, "snakemake"), "--version"], dvc: [join(means.bin, "dvc"), "--version"], ploomber: [join(means.bin, "ploomber"), "--version"],
  };
  const tools = (Object.keys(commands) as Tool[]).map((tool) => {
    const folder = join(work, tool);
    mkdirSync(folder, { recursive: true });
    writePeerProject(folder, tool, means.modules);
    if (tool === "dvc") {
      timeCommand(["git", "init", "--quiet"], folder);
      timeCommand([join(means.bin, "dvc"), "init", "--quiet"], folder, env);
    }
    timeCommand(commands[tool], folder, env);
    const { stdout } = spawnSync(versions[tool][0], versions[tool].slice(1), { env, encoding: "utf8" });
    return { tool, folder, version: /\d+(\.\d+)+/.exec(stdout)?.[0] ?? "", times: new Map(edits.map(({ name }): [string, Times] => [name, { ms: [], missed: false }])) };
  });
  const node: number[] = [];
  for (let round = 1; round <= means.runs; round += 1) {
    for (const edit of edits) {
      for (const { tool, folder, times } of tools) {
        const before = readFileSync(join(folder, reportFile), "utf8");
        apply(edit, tool, folder, round);
        const ms = timeCommand(commands[tool], folder, env);
        const isChanged = readFileSync(join(folder, reportFile), "utf8") !== before;
        const found = times.get(edit.name);
        found?.ms.push(ms);
        if (found !== undefined && isChanged !== edit.changesReport) found.missed = true;
        console.log(`${round}/${means.runs}  ${tool.padEnd(10)} ${edit.name.padEnd(24)} ${Math.round(ms)} ms${isChanged === edit.changesReport ? "" : "  (not noticed)"}`);
      }
    }
    node.push(timeCommand([process.execPath, "-e", "0"], work));
  }
  return { tools, node };
}

function apply(edit: Edit, tool: Tool, folder: string, round: number): void {
  const file = join(folder, edit.file(tool));
  const text = readFileSync(file, "utf8");
  const changed = edit.change(text, round);
  if (changed === text) return;
  writeFileSync(file, changed);
}

/** Markdown: a row a tool, a column an edit; each cell the median and how many starts of a bare node that is. */
export function peersTable({ tools, node }: PeerSamples): string {
  const bare = median(node);
  const cell = ({ ms, missed }: Times) => (missed ? "not noticed" : `${showMs(median(ms))} (${(median(ms) / bare).toFixed(1)}×)`);
  return [
    `| after | ${tools.map(({ tool, version }) => `${tool} ${version}`).join(" | ")} |`,
    `|---|${tools.map(() => "---:").join("|")}|`,
    ...edits.map(({ name }) => `| ${name} | ${tools.map(({ times }) => cell(times.get(name) ?? { ms: [], missed: true })).join(" | ")} |`),
    "",
    `Medians of ${node.length} rounds; in brackets as a multiple of a bare node start (${showMs(bare)}).`,
  ].join("\n");
}

/** Times a run with nothing to do over more and more tasks: one stage, that many data sets. */
export function measureGrowth(work: string, means: { readonly stitchbook: string; readonly modules: string; readonly sizes: readonly number[]; readonly runs: number }): string {
  const rows = means.sizes.map((size) => {
    const folder = join(work, `growth-${size}`);
    writeWideProject(folder, size, means.modules);
    const run: Command = [process.execPath, means.stitchbook, "run", "-q"];
    const first = timeCommand(run, folder);
    // States that were too young to be trusted are put on record by the second.
    timeCommand(run, folder);
    timeCommand(run, folder);
    const ms = median(Array.from({ length: means.runs }, () => timeCommand(run, folder)));
    const memory = memoryOf(run, folder);
    rmSync(folder, { recursive: true, force: true });
    console.log(`${size} tasks: first run ${showMs(first)}, no-op ${showMs(ms)}${memory}`);
    return `| ${size.toLocaleString("en-US")} | ${showMs(first)} | ${showMs(ms)} | ${(ms / size).toFixed(2)} ms${memory === "" ? "" : ` | ${memory}`} |`;
  });
  return ["| tasks | first run | nothing to do | a task | memory |", "|---:|---:|---:|---:|---:|", ...rows].join("\n");
}

function memoryOf([program, ...args]: Command, cwd: string): string {
  if (!existsSync("/usr/bin/time")) return "";
  const { stderr } = spawnSync("/usr/bin/time", ["-f", "%M", program, ...args], { cwd, encoding: "utf8" });
  const kilobytes = Number(stderr.trim().split("\n").at(-1));
  return Number.isFinite(kilobytes) ? `${Math.round(kilobytes / 1024)} MB` : "";
}

function writeWideProject(folder: string, size: number, modules: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  mkdirSync(folder, { recursive: true });
  symlinkSync(modules, join(folder, "node_modules"));
  const names = Array.from({ length: size }, (_, index) => `d${index}`);
  put("stitchbook.yaml", `name: wide\ndatasets: [${names.join(", ")}]\n`);
  for (const name of names) put(`in/${name}.txt`, `${name}\n`);
  const source = 'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync(`out/${dataset}.txt`, readFileSync(`in/${dataset}.txt`, "utf8").toUpperCase());';
  const cells = [
    { id: "front", cell_type: "raw", metadata: {}, source: '---\nstage: wide\nforeach: dataset\ninputs: ["in/{dataset}.txt"]\noutputs: ["out/{dataset}.txt"]\n---' },
    { id: "params", cell_type: "code", metadata: { tags: ["parameters"] }, execution_count: null, outputs: [], source: 'const dataset: string = "d0";' },
    { id: "code", cell_type: "code", metadata: {}, execution_count: null, outputs: [], source },
  ];
  const kernelspec = { name: "stitchbook", display_name: "Stitchbook", language: "typescript" };
  put("notebooks/wide.ipynb", JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
}
