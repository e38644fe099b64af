/** The entry of the artist's thread: does each job that it is sent, and sends back what came of it. */
import { parentPort } from "node:worker_threads";
import type { Job } from "./artist.js";
import { doJob } from "./artist-job.js";

parentPort?.on("message", (job: Job) => {
  doJob(job).then(
    (value) => parentPort?.postMessage({ value }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});
