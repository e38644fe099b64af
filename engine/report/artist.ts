import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { writeCacheFile } from "../project/cache-file.js";
import type { JsonValue } from "../project/types.js";
import type { NotebookJson } from "./notebook-page.js";
import type { Plot, PlotChart } from "./plot.js";

/** What a notebook's page is made of. */
export type PagePlan = {
  readonly notebook: NotebookJson;
  readonly title: string;
  /** Project path of the notebook. */
  readonly file: string;
  /** JSON text of each chart's spec, and its plot. */
  readonly plots: readonly (readonly [string, Plot])[];
};

/** Draws beside the engine, which meanwhile serves its workers: one thing at a time, plots before all else. */
export type Artist = {
  /** A spec that was plotted before, in this run or in an earlier one, is not plotted again. */
  readonly plot: PlotChart;
  /** A plot as PNG in base64, 960 pixels wide. */
  readonly picture: (svg: string) => Promise<string>;
  /** A notebook's page, as `renderNotebookPage` gives it. */
  readonly page: (plan: PagePlan) => Promise<string>;
  /** Ends its thread. Nothing may be asked afterwards. */
  readonly close: () => Promise<void>;
};

export type Job =
  | { readonly kind: "plot"; readonly spec: JsonValue }
  | { readonly kind: "picture"; readonly svg: string }
  | { readonly kind: "page"; readonly plan: PagePlan };
type Done = { readonly value: unknown } | { readonly error: string };
type Waiting = { readonly job: Job; readonly settle: (done: Done) => void };

/**
 * @param options.threadFile absolute path of the bundled thread, which is started with the first job; null to draw in this one
 * @param options.cacheFolder absolute; where plots are kept
 * @param options.version plots of another version of the engine are not used
 * @param options.most how many plots are kept in memory; whoever draws for many rounds must not keep all that ever was
 */
export function createArtist(options: { readonly threadFile: string | null; readonly cacheFolder: string; readonly version: string; readonly most?: number }): Artist {
  const line = options.threadFile === null ? drawHere() : drawInThread(options.threadFile);
  const plots = new Map<string, Promise<Plot>>();
  const plotsOfSpecs = new WeakMap<object, Promise<Plot>>();
  const fileOf = (key: string) => join(options.cacheFolder, `${key}.json`);
  const makePlot = async (spec: JsonValue, key: string): Promise<Plot> => {
    const kept = await loadPlot(fileOf(key));
    if (kept !== null) return kept;
    const plot = (await line.ask({ kind: "plot", spec })) as Plot;
    savePlot(fileOf(key), plot);
    return plot;
  };
  return {
    plot: (spec) => {
      const known = typeof spec === "object" && spec !== null ? plotsOfSpecs.get(spec) : undefined;
      if (known !== undefined) return known;
      const key = createHash("sha256").update(`${options.version}\0${JSON.stringify(spec)}`).digest("hex");
      const plot = plots.get(key) ?? makePlot(spec, key);
      plots.delete(key);
      plots.set(key, plot);
      const [oldest] = plots.keys();
      if (plots.size > (options.most ?? 100) && oldest !== undefined) plots.delete(oldest);
      if (typeof spec === "object" && spec !== null) plotsOfSpecs.set(spec, plot);
      return plot;
    },
    picture: async (svg) => String(await line.ask({ kind: "picture", svg })),
    page: async (plan) => String(await line.ask({ kind: "page", plan })),
    close: () => line.close(),
  };
}

type Line = { readonly ask: (job: Job) => Promise<unknown>; readonly close: () => Promise<void> };

function drawHere(): Line {
  return { ask: async (job) => (await import("./artist-job.js")).doJob(job), close: () => Promise.resolve() };
}

/** The thread holds one job at a time; the rest wait here, so that a plot which is asked for late still comes next. */
function drawInThread(file: string): Line {
  let thread: Worker | null = null;
  let present: Waiting | null = null;
  const waiting: Waiting[] = [];

  const next = (): void => {
    if (present !== null || waiting.length === 0) return;
    const plotAt = waiting.findIndex(({ job }) => job.kind === "plot");
    present = waiting.splice(Math.max(plotAt, 0), 1)[0] ?? null;
    thread ??= start();
    if (present !== null) thread.postMessage(present.job);
  };
  const finish = (done: Done): void => {
    const finished = present;
    present = null;
    finished?.settle(done);
    next();
  };
  const start = (): Worker => {
    const started = new Worker(file, { stdout: false, stderr: false });
    // A run that ends otherwise must not wait for a picture.
    started.unref();
    started.on("message", (done: Done) => finish(done));
    started.on("exit", () => {
      thread = null;
    });
    started.on("error", (error) => {
      thread = null;
      finish({ error: error.message });
    });
    return started;
  };
  return {
    ask: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ job, settle: (done) => ("error" in done ? reject(new Error(done.error)) : resolve(done.value)) });
        next();
      }),
    close: async () => {
      const ending = thread;
      if (ending === null) return;
      const ended = new Promise<void>((resolve) => void ending.once("exit", () => resolve()));
      ending.ref();
      if (present === null) ending.postMessage("end");
      else void ending.terminate();
      await ended;
    },
  };
}

async function loadPlot(file: string): Promise<Plot | null> {
  if (!existsSync(file)) return null;
  try {
    const text = await readFile(file, "utf8");
    const body = text.slice(65);
    // Its digest shows that this text is one that `savePlot` wrote.
    return text.slice(0, 64) === digestOf(body) ? (JSON.parse(body) as Plot) : null;
  } catch {
    return null;
  }
}

function savePlot(file: string, plot: Plot): void {
  const body = JSON.stringify(plot);
  writeCacheFile(file, `${digestOf(body)}\n${body}`);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
