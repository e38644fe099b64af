import { spawn } from "node:child_process";
import { followGroup, forgetGroup, killGroup } from "../worker/process-groups.js";

export type ProgramResult = {
  /** Null where the program could not be started, or a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type ProgramOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ends the program and all that it started. */
  readonly signal: AbortSignal;
};

/** Runs a program to its end. It and all that it started end with this process; never rejects. */
export async function runProgram(file: string, args: readonly string[], { env, cwd, signal }: ProgramOptions): Promise<ProgramResult> {
  if (signal.aborted) return { code: null, stdout: "", stderr: "" };
  const child = spawn(file, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const leader = child.pid;
  const stop = () => {
    if (leader !== undefined) killGroup(leader);
  };
  if (leader !== undefined) followGroup(leader);
  signal.addEventListener("abort", stop);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      stderr += error.message;
      resolve(null);
    });
    child.on("close", resolve);
  });
  signal.removeEventListener("abort", stop);
  if (leader !== undefined) forgetGroup(leader);
  return { code, stdout, stderr };
}
