import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setImmediate as nextTurn } from "node:timers/promises";
import { longestTimerMs } from "../../project/durations.js";
import type { StreamName } from "../execute/capture-streams.js";
import { createMasker, type Masker } from "../secrets/masker.js";
import type { CellOutput, ExecutionFailure, ExecutionRequest, ExecutionResult } from "../types.js";
import { CellCollector } from "./cell-collector.js";
import { explainEnd, explainReport, explainStop, type StopReason } from "./explain-failure.js";
import { createLineReader } from "./line-reader.js";
import { MaskedOutputs } from "./masked-outputs.js";
import { messageDescriptor, parseMessage, type FailureReport, type WorkerMessage } from "./messages.js";
import { followGroup, forgetGroup, killGroup } from "./process-groups.js";
import { permissionFlags } from "./permission-flags.js";
import { workerEnvironment } from "./worker-environment.js";

/** What a worker's process is started with. Standard input takes the request, descriptor 3 gives messages. */
export type StartProcessOptions = {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly stdio: ["pipe", "pipe", "pipe", "pipe"];
  /** The process leads a group of its own. */
  readonly detached: true;
};

/** Starts a process: `child_process.spawn`, or something that does the same. */
export type StartProcess = (command: string, args: readonly string[], options: StartProcessOptions) => ChildProcess;

export type WorkerOptions = {
  /** Absolute: the working directory, and the only folder that may be written. Exists. */
  readonly folder: string;
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute path of the bundled worker. */
  readonly workerFile: string;
  readonly timezone: string;
  /** The engine's environment, of which little is passed on; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Further absolute paths that may be read. */
  readonly readable?: readonly string[];
  /** Limit of the JavaScript heap, in MiB; default Node's. */
  readonly maxOldSpaceMb?: number;
  /** Hides secrets: nothing that comes from the process gets past it. */
  readonly masker?: Masker;
  readonly startProcess?: StartProcess;
};

/** A process that executes one request. It may be started before the request is known. */
export type Worker = {
  /** Also the id of the process group. */
  readonly pid: number;
  /** False once the process has ended. */
  readonly isAlive: boolean;
  /** Tells the process its request, so that it makes ready what needs no input file. Before `execute`, with the same request. */
  prepare(request: ExecutionRequest): void;
  /**
   * Executes a notebook's cells in order up to the first that fails. Once per worker.
   *
   * @param onOutput - receives outputs as they come, text of streams in pieces
   * @returns what the cells left; a failure is a value, and the process has ended
   */
  execute(request: ExecutionRequest, onOutput: (position: number, output: CellOutput) => void): Promise<ExecutionResult>;
  /** Kills the process with all that it started, and returns when it has ended. An execution that goes on ends as `stopped`. */
  end(): Promise<void>;
};

/** The folder for temporary files, in the worker's own. */
const temporaryFolderName = ".tmp";
/** How long a process may take to end after its last word. */
const exitGraceMs = 5000;
/** How long the pipes of a process that ended may stay open: only a grandchild that left the group holds them. */
const drainMs = 1000;
const lastWordsLength = 32 * 1024;

/**
 * Starts a worker behind the fence.
 *
 * @throws Error where the process can't be started
 */
export function startWorker(options: WorkerOptions): Worker {
  return new WorkerProcess(options);
}

/**
 *     idle --prepare--> prepared --execute--> executing --last message--> ending --exit--> ended
 *       any --end, time limit, crash------------------------exit--> ended
 */
class WorkerProcess implements Worker {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #queue: WorkerMessage[] = [];
  #isPumping = false;
  #pumped: Promise<void> = Promise.resolve();
  readonly #collector = new CellCollector((position, output) => this.#onOutput(position, output));
  #onOutput: (position: number, output: CellOutput) => void = () => undefined;
  readonly #masker: Masker;
  readonly #outputs: MaskedOutputs;
  #isPrepared = false;
  #isUsed = false;
  #hasEnded = false;
  #stopReason: StopReason | null = null;
  #report: FailureReport | null = null;
  #isDone = false;
  #lastWords = "";

