import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mkdirSync } from "node:fs";
import type { Compilation, CompileOptions } from "../../engine/notebook/compile/compile-notebooks.js";
import type { Worker, WorkerOptions } from "../../engine/notebook/worker/worker-process.js";
import type { ExecutionRequest, ExecutionResult } from "../../engine/notebook/types.js";
import { evaluateStage } from "./evaluate.js";

/** The tasks that were executed since this was emptied, in order. */
export const executions: string[] = [];

/** Hands the cells on as they are: `startPlainWorker` transpiles them itself. */
export async function passCells({ notebooks }: CompileOptions): Promise<Compilation> {
  const compiled = notebooks.map(({ file, cells }) => {
    const code = cells.filter(({ type }) => type === "code").map(({ position, source, options }) => ({ position, code: source, isAsync: true, lastExpression: null, map: null, isParameters: options.tags.includes("parameters") }));
    return [file, { notebook: file, cells: code, modules: [], imports: {} }] as const;
  });
  return { compiled: new Map(compiled), sources: new Map(notebooks.map(({ file }) => [file, {}])), problems: [], reached: new Map() };
}

/** A worker in this process, which executes a stage by `evaluateStage` in the folder of its task. */
export function startPlainWorker({ folder, projectRoot }: WorkerOptions): Worker {
  return {
    isAlive: true,
    pid: process.pid,
    prepare: () => undefined,
    execute: (request) => execute(request, { folder, projectRoot }),
    end: async () => undefined,
  };
}

async function execute(request: ExecutionRequest, { folder, projectRoot }: { readonly folder: string; readonly projectRoot: string }): Promise<ExecutionResult> {
  executions.push(request.task);
  const { notebook, parameters, env } = request;
  const inputs = new Map(request.inputs.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
  const cells = notebook.cells.map(({ position, code, isParameters }) => ({ position, source: code, isParameters }));
  const { files, displayed, error } = await evaluateStage({ root: projectRoot, file: notebook.notebook, cells, parameters, env, inputs });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const reached = cells.filter(({ position }) => error === null || position <= error.position);
  return {
    cells: reached.map(({ position }, index) => ({ position, executionCount: index + 1, outputs: displayed.get(position) ?? [], durationMs: 1, status: error?.position === position ? "error" : "ok" })),
    failure: error === null ? null : { kind: "cell-error", message: error.error.message, place: { file: notebook.notebook, cell: error.position }, hint: null, traceback: [], retryable: false },
  };
}
