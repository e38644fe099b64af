import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { CompileSession, listJobs, type CompilePlan, type Job, type JobResult } from "./compile-session.js";

/** What a helping thread is started with. */
type HelperData = {
  readonly stitchbookCompile: CompilePlan;
  /** Index of the next job, shared by all threads. */
  readonly next: Int32Array;
};

type Taken = { readonly index: number; readonly result: JobResult };

/** A thread that takes jobs while there are any. */
export type Helper = {
  /** Done when it has sent its last result, and also where it died: what it did not bring is then done by others. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
};

/** True where this module can be the entry of a thread: it is bundled, not run from its TypeScript. */
export const canHelp = !import.meta.url.endsWith(".ts");

/**
 * Does all jobs of a compilation, in this thread and in helping ones.
 *
 * @param helperCount How many threads help.
 */
export async function runJobs(plan: CompilePlan, helperCount: number): Promise<readonly JobResult[]> {
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const results = new Map<number, JobResult>();
  const keep = ({ index, result }: Taken): void => void results.set(index, result);
  const helpers = Array.from({ length: canHelp ? helperCount : 0 }, () => startHelper({ stitchbookCompile: plan, next }, keep));
  const session = new CompileSession(plan);
  try {
    const jobs = listJobs(plan);
    takeJobs(session, { jobs, next, keep });
    await Promise.all(helpers.map(({ ended }) => ended));
    return jobs.map((job, index) => results.get(index) ?? session.run(job));
  } finally {
    session.close();
    for (const { stop } of helpers) stop();
  }
}

type Work = { readonly jobs: readonly Job[]; readonly next: Int32Array; readonly keep: (taken: Taken) => void };

function takeJobs(session: CompileSession, { jobs, next, keep }: Work): void {
  for (;;) {
    const index = Atomics.add(next, 0, 1);
    const job = jobs[index];
    if (job === undefined) return;
    keep({ index, result: session.run(job) });
  }
}

function startHelper(data: HelperData, keep: (taken: Taken) => void): Helper {
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  const ended = new Promise<void>((resolve) => {
    worker.on("message", (taken: Taken | null) => (taken === null ? resolve() : keep(taken)));
    worker.on("error", () => resolve());
    worker.on("exit", () => resolve());
  });
  return { ended, stop: () => void worker.terminate() };
}

function isHelperData(data: unknown): data is HelperData {
  return typeof data === "object" && data !== null && "stitchbookCompile" in data;
}

function help({ stitchbookCompile, next }: HelperData): void {
  const session = new CompileSession(stitchbookCompile);
  const keep = (taken: Taken): void => parentPort?.postMessage(taken);
  takeJobs(session, { jobs: listJobs(stitchbookCompile), next, keep });
  parentPort?.postMessage(null);
}

if (!isMainThread && isHelperData(workerData)) help(workerData);
