/** What passes between compiler, worker and engine. All of it is JSON. */
import type { JsonValue, Place } from "../project/types.js";

/** One code cell, ready to execute. */
export type CompiledCell = {
  /** 1-based position among all cells of the notebook. */
  readonly position: number;
  /** Body of `function (exports, require)`, or of an async one where `isAsync`. */
  readonly code: string;
  readonly isAsync: boolean;
  /** Name on `exports` that receives the value of a last expression; null if the cell ends otherwise. */
  readonly lastExpression: string | null;
  /** Source map (JSON text) from `code` to the author's cell source; its only source is the cell. */
  readonly map: string | null;
  /** True for the cell tagged `parameters`: the worker gives its variables the run's values after executing it. */
  readonly isParameters: boolean;
};

/** One local module (TypeScript, JavaScript or JSON) that cells reach, as CommonJS. */
export type CompiledModule = {
  /** Project path of the source. */
  readonly path: string;
  readonly code: string;
  readonly map: string | null;
  /** Specifier as written -> project path, for local imports. Specifiers that aren't here are packages or Node's own. */
  readonly imports: Readonly<Record<string, string>>;
};

export type CompiledNotebook = {
  /** Project path of the notebook. */
  readonly notebook: string;
  readonly cells: readonly CompiledCell[];
  readonly modules: readonly CompiledModule[];
  /** Local specifiers in cells -> project path of the module. */
  readonly imports: Readonly<Record<string, string>>;
  /** Packages that need not be loaded from where they are installed. */
  readonly packages?: PackageBundle | null;
};

/** ES modules of packages as one CommonJS file, which loads many times quicker than their own hundreds. */
export type PackageBundle = {
  /** Absolute. */
  readonly file: string;
  /** Absolute path of a package's main module -> name of the bundle's function that loads it. */
  readonly entries: Readonly<Record<string, string>>;
};

/** nbformat 4.5 outputs. Text is one string, not a list of lines. */
export type CellOutput =
  | { readonly output_type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly output_type: "display_data"; readonly data: MimeBundle; readonly metadata: Readonly<Record<string, JsonValue>> }
  | { readonly output_type: "execute_result"; readonly execution_count: number; readonly data: MimeBundle; readonly metadata: Readonly<Record<string, JsonValue>> }
  | { readonly output_type: "error"; readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] };

/** MIME type -> content: text, base64 for images, an object for JSON types. */
export type MimeBundle = Readonly<Record<string, JsonValue>>;

/** What one attempt of a task's notebook left behind, per code cell that was reached. */
export type ExecutedCell = {
  readonly position: number;
  /** Its number among the code cells: what Jupyter shows in brackets. */
  readonly executionCount: number;
  readonly outputs: readonly CellOutput[];
  /** Null where it is not known: of a cell that does not count for the result which was restored. */
  readonly durationMs: number | null;
  readonly status: "ok" | "error";
};

/** Why an attempt failed. `retryable` follows from `kind`. */
export type ExecutionFailure = {
  readonly kind:
    | "cell-error" // a cell threw
    | "unhandled-rejection"
    | "uncaught-exception" // in a timer or another callback
    | "exit" // process.exit was called
    | "crash" // the process died of itself
    | "out-of-memory"
    | "timeout"
    | "undeclared-access" // an access to a file that the stage did not declare
    | "stopped"; // the run was stopped by a signal
  readonly message: string;
  /** The place in the author's source, where it is known. */
  readonly place: Place | null;
  /** What to do: for an undeclared access the missing line of front matter. */
  readonly hint: string | null;
  /** Name and frames of the error in the author's places; empty where there is none. */
  readonly traceback: readonly string[];
  /** False where the thrown error has `retryable: false`: another attempt is pointless. */
  readonly retryable?: boolean;
  /** The thrown error's `retryAfterMs`: the least time to wait before another attempt. */
  readonly retryAfterMs?: number;
  /** The undeclared path (relative to the project where it lies inside), for `undeclared-access`. */
  readonly path?: string;
};

export type ExecutionResult = {
  readonly cells: readonly ExecutedCell[];
  readonly failure: ExecutionFailure | null;
};

/** All that a worker is told of one attempt. */
export type ExecutionRequest = {
  readonly task: string;
  readonly notebook: CompiledNotebook;
  /** Value of every declared parameter. */
  readonly parameters: Readonly<Record<string, JsonValue>>;
  /** Absolute; the working directory, and the only folder that may be written. */
  readonly folder: string;
  /** Absolute. */
  readonly projectRoot: string;
  /** Declared variables and secrets to set before the first cell. */
  readonly env: Readonly<Record<string, string>>;
  /** Declared inputs and outputs (project paths), for messages about undeclared access. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly timeoutMs: number;
  /** Where the world is to look other than it is. */
  readonly conditions?: ExecutionConditions;
};

/** How an execution is to differ from an ordinary one without making a difference. */
export type ExecutionConditions = {
  /** Added to what every clock for dates says. */
  readonly clockOffsetMs: number;
  /** Listed folders come in reverse order. */
  readonly reversesFolders: boolean;
};
