import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { startWorker, type WorkerOptions } from "../../../engine/notebook/worker/worker-process.js";
import type { CellOutput, CompiledCell, CompiledModule, ExecutionRequest, ExecutionResult } from "../../../engine/notebook/types.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

export const notebook = "notebooks/02-cleaning.ipynb";

/** Text of files by path. */
export type Files = Readonly<Record<string, string>>;

export type RunOptions = Partial<Omit<ExecutionRequest, "notebook" | "folder" | "projectRoot">> & {
  /** Project path -> TypeScript of local modules; relative imports are found by name. */
  readonly modules?: Files;
  /** Files that are put into the task's folder. */
  readonly folderFiles?: Files;
  readonly worker?: Partial<WorkerOptions>;
  readonly onOutput?: (position: number, output: CellOutput) => void;
};

/** A temporary project with a task's folder in it. */
export type WorkerRig = {
  readonly projectRoot: string;
  readonly folder: string;
  /** Executes cells written as TypeScript; the first one has position 2, after the front matter. */
  run(cells: readonly (string | CompiledCell)[], options?: RunOptions): Promise<ExecutionResult>;
  write(files: Files): Promise<void>;
  remove(): Promise<void>;
};

export async function createRig(workerFile: string, files: Files = {}): Promise<WorkerRig> {
  const projectRoot = await makeTemporaryFolder("stitchbook-worker-");
  const folder = join(projectRoot, ".stitchbook", "tasks", "cleaning-1");
  await mkdir(folder, { recursive: true });
  await writeFiles(projectRoot, { "stitchbook.yaml": "name: test\n", ...files });
  return {
    projectRoot,
    folder,
    write: (more) => writeFiles(projectRoot, more),
    remove: () => rm(projectRoot, { recursive: true, force: true }),
    run: async (cells, options = {}) => {
      await writeFiles(folder, options.folderFiles ?? {});
      const worker = startWorker({ folder, projectRoot, workerFile, timezone: "UTC", ...options.worker });
      try {
        return await worker.execute(await createRequest({ cells, options, projectRoot, folder }), options.onOutput ?? (() => undefined));
      } finally {
        await worker.end();
      }
    },
  };
}

type RequestParts = { readonly cells: readonly (string | CompiledCell)[]; readonly options: RunOptions; readonly projectRoot: string; readonly folder: string };

export async function createRequest({ cells, options, projectRoot, folder }: RequestParts): Promise<ExecutionRequest> {
  const modules = await Promise.all(Object.entries(options.modules ?? {}).map(([path, source]) => compileModule(path, source)));
  const imports = Object.fromEntries(modules.map(({ path }) => [`../${path.replace(/\.ts$/, "")}`, path]));
  const compiled = await Promise.all(cells.map((cell, index) => (typeof cell === "string" ? compileCell(cell, index + 2) : cell)));
  return {
    task: "cleaning",
    notebook: { notebook, cells: compiled, modules, imports },
    parameters: options.parameters ?? {},
    folder,
    projectRoot,
    env: options.env ?? {},
    inputs: options.inputs ?? [],
    outputs: options.outputs ?? [],
    timeoutMs: options.timeoutMs ?? 30_000,
    ...(options.conditions === undefined ? {} : { conditions: options.conditions }),
  };
}

/** Compiles a cell written in TypeScript that leaves variables by `exports.x =`; a line `=> expression` is its last expression. */
export async function compileCell(source: string, position: number): Promise<CompiledCell> {
  const marker = /^=>(.*)$/m;
  const { code, map } = await transform(source.replace(marker, "exports.tsLastExpr =$1"), {
    loader: "ts",
    sourcemap: "external",
    sourcefile: "cell.ts",
    target: "es2022",
  });
  return {
    position,
    code,
    isAsync: /\bawait\b/.test(source),
    lastExpression: marker.test(source) ? "tsLastExpr" : null,
    map,
    isParameters: false,
  };
}

async function compileModule(path: string, source: string): Promise<CompiledModule> {
  const { code, map } = await transform(source, { loader: "ts", format: "cjs", sourcemap: "external", sourcefile: path, target: "es2022" });
  const specifiers = [...source.matchAll(/from "(\.{1,2}\/[^"]+)"/g)].flatMap((match) => match[1] ?? []);
  const imports = Object.fromEntries(specifiers.map((specifier) => [specifier, `${join(dirname(path), specifier).replace(/\.js$/, "")}.ts`]));
  return { path, code, map, imports };
}

async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Joined text of one stream of a cell. */
export function textOf(result: ExecutionResult, position: number, name: "stdout" | "stderr" = "stdout"): string {
  const outputs = result.cells.find((cell) => cell.position === position)?.outputs ?? [];
  return outputs.flatMap((output) => (output.output_type === "stream" && output.name === name ? [output.text] : [])).join("");
}
