import { spawn } from "node:child_process";

/** How a bundled entry ended, and the lines that it told. */
export type EntryResult = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly lines: readonly string[] };

/** Runs a bundled entry with one JSON argument until it ends. */
export function runEntry(entry: string, argument: unknown): Promise<EntryResult> {
  const child = spawn(process.execPath, [entry, JSON.stringify(argument)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, lines: text.split("\n").filter((line) => line !== "") }));
  });
}
