import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Emit } from "../observe/bus.js";
import { levelOf, type RunEvent } from "../observe/events.js";
import { buildId } from "../project/build-id.js";
import { longestTimerMs } from "../project/durations.js";
import { createArtist } from "../report/artist.js";
import { StandbyStations } from "../run/workers/standby.js";
import { findChanges, lookAt, withRead, type Change, type Sight, type Watched } from "./changes.js";
import type { EmitWatch, StampedWatchEvent, WatchEvent, WatchListener } from "./events.js";
import { FileWatcher } from "./file-watcher.js";
import { LivePage } from "./live-page.js";
import { PipelineState } from "./pipeline-state.js";
import { runRound, type RoundMeans, type RoundResult } from "./round.js";
import { startPreviewServer, type PreviewServer } from "./server/preview-server.js";
import { createWarmCompiler } from "./warm-compiler.js";
import { WatchLoop } from "./watch-loop.js";
import { findAffected } from "./watched-paths.js";

export type WatchOptions = Pick<RoundMeans, "root" | "stateFolder" | "workerFile" | "request" | "overrides" | "jobs" | "keepGoing" | "env" | "now" | "random"> & {
  readonly projectName: string;
  /** Absolute paths of the bundled threads. */
  readonly artistFile: string;
  readonly compilerFile: string;
  /** The port, or the first of several that are tried; 0: any. */
  readonly port: number;
  /** How many workers may wait, prepared, between rounds. */
  readonly idleWorkers: number;
  readonly listener: WatchListener;
};

export type WatchSession = {
  /** The link to the page, with the token. */
  readonly url: string;
  readonly state: PipelineState;
  /** Runs whatever has changed or not. */
  again(): void;
  /** Ends everything in order: a round that goes on, the server, workers and threads. */
  close(): Promise<void>;
};

/** Looks for changes even when no watcher told of any: none tells of everything, everywhere. */
const patrolMs = 2000;
/** A look over very many files must not become all that is done. */
const patrolShare = 50;

/**
 * Keeps a project up to date: a first round, then one after every change, with the page that shows it.
 *
 * @throws Error where no port is free
 */
export async function startWatch(options: WatchOptions): Promise<WatchSession> {
  const session = new Session(options);
  await session.open();
  return session;
}

class Session implements WatchSession {
  readonly state = new PipelineState();
  readonly #loop: WatchLoop;
  readonly #watcher: FileWatcher;
  readonly #page: LivePage;
  readonly #means: RoundMeans;
  readonly #standby = new StandbyStations();
  readonly #compiler: ReturnType<typeof createWarmCompiler>;
  #server: PreviewServer | null = null;
  #patrol: NodeJS.Timeout | null = null;
  #aging: NodeJS.Timeout | null = null;
  #watched: Watched = { files: new Map([["stitchbook.yaml", null]]), folders: new Map(), read: new Map() };
  #sight: Sight = { atMs: 0, files: new Map(), folders: new Map() };
  #tasks: RoundResult["selected"] = [];
  #round = 0;
  #isAboutToLook = false;
  #stop = new AbortController();
  #drain = new AbortController();
  #taskStops = new Map<string, AbortController>();
  /** Tasks that executed of late, the latest last: their workers are prepared first. */
  #lately: readonly string[] = [];
  #preparing: Promise<void> = Promise.resolve();
  #prepare = new AbortController();

