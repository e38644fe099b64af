import { spawn, type ChildProcess } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import type { Readable, Writable } from "node:stream";
import { createLineReader } from "../../worker/line-reader.js";
import { workerEnvironment } from "../../worker/worker-environment.js";
import type { StreamName } from "../../execute/capture-streams.js";
import { descriptors, parseExecutorMessage, type ExecuteCommand, type ExecutorCommand, type ExecutorMessage, type Outcome } from "../executor/messages.js";

export type ExecutorProcessOptions = {
  /** Absolute path of the bundled executor. */
  readonly executorFile: string;
  /** Absolute: the working directory of cells. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timezone: string;
  /** Absolute; exists. */
  readonly temporaryFolder: string;
  /** Receives all but the end of executions, in order. */
  readonly onMessage: (message: Exclude<ExecutorMessage, { type: "done" }>) => void;
  /** Receives what is written past JavaScript: by native code, child processes, and Node itself when it dies. */
  readonly onStream: (name: StreamName, text: string) => void;
};

/** How an executor's process ended by itself. */
export type ProcessDeath = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly lastWords: string };

const lastWordsLength = 32 * 1024;

/** The process in which cells are executed, apart from the one that speaks with clients: code that blocks it blocks nobody else. */
export class ExecutorProcess {
  readonly #child: ChildProcess;
  readonly #executions = new Map<number, (end: Outcome | ProcessDeath) => void>();
  readonly #death: Promise<ProcessDeath>;
  #lastWords = "";
  #isDead = false;

  constructor(private readonly options: ExecutorProcessOptions) {
    const { executorFile, root, env, timezone, temporaryFolder } = options;
    this.#child = spawn(process.execPath, ["--no-warnings", "--no-force-async-hooks-checks", executorFile], {
      cwd: root,
      env: workerEnvironment(env, { timezone, temporaryFolder }),
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
    });
    this.#child.on("error", () => undefined);
    this.#listenTo("stdout");
    this.#listenTo("stderr");
    const read = createLineReader((line) => this.#receive(line));
    this.#pipe("messages")?.on("data", read).on("error", () => undefined);
    for (const name of ["commands", "interrupts"] as const) this.#pipe(name)?.on("error", () => undefined);
    this.#death = this.#waitForDeath();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  send(command: ExecutorCommand): void {
    this.#writable("commands").write(`${JSON.stringify(command)}\n`);
  }

  /** @returns how the cell ended, or how the process did meanwhile */
  execute(command: ExecuteCommand): Promise<Outcome | ProcessDeath> {
    if (this.#isDead) return this.#death;
    return new Promise((resolve) => {
      this.#executions.set(command.run, resolve);
      this.send(command);
    });
  }

  /** @param run - the execution that is meant; it may not have begun */
  interrupt(run: number): void {
    if (!this.#isDead) this.#writable("interrupts").write(`${run}\n`);
  }

  /** Ends the process, whatever it does. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#death;
  }

  #pipe(name: keyof typeof descriptors): Readable | Writable | null {
    // Node declares no more than five of them.
    const pipes: readonly (Readable | Writable | null | undefined)[] = this.#child.stdio;
    return pipes[descriptors[name]] ?? null;
  }

  #writable(name: "commands" | "interrupts"): Writable {
    const stream = this.#pipe(name);
    if (stream === null || !("write" in stream)) throw new Error(`Internal error: the executor takes no ${name}`);
    return stream;
  }

  #receive(line: string): void {
    const message = parseExecutorMessage(line);
    if (message === null) return;
    if (message.type !== "done") return this.options.onMessage(message);
    const { run, outcome } = message;
    // What was written past JavaScript came before, by another pipe: it is read within this turn.
    setImmediate(() => {
      this.#executions.get(run)?.(outcome);
      this.#executions.delete(run);
    });
  }

  #listenTo(name: StreamName): void {
    const decoder = new StringDecoder("utf8");
    const take = (text: string): void => {
      if (text === "") return;
      if (name === "stderr") this.#lastWords = (this.#lastWords + text).slice(-lastWordsLength);
      this.options.onStream(name, text);
    };
    this.#child[name]?.on("data", (bytes: Buffer) => take(decoder.write(bytes))).on("end", () => take(decoder.end())).on("error", () => undefined);
  }

  async #waitForDeath(): Promise<ProcessDeath> {
    const end = await new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
      this.#child.once("error", () => resolve({ code: null, signal: null }));
    });
    this.#isDead = true;
    // Its last messages are still in the pipes.
    await new Promise((resolve) => setImmediate(resolve));
    const death = { ...end, lastWords: this.#lastWords };
    for (const resolve of this.#executions.values()) resolve(death);
    this.#executions.clear();
    return death;
  }
}
