import { setImmediate as nextTurn } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { readCompileOptions, type CompileOptions } from "./compile-options.js";
import { CompileSession, listJobs, type CompilePlan, type Job, type JobResult } from "./compile-session.js";
import { loadTslab } from "./load-tslab.js";
import type { PackageFiles } from "./package-files.js";

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
 * @param options.helperCount How many threads help.
 * @returns A result for each job; none where the project's options can't be read.
 * @throws The signal's reason once it is aborted.
 */
export async function runJobs(plan: CompilePlan, { helperCount, signal, packageFiles }: { readonly helperCount: number; readonly signal?: AbortSignal | undefined; readonly packageFiles?: PackageFiles | undefined }): Promise<{ readonly results: readonly JobResult[]; readonly options: CompileOptions }> {
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const results = new Map<number, JobResult>();
  const keep = ({ index, result }: Taken): void => void results.set(index, result);
  // They load TypeScript while this thread does.
  const helpers = Array.from({ length: canHelp ? helperCount : 0 }, () => startHelper({ stitchbookCompile: plan, next }, keep));
  try {
    const options = readCompileOptions(loadTslab().ts, plan.root);
    if (options.problems.length > 0) return { results: [], options };
    const jobs = listJobs(plan);
    const session = new CompileSession(plan, options.options, packageFiles);
    await takeJobs(session, { jobs, next, keep, signal });
    await Promise.all(helpers.map(({ ended }) => ended));
    const complete = jobs.map((job, index) => results.get(index) ?? session.run(job));
    session.close();
    return { results: complete, options };
  } finally {
    for (const { stop } of helpers) stop();
  }
}

type Work = { readonly jobs: readonly Job[]; readonly next: Int32Array; readonly keep: (taken: Taken) => void; readonly signal?: AbortSignal | undefined };

async function takeJobs(session: CompileSession, { jobs, next, keep, signal }: Work): Promise<void> {
  for (;;) {
    // What ends a run is heard only between turns.
    await nextTurn();
    signal?.throwIfAborted();
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

async function help({ stitchbookCompile, next }: HelperData): Promise<void> {
  const { options, problems } = readCompileOptions(loadTslab().ts, stitchbookCompile.root);
  const keep = (taken: Taken): void => parentPort?.postMessage(taken);
  if (problems.length === 0) await takeJobs(new CompileSession(stitchbookCompile, options), { jobs: listJobs(stitchbookCompile), next, keep });
  parentPort?.postMessage(null);
}

if (!isMainThread && isHelperData(workerData)) void help(workerData);
