import { Worker } from "node:worker_threads";
import { answeredIndex, askedIndex } from "./interrupt-counts.js";

/**
 * Starts the thread that hears interrupts.
 *
 * @param file - absolute path of the thread's program
 * @param onInterrupt - called in this thread with the execution that is meant, after code that did not come to an end was ended
 * @returns whether an interrupt has come in that this thread was not told of yet
 */
export function listenForInterrupts(file: string, onInterrupt: (run: number) => void): () => boolean {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Worker(file, { workerData: counts.buffer, stdin: false, stdout: false, stderr: false });
  thread.on("message", (run: number) => {
    Atomics.add(counts, answeredIndex, 1);
    onInterrupt(run);
  });
  thread.unref();
  return () => Atomics.load(counts, askedIndex) > Atomics.load(counts, answeredIndex);
}