  constructor(private readonly options: WatchOptions) {
    const { root, stateFolder, artistFile, compilerFile, now } = options;
    const artist = createArtist({ threadFile: artistFile, cacheFolder: join(stateFolder, "cache", "plots"), version: buildId ?? "" });
    this.#compiler = createWarmCompiler(compilerFile);
    this.#means = { ...options, artist, compile: this.#compiler.compile, standby: this.#standby };
    this.#page = new LivePage({ root, artist, state: this.state, now });
    this.#watcher = new FileWatcher(root, () => this.#loop.stir(), () => this.#loop.stir());
    this.#loop = new WatchLoop({
      findChanges: () => this.#findChanges(),
      run: (changes) => this.#run(changes),
      overtake: (changes) => this.#overtake(changes),
      stop: () => this.#stop.abort(),
      timer: (ms, act) => {
        const timer = setTimeout(act, ms);
        return { cancel: () => clearTimeout(timer) };
      },
      now,
    });
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  async open(): Promise<void> {
    const token = randomBytes(24).toString("base64url");
    this.#server = await startPreviewServer(this.options.port, { token, answer: (path) => this.#page.answer(path), present: () => this.#page.present() });
    this.#page.connect(this.#server.send);
    this.#emitOf("")({ event: "watch.start", project: this.options.projectName, url: this.url });
    this.#compiler.warmUp();
    this.#loop.again();
    this.#schedulePatrol(patrolMs);
  }

  again(): void {
    this.#loop.again();
  }

  async close(): Promise<void> {
    if (this.#patrol !== null) clearTimeout(this.#patrol);
    this.#waitForAge(Infinity);
    await this.#watcher.close();
    this.#prepare.abort();
    await this.#loop.close();
    this.#page.close();
    await Promise.all([this.#server?.close(), this.#preparing.then(() => this.#standby.close()), this.#compiler.close()]);
    await this.#means.artist.close();
  }

  #schedulePatrol(ms: number): void {
    this.#patrol = setTimeout(() => {
      const startedAt = performance.now();
      this.#loop.look();
      this.#schedulePatrol(Math.max(patrolMs, (performance.now() - startedAt) * patrolShare));
    }, ms);
    this.#patrol.unref();
  }

  /** Begins a round when a result has become too old. */
  #waitForAge(expiresAtMs: number): void {
    if (this.#aging !== null) clearTimeout(this.#aging);
    this.#aging = null;
    if (expiresAtMs === Infinity) return;
    const waitMs = expiresAtMs + 1 - this.options.now();
    this.#aging = waitMs > longestTimerMs ? setTimeout(() => this.#waitForAge(expiresAtMs), longestTimerMs) : setTimeout(() => this.#loop.again(), waitMs);
    this.#aging.unref();
  }

  async #findChanges(): Promise<readonly Change[]> {
    for (;;) {
      // A round that is about to look will see it all.
      if (this.#isAboutToLook) return [];
      const sight = this.#sight;
      const changes = await findChanges(this.options.root, this.#watched, sight);
      if (sight === this.#sight && !this.#isAboutToLook) return changes;
    }
  }

  async #look(): Promise<void> {
    this.#sight = await lookAt(this.options.root, this.#watched, this.options.now());
    this.#isAboutToLook = false;
  }

  async #run(changes: readonly Change[]): Promise<void> {
    this.#isAboutToLook = true;
    this.#waitForAge(Infinity);
    this.#prepare.abort();
    await this.#preparing;
    this.#round += 1;
    this.#drain = new AbortController();
    this.#taskStops = new Map();
    const round = this.#round;
    const executed: string[] = [];
    this.#emitOf("")({ event: "watch.round", round, changes });
    try {
      const result = await runRound(this.#means, {
        round,
        look: () => this.#look(),
        stop: this.#stop.signal,
        drain: this.#drain.signal,
        signalOf: (task) => this.#stopOf(task).signal,
        emitOf: (runId) => {
          const emit = this.#emitOf(runId);
          return (event) => {
            emit(event);
            if (event.event === "task.done" && event.action === "run") executed.push(event.task);
          };
        },
        onRead: (read) => {
          this.#tasks = read.selected;
          this.state.read(read);
          this.#showBuiltReports();
          this.#page.update(false);
        },
        onPlanned: (decisions) => {
          this.state.plan(decisions);
          this.#page.update(false);
        },
      });
      this.#isAboutToLook = false;
      this.#adopt(result, executed);
    } catch (error) {
      this.#emitOf("")({ event: "watch.failed", round, message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: null, duration_ms: 0 });
    }
  }

  /** Watches what the round found to matter, and prepares workers for the next one. */
  #adopt({ watched, prepare, expiresAtMs }: RoundResult, executed: readonly string[]): void {
    this.#waitForAge(expiresAtMs);
    if (watched !== null) {
      // What is no longer a part of the project may come back: where the project is broken, nothing is let go.
      const isBroken = prepare === null;
      this.#watched = isBroken ? { files: new Map([...this.#watched.files, ...watched.files]), folders: new Map([...this.#watched.folders, ...watched.folders]), read: watched.read } : watched;
      this.#sight = withRead(this.#sight, watched);
    }
    this.#watcher.follow(this.#watched);
    // What was written between the look and the watching shows in one more look.
    this.#loop.stir();
    if (prepare === null || this.#stop.signal.aborted) return;
    this.#lately = [...this.#lately.filter((task) => !executed.includes(task)), ...executed];
    const first = this.#tasks.map(({ id }) => id).filter((id) => !this.#lately.includes(id));
    const wanted = [...[...this.#lately].reverse(), ...first].filter((id) => this.#tasks.some((task) => task.id === id && task.node.kind === "stage")).slice(0, this.options.idleWorkers);
    this.#prepare = new AbortController();
    this.#preparing = prepare(wanted, this.#prepare.signal).catch(() => undefined);
  }

  #overtake(changes: readonly Change[]): void {
    this.#drain.abort();
    const affected = findAffected(changes.map(({ path }) => path), this.#watched, this.#tasks);
    for (const { id } of this.#tasks) if (affected === null || affected.has(id)) this.#stopOf(id).abort();
  }

  #stopOf(task: string): AbortController {
    const known = this.#taskStops.get(task) ?? new AbortController();
    this.#taskStops.set(task, known);
    return known;
  }

  /** Reports that an earlier run left can be shown before anything has run. */
  #showBuiltReports(): void {
    for (const { task, artifacts } of this.state.tasks.values()) {
      if (task.node.kind === "report" && artifacts.length > 0 && !this.#page.versions.has(task.id)) this.#page.showReport(task.id);
    }
  }

  #emitOf(runId: string): EmitWatch & Emit {
    return (event) => {
      const stamped = stamp(event, runId, this.options.now());
      this.state.receive(stamped);
      if (event.event === "task.done" && event.action !== "fresh" && this.#tasks.some(({ id, node }) => id === event.task && node.kind === "report")) this.#page.showReport(event.task);
      if (event.event !== "task.log") this.#page.update(["run.done", "watch.broken", "watch.failed", "task.failed"].includes(event.event));
      this.options.listener(stamped);
    };
  }
}

function stamp(event: RunEvent | WatchEvent, run: string, now: number): StampedWatchEvent {
  const time = new Date(now).toISOString();
  switch (event.event) {
    case "watch.start":
    case "watch.round":
    case "watch.waiting":
      return { time, level: "info", ...event };
    case "watch.broken":
    case "watch.failed":
      return { time, level: "error", ...event };
    default:
      return { time, level: levelOf(event), run, ...event };
  }
}
