import { readSync } from "node:fs";

/**
 * Makes a function that reads the next line of standard input, waiting for it without using time.
 *
 * @returns the function; it gives null where the input ended before a line did
 */
export function createLineSource(): () => string | null {
  let pending = Buffer.alloc(0);
  return () => {
    for (;;) {
      const end = pending.indexOf("\n");
      if (end !== -1) {
        const line = pending.toString("utf8", 0, end);
        pending = pending.subarray(end + 1);
        return line;
      }
      const chunk = readSome();
      if (chunk === null) return null;
      pending = Buffer.concat([pending, chunk]);
    }
  };
}

/** Empty where nothing is there yet and the descriptor does not wait by itself; null at the end. */
function readSome(): Buffer | null {
  const chunk = Buffer.allocUnsafe(1 << 20);
  try {
    const length = readSync(0, chunk);
    return length === 0 ? null : chunk.subarray(0, length);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
    if (code === "EOF") return null;
    if (code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return Buffer.alloc(0);
  }
}