  constructor(options: WorkerOptions) {
    this.#masker = options.masker ?? createMasker({});
    this.#outputs = new MaskedOutputs(this.#collector, this.#masker);
    const folder = realpathSync(options.folder);
    const temporaryFolder = join(folder, temporaryFolderName);
    mkdirSync(temporaryFolder, { recursive: true });
    const env = options.env ?? process.env;
    const readable = [...(options.readable ?? []), ...(env["NODE_EXTRA_CA_CERTS"] === undefined ? [] : [env["NODE_EXTRA_CA_CERTS"]])];
    const start: StartProcess = options.startProcess ?? ((command, args, spawnOptions) => spawn(command, args, spawnOptions));
    const args = [
      ...permissionFlags({ folder, projectRoot: options.projectRoot, workerFile: options.workerFile, readable }),
      "--no-warnings",
      ...(options.maxOldSpaceMb === undefined ? [] : [`--max-old-space-size=${options.maxOldSpaceMb}`]),
      options.workerFile,
    ];
    this.#child = start(process.execPath, args, {
      cwd: folder,
      env: workerEnvironment(env, { timezone: options.timezone, temporaryFolder }),
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
    });
    // Listened for first: where there is no process id, this event tells why.
    this.#child.on("error", () => undefined);
    if (this.#child.pid === undefined) throw new Error(`A worker process could not be started: ${process.execPath} in ${folder}.`);
    this.pid = this.#child.pid;
    followGroup(this.pid);
    this.#listen();
    this.#ended = this.#waitForEnd();
  }

  get isAlive(): boolean {
    return !this.#hasEnded;
  }

  prepare(request: ExecutionRequest): void {
    this.#isPrepared = true;
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  async execute(request: ExecutionRequest, onOutput: (position: number, output: CellOutput) => void): Promise<ExecutionResult> {
    if (this.#isUsed) throw new Error("Internal error: a worker serves one request");
    this.#isUsed = true;
    this.#onOutput = onOutput;
    if (!this.#isPrepared) this.prepare(request);
    this.#child.stdin?.end("go\n");
    const timer = setTimeout(() => this.#stop("timeout"), Math.min(request.timeoutMs, longestTimerMs));
    const end = await this.#ended;
    clearTimeout(timer);
    this.#outputs.end();
    const failure = this.#explain(request, end);
    return { cells: this.#collector.cells(), failure };
  }

  async end(): Promise<void> {
    if (!this.#hasEnded) this.#stop("stopped");
    await this.#ended;
  }

  #explain(request: ExecutionRequest, end: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): ExecutionFailure | null {
    const position = this.#collector.current;
    // What the process itself said of its end counts more than what was done to it meanwhile.
    if (this.#report !== null) return this.#masker.failure(explainReport(this.#report, request));
    if (this.#isDone) return null;
    // Masked before it is cut: a part of a value would not be found.
    const lastWords = this.#masker.text(this.#lastWords).slice(-lastWordsLength);
    const failure = this.#stopReason === null ? explainEnd({ ...end, lastWords }, request, position) : explainStop(this.#stopReason, request, position);
    if (failure.kind !== "stopped") this.#collector.add({ output_type: "error", ename: failure.kind, evalue: failure.message, traceback: [`${failure.kind}: ${failure.message}`] });
    return failure;
  }

  #listen(): void {
    // The process may be gone before it has read its request: its end tells.
    this.#child.stdin?.on("error", () => undefined);
    this.#listenTo("stdout");
    this.#listenTo("stderr");
    const readLines = createLineReader((line) => this.#receive(line));
    this.#child.stdio[messageDescriptor]?.on("data", readLines).on("error", () => undefined);
  }

  /** What comes past JavaScript: from native code, child processes, and Node itself when it dies. */
  #listenTo(name: StreamName): void {
    const decoder = new StringDecoder("utf8");
    const take = (text: string): void => {
      if (text === "") return;
      if (name === "stderr") this.#lastWords = (this.#lastWords + text).slice(-2 * lastWordsLength);
      this.#addOutput({ output_type: "stream", name, text });
    };
    this.#child[name]?.on("data", (bytes: Buffer) => take(decoder.write(bytes))).on("end", () => take(decoder.end())).on("error", () => undefined);
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    if (message === null) return;
    this.#queue.push(message);
    if (!this.#isPumping) this.#pumped = this.#pump();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      // What the cell wrote past JavaScript came before this message, by another pipe: it is read within this turn.
      if (message.type === "cell-done" || message.type === "failed") await nextTurn();
      this.#handle(message);
    }
    this.#isPumping = false;
  }

  #handle(message: WorkerMessage): void {
    switch (message.type) {
      case "cell-start":
        return this.#collector.start(message.position, message.executionCount);
      case "output":
        return this.#addOutput(message.output, message.position);
      case "cell-done":
        return this.#collector.end(message.position, message.status, message.durationMs);
      case "failed":
        this.#report = message.report;
        if (message.report.position !== null) this.#collector.fail(message.report.position);
        return this.#killSoon();
      case "done":
        this.#isDone = true;
        return this.#killSoon();
    }
  }

  #addOutput(output: CellOutput, position?: number): void {
    this.#outputs.add(output, position);
    if (this.#collector.isOverfull) this.#stop("too-much-output");
  }

  #stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    killGroup(this.pid);
  }

  #killSoon(): void {
    const timer = setTimeout(() => killGroup(this.pid), exitGraceMs);
    void this.#ended.then(() => clearTimeout(timer));
  }

  async #waitForEnd(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    const closed = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    const end = await new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    // What it started ends with it.
    killGroup(this.pid);
    forgetGroup(this.pid);
    this.#hasEnded = true;
    const timer = setTimeout(() => this.#child.stdio.forEach((stream) => stream?.destroy()), drainMs);
    await closed;
    clearTimeout(timer);
    await this.#pumped;
    return end;
  }
}
