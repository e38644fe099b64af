/** The entry of the artist's thread: does each job that it is sent, and sends back what came of it. */
import { parentPort } from "node:worker_threads";
import type { Job } from "./artist.js";
import { doJob } from "./artist-job.js";

parentPort?.on("message", (job: Job | "end") => {
  if (job === "end") return end();
  doJob(job).then(
    (value) => parentPort?.postMessage({ value }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});

/** Keeps what the engine's loader has compiled (see scripts/code-cache.ts), where this thread was started by it. */
function end(): void {
  const keep: unknown = Reflect.get(globalThis, Symbol.for("stitchbook.keepCode"));
  if (typeof keep === "function") keep();
  parentPort?.close();
}
