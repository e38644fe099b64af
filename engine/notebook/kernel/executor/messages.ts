/** What the kernel and its executor process tell each other: one JSON text a line. */
import type { JsonValue, Place } from "../../../project/types.js";
import type { DisplayIdentity } from "../../execute/display-hook.js";
import type { DescribedError } from "../../execute/describe-error.js";
import type { ModuleTable } from "../../execute/module-loader.js";
import type { CellOutput, CompiledCell } from "../../types.js";

/** Descriptors of the executor process: messages go out on one, commands and interrupts come in on the others. */
export const descriptors = { messages: 3, commands: 4, interrupts: 5 } as const;

export type ExecutorSetup = {
  /** Project path of the notebook. */
  readonly notebook: string;
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute; may be written. */
  readonly temporaryFolder: string;
  /** Variables to set before the first cell. */
  readonly env: Readonly<Record<string, string>>;
  /** Declared files (project paths); null where the notebook is no stage, so that every access is its own affair. */
  readonly declared: { readonly inputs: readonly string[]; readonly outputs: readonly string[] } | null;
};

export type ExecuteCommand = {
  readonly type: "execute";
  /** Names this execution; outputs refer to it. */
  readonly run: number;
  readonly cell: CompiledCell;
  readonly executionCount: number;
  /** Where the cell's source stands. */
  readonly place: Pick<Place, "file" | "cell">;
  /** Modules that the cell reaches. */
  readonly table: ModuleTable;
  /** Values that its variables get afterwards. */
  readonly parameters: Readonly<Record<string, JsonValue>>;
};

export type ExecutorCommand = { readonly type: "setup"; readonly setup: ExecutorSetup } | ExecuteCommand;

/** `interrupted` and what else ends a cell are errors, too. */
export type Outcome = { readonly status: "ok" } | { readonly status: "error"; readonly error: DescribedError };

/** An access to a file of the project that the stage did not declare. */
export type Access = { readonly purpose: "read" | "write"; readonly path: string };

export type ExecutorMessage =
  | { readonly type: "output"; readonly position: number; readonly output: CellOutput; readonly display?: DisplayIdentity }
  | { readonly type: "access"; readonly run: number; readonly access: Access }
  | { readonly type: "done"; readonly run: number; readonly outcome: Outcome };

const types: ReadonlySet<unknown> = new Set<ExecutorMessage["type"]>(["output", "access", "done"]);

/** Reads one line; null where it is none of the executor's own. */
export function parseExecutorMessage(line: string): ExecutorMessage | null {
  try {
    const value: unknown = JSON.parse(line);
    return isMessage(value) ? value : null;
  } catch {
    return null;
  }
}

function isMessage(value: unknown): value is ExecutorMessage {
  return typeof value === "object" && value !== null && types.has(Reflect.get(value, "type"));
}
