/**
 * A thread beside the executor: its event loop is free while a cell's code keeps the main one busy. It asks the main
 * thread to end its cell, and where no answer comes, because code runs that never returns, it ends that code.
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { answeredIndex, askedIndex } from "./interrupt-counts.js";
import { descriptors } from "./messages.js";

/** How long the main thread has to answer before its code counts as stuck. */
const patienceMs = 100;

const counts = new Int32Array(workerData instanceof SharedArrayBuffer ? workerData : new SharedArrayBuffer(8));

const source = new Socket({ fd: descriptors.interrupts, readable: true, writable: false });
source.setEncoding("latin1").on("data", (text: string) => {
  const request = Atomics.add(counts, askedIndex, 1) + 1;
  // Of several that came at once the last execution is meant.
  parentPort?.postMessage(Number(text.trimEnd().split("\n").at(-1)));
  setTimeout(() => {
    if (Atomics.load(counts, answeredIndex) < request) terminate();
  }, patienceMs);
});
// The kernel is gone, and nothing that this process may still do is wanted.
source.on("end", () => process.kill(process.pid, "SIGKILL"));
source.on("error", () => process.kill(process.pid, "SIGKILL"));

function terminate(): void {
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => session.disconnect());
}
