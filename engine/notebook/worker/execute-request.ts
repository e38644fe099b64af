import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCellExecutor, type CellExecutor } from "../execute/cell-executor.js";
import type { CompiledCell, ExecutionRequest } from "../types.js";
import { applyConditions } from "./apply-conditions.js";
import type { CellLog } from "./cell-log.js";
import { fenceExistsSync } from "./fence-files.js";
import { guardProcess } from "./guard-process.js";
import { warnOfPendingWork } from "./pending-work.js";

/** How long work that no cell awaited may go on after the last cell. */
const graceMs = 250;

/**
 * Makes ready for a request all that needs no input file: sets its environment, defines its modules, and loads the
 * packages that its first cell imports, as that cell would do before anything else.
 *
 * @param means.ownFile - absolute path of this program
 * @returns a function that executes the request's cells in order up to the first that fails, and ends the process
 */
export async function prepareRequest(request: ExecutionRequest, means: { readonly log: CellLog; readonly ownFile: string }): Promise<() => Promise<never>> {
  const { log, ownFile } = means;
  const { notebook, projectRoot, folder } = request;
  Object.assign(process.env, request.env);
  if (request.conditions !== undefined) applyConditions(request.conditions);
  const executor = createCellExecutor({
    notebook: notebook.notebook,
    projectRoot,
    ownFile,
    temporaryFolder: process.env["TMPDIR"] ?? join(folder, ".tmp"),
    bundle: notebook.packages ?? null,
    emit: (output) => log.output(output),
  });
  const end = guardProcess(log);
  fenceExistsSync({ projectRoot, folder });
  executor.define(notebook);
  const first = notebook.cells.find((cell) => !cell.isParameters);
  if (first !== undefined) await executor.preload(first);
  return () => execute(request, { executor, log, parameters: request.parameters, end });
}

/**
 * After each cell one turn of the event loop passes, so that a promise which it left rejected fails this cell and not a
 * later one. After the last cell, work that nobody awaited gets a quarter of a second; what is still pending then is
 * dropped with a warning on the last cell's standard error.
 */
async function execute({ notebook }: ExecutionRequest, means: CellMeans): Promise<never> {
  for (const [index, cell] of notebook.cells.entries()) await executeCell(cell, index + 1, means);
  if (notebook.cells.length > 0) await settle();
  means.log.finish();
  return means.end();
}

type CellMeans = {
  readonly executor: CellExecutor;
  readonly log: CellLog;
  readonly parameters: ExecutionRequest["parameters"];
  readonly end: () => never;
};

async function executeCell(cell: CompiledCell, executionCount: number, { executor, log, parameters, end }: CellMeans): Promise<void> {
  log.startCell(cell.position, executionCount);
  const result = await executor.executeCell(cell, executionCount);
  if (result.status === "error") {
    log.fail({ kind: "cell-error", position: cell.position, error: result.error });
    end();
  }
  if (cell.isParameters) Object.assign(executor.variables, parameters);
  await nextTurn();
  log.endCell("ok");
}

/** Waits until nothing is left to do, or until the time for it is over. */
async function settle(): Promise<void> {
  const isIdle = await new Promise<boolean>((resolve) => {
    process.once("beforeExit", () => resolve(true));
    // Must not itself keep the process waiting.
    setTimeout(() => resolve(false), graceMs).unref();
  });
  if (!isIdle) warnOfPendingWork();
}
