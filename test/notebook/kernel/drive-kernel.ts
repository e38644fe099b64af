import { spawn } from "node:child_process";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { buildOnce, repository } from "../../scripts/rig.js";

export type Step =
  | { readonly execute: string; readonly silent?: boolean; readonly store_history?: boolean; readonly stop_on_error?: boolean; readonly interruptAt?: string; readonly user_expressions?: object }
  | { readonly queue: readonly string[]; readonly stop_on_error: boolean }
  /** `late` counts executions from the last one backwards: -1 is the last. */
  | { readonly late: number; readonly until: string }
  | { readonly ask: "complete" | "inspect" | "is_complete" | "kernel_info" | "comm_info" | "history"; readonly args: readonly unknown[] }
  | { readonly control: "interrupt_request" | "kernel_info_request" }
  /** Absolute path; a null text removes the file. */
  | { readonly write: string; readonly text: string | null }
  | { readonly restart: true };

export type Message = { readonly type: string; readonly [key: string]: unknown };
export type Executed = {
  readonly reply: { readonly status: string; readonly execution_count?: number; readonly ename?: string; readonly evalue?: string; readonly traceback?: readonly string[]; readonly [key: string]: unknown };
  readonly outputs: readonly Message[];
  /** States and the echo of the input, in order. */
  readonly course: readonly string[];
};

export type DriveOptions = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: "message" | "signal";
};

/** Whether this machine has a Jupyter client. */
export const hasPython = process.env["STITCHBOOK_SKIP_PYTHON"] !== "1";

/** Starts the bundled kernel, takes steps through a real Jupyter client, and gives what came of each. */
export async function driveKernel({ cwd, env = {}, interrupt = "message" }: DriveOptions, steps: readonly Step[]): Promise<readonly unknown[]> {
  await buildOnce();
  const python = process.env["TEST_PYTHON"] ?? join(repository, ".venv/bin/python");
  const child = spawn(python, [fileURLToPath(new URL("./drive.py", import.meta.url))], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify({ argv: [process.execPath, join(repository, "dist/kernel.js")], cwd, env, interrupt, steps }));
  const said = text(child.stderr);
  const answered = json(child.stdout).catch(() => null);
  const results = await answered;
  if (!Array.isArray(results)) throw new Error(`The client failed:\n${await said}`);
  return results;
}

/** The text of an execution's streams. */
export function printed({ outputs }: Executed, name?: "stdout" | "stderr"): string {
  return outputs.flatMap((each) => (each.type === "stream" && (name === undefined || each["name"] === name) ? [String(each["text"])] : [])).join("");
}

/** What the kernel itself says beside the outputs of cells. */
export function notes({ outputs }: Executed): string[] {
  return outputs.filter(isNote).map((each) => textOf(each));
}

export function isNote({ metadata }: Message): boolean {
  return typeof metadata === "object" && metadata !== null && "stitchbook" in metadata;
}

/** The plain text of displays and results. */
export function displayed({ outputs }: Executed): string[] {
  return outputs.filter((each) => "data" in each && !isNote(each)).map(textOf);
}

function textOf({ data }: Message): string {
  return typeof data === "object" && data !== null ? String(Reflect.get(data, "text/plain")) : "";
}
