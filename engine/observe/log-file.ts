import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Listener } from "./events.js";

const flushAtBytes = 64 * 1024;

/** `logs/<run id>.jsonl`: one event a line. Lines a stage wrote are gathered into larger writes; all else is written at once. */
export class LogFile {
  readonly path: string;
  private readonly descriptor: number;
  private waiting: string[] = [];
  private waitingBytes = 0;

  /**
   * @param folder - absolute path of `logs/`; made where it is missing
   * @param runId - names the file
   */
  constructor(folder: string, runId: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${runId}.jsonl`);
    this.descriptor = openSync(this.path, "ax");
  }

  readonly listener: Listener = (event) => {
    const line = `${JSON.stringify(event)}\n`;
    this.waiting.push(line);
    this.waitingBytes += line.length;
    if (event.event !== "task.log" || this.waitingBytes >= flushAtBytes) this.flush();
  };

  flush(): void {
    if (this.waiting.length === 0) return;
    const bytes = Buffer.from(this.waiting.join(""));
    this.waiting = [];
    this.waitingBytes = 0;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.descriptor, bytes, written);
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }
}

/**
 * Removes the oldest logs. Run ids sort by time, so names decide.
 *
 * @param folder - absolute path of `logs/`
 * @param keep - how many to leave
 */
export function trimLogs(folder: string, keep: number): void {
  const logs = readdirSync(folder)
    .filter((name) => /^\d{4}-\d{2}-\d{2}T.*\.jsonl$/.test(name))
    .sort();
  for (const name of logs.slice(0, Math.max(0, logs.length - keep))) rmSync(join(folder, name), { force: true });
}
