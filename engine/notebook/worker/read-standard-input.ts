import { readSync } from "node:fs";

/** Reads standard input to its end, waiting for it without using time. */
export function readStandardInput(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const length = readSome(chunk);
    if (length === 0) return Buffer.concat(chunks).toString("utf8");
    if (length > 0) chunks.push(chunk.subarray(0, length));
  }
}

/** -1 where nothing is there yet and the descriptor does not wait by itself. */
function readSome(chunk: Buffer): number {
  try {
    return readSync(0, chunk);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
    if (code === "EOF") return 0;
    if (code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return -1;
  }
}
