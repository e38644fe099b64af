import { dirname, join } from "node:path";
import * as notebookApi from "../api/notebook.js";
import type { Place } from "../../project/types.js";
import type { CellOutput, CompiledCell, PackageBundle } from "../types.js";
import { createCellExports } from "./cell-exports.js";
import { describeError, errorOutput, type DescribedError } from "./describe-error.js";
import { setDisplay, type DisplayHook, type DisplayIdentity } from "./display-hook.js";
import { createModuleLoader, type ModuleTable } from "./module-loader.js";
import { createPackageLoader } from "./package-loader.js";
import { renderValue } from "./render-value.js";
import { runCode } from "./run-code.js";
import { createSourcePlaces } from "./source-places.js";
import { installStackTraces } from "./stack-frames.js";
import { createTslabStandIn } from "./tslab-stand-in.js";

export type CellExecutorOptions = {
  /** Project path of the notebook. */
  readonly notebook: string;
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute path of a file of Stitchbook's own installation: packages that the project lacks are taken from there. */
  readonly ownFile: string;
  /** Absolute; may be written. */
  readonly temporaryFolder: string;
  /** Packages that are loaded from one file. */
  readonly bundle?: PackageBundle | null;
  /** Receives what cells display, their results and errors. Streams are captured apart from this: see {@link captureStreams}. */
  readonly emit: (output: CellOutput, display?: DisplayIdentity) => void;
};

export type ExecuteOptions = {
  /** Where the cell's source stands; by default at its position in the notebook. */
  readonly place?: Pick<Place, "file" | "cell">;
  /** Receives the cell's own result and error, instead of the executor's `emit`. */
  readonly emit?: (output: CellOutput) => void;
};

export type CellResult = { readonly status: "ok" } | { readonly status: "error"; readonly error: DescribedError };

/** Executes compiled cells one after the other in this process, for the worker and the Jupyter kernel alike. */
export type CellExecutor = {
  /** The variables that cells left for later cells. */
  readonly variables: Record<string, unknown>;
  /** Adds or replaces compiled local modules, before the cells that reach them. */
  define(table: ModuleTable): void;
  /** Loads the packages that a cell imports before its own first statement. What can't be loaded fails the cell, later. */
  preload(cell: CompiledCell): Promise<void>;
  /** @returns when the cell has ended; what it threw is emitted as an `error` output as well */
  executeCell(cell: CompiledCell, executionCount: number, options?: ExecuteOptions): Promise<CellResult>;
  /** Forgets local modules and packages whose loading was cut off: they load anew. */
  forgetUnfinished(): void;
  /** Gives `show` and the stacks of errors back. */
  close(): void;
};

/** Makes the executor of one notebook's cells. One at a time in a process. */
export function createCellExecutor({ notebook, projectRoot, ownFile, temporaryFolder, bundle = null, emit }: CellExecutorOptions): CellExecutor {
  const places = createSourcePlaces();
  const restoreStackTraces = installStackTraces(places);
  const display: DisplayHook = (data, identity) => emit({ output_type: "display_data", data, metadata: {} }, identity);
  setDisplay(display);
  const loader = createModuleLoader({
    projectRoot,
    notebook,
    places,
    packages: createPackageLoader({ ownFile, temporaryFolder, bundle }),
    provided: { "stitchbook/notebook": notebookApi, tslab: createTslabStandIn(display) },
  });
  const variables = createCellExports();
  const notebookFile = join(projectRoot, notebook);

  const run = async (cell: CompiledCell, executionCount: number, { place, emit: emitResult }: Required<ExecuteOptions>): Promise<void> => {
    await loader.prepare(cell.code);
    // A cell that is executed again is other code: functions of its earlier self keep their places.
    const filename = `${notebookFile}#${cell.position}-${executionCount}`;
    places.add(filename, { ...place, map: cell.map });
    const scope = { exports: variables, require: loader.cellRequire, __filename: notebookFile, __dirname: dirname(notebookFile) };
    const returned = runCode({ code: cell.code, filename, isAsync: cell.isAsync, scope });
    if (cell.isAsync) await returned;
    const result = takeLastExpression(variables, cell.lastExpression);
    if (result === undefined || result === null) return;
    emitResult({ output_type: "execute_result", execution_count: executionCount, data: renderValue(result), metadata: {} });
  };

  return {
    variables,
    define: (table) => loader.define(table),
    preload: (cell) => loader.preload(cell.code),
    executeCell: async (cell, executionCount, { place = { file: notebook, cell: cell.position }, emit: emitResult = emit } = {}) => {
      try {
        await run(cell, executionCount, { place, emit: emitResult });
        return { status: "ok" };
      } catch (thrown) {
        const error = describeError(thrown);
        emitResult(errorOutput(error));
        return { status: "error", error };
      }
    },
    forgetUnfinished: () => loader.forgetUnfinished(),
    close: () => {
      setDisplay(null);
      restoreStackTraces();
    },
  };
}

function takeLastExpression(variables: Record<string, unknown>, name: string | null): unknown {
  if (name === null) return undefined;
  const value = variables[name];
  delete variables[name];
  return value;
}
