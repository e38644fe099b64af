import { setImmediate as nextTurn } from "node:timers/promises";
import { createCellExecutor, type CellExecutor } from "../../execute/cell-executor.js";
import { describeError, errorOutput, type DescribedError } from "../../execute/describe-error.js";
import type { MessageWriter } from "../../worker/message-writer.js";
import type { CellContext } from "./cell-context.js";
import type { ExecuteCommand, ExecutorCommand, ExecutorMessage, ExecutorSetup, Outcome } from "./messages.js";
import { watchAccess } from "./watch-access.js";

/** Is what a cell fails with that was interrupted. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

class ProcessExit extends Error {
  override readonly name = "ProcessExit";
}

class NeverSettles extends Error {
  override readonly name = "NeverSettles";
}

export type CellRunnerOptions = {
  readonly writer: MessageWriter<ExecutorMessage>;
  readonly context: CellContext;
  /** Absolute path of this program. */
  readonly ownFile: string;
  /** Whether an interrupt is on its way. */
  readonly isInterrupted: () => boolean;
  /** Says whether the wait for commands is to keep the process alive. */
  readonly keepAlive: (isNeeded: boolean) => void;
};

/** An execution that has not ended. */
type Running = { readonly run: number; readonly cell: number | null; isOver: boolean };

/**
 * Executes one cell at a time. However it ends, the next one can be executed.
 *
 *     idle --execute--> running --its code ends, throws--> idle
 *                       running --interrupt, rejection nobody handles, process.exit--> idle (its code may go on, unheard)
 */
export class CellRunner {
  #executor: CellExecutor | null = null;
  #running: Running | null = null;
  /** The execution that began last. */
  #lastBegun = 0;
  /** One that is to be interrupted as soon as it begins: interrupts and commands come by different ways. */
  #interruptedAhead = 0;
  /** Cell -> the execution of it that began last. */
  readonly #lastRuns = new Map<number, number>();

  constructor(private readonly options: CellRunnerOptions) {
    this.#guardProcess();
  }

  obey(command: ExecutorCommand): void {
    if (command.type === "setup") this.#setUp(command.setup);
    else this.#execute(command);
  }

  /** @param run - the execution that is meant: a late interrupt is for no later one */
  interrupt(run: number): void {
    const running = this.#running;
    if (run > this.#lastBegun) this.#interruptedAhead = run;
    if (running === null || run < running.run) return;
    this.#executor?.forgetUnfinished();
    this.#failInterrupted(running);
  }

  #failInterrupted(running: Running): void {
    this.#fail(running, describeError(withoutStack(new Interrupted("the cell was interrupted"))));
  }

  #setUp({ env, declared, ...setup }: ExecutorSetup): void {
    const { writer, context, ownFile } = this.options;
    Object.assign(process.env, env);
    this.#executor?.close();
    this.#executor = createCellExecutor({
      ...setup,
      ownFile,
      emit: (output, display) => {
        writer.flush();
        writer.send({ type: "output", position: context.current ?? 0, output, ...(display === undefined ? {} : { display }) });
      },
    });
    if (declared === null) return;
    watchAccess({ projectRoot: setup.projectRoot, ...declared }, (access) => writer.send({ type: "access", run: context.current ?? 0, access }));
  }

  #execute(command: ExecuteCommand): void {
    const { run, place } = command;
    const running: Running = { run, cell: place.cell ?? null, isOver: false };
    this.#running = running;
    this.#lastBegun = run;
    if (this.#interruptedAhead === run) return this.#failInterrupted(running);
    if (running.cell !== null) this.#lastRuns.set(running.cell, run);
    // While a cell runs only its own work counts: where none is left, it waits for nothing.
    this.options.keepAlive(false);
    this.options.context.enter(run, () => void this.#runCell(command, running));
  }

  async #runCell({ cell, table, executionCount, place, parameters }: ExecuteCommand, running: Running): Promise<void> {
    const executor = this.#executor;
    if (executor === null) throw new Error("Internal error: a cell came before the setup");
    executor.define(table);
    const { writer } = this.options;
    const result = await executor.executeCell(cell, executionCount, {
      place,
      emit: (output) => {
        if (!running.isOver) writer.output(running.run, output);
      },
    });
    if (result.status === "ok") {
      Object.assign(executor.variables, parameters);
      // A promise that the cell left rejected fails it, and not a later one.
      await nextTurn();
    }
    this.#end(running, result);
  }

  #fail(running: Running, error: DescribedError): void {
    if (running.isOver) return;
    this.options.writer.output(running.run, errorOutput(error));
    this.#end(running, { status: "error", error });
  }

  #end(running: Running, outcome: Outcome): void {
    if (running.isOver) return;
    running.isOver = true;
    this.#running = null;
    this.options.keepAlive(true);
    this.options.writer.send({ type: "done", run: running.run, outcome });
  }

  /** What went wrong in no cell's own course: it fails the cell that runs if it is this one's doing. */
  #report(error: DescribedError): void {
    const running = this.#running;
    const owner = (error.cell === null ? undefined : this.#lastRuns.get(error.cell)) ?? this.options.context.current ?? 0;
    if (running !== null && (owner === running.run || owner === 0)) this.#fail(running, error);
    else {
      this.options.writer.output(owner, errorOutput(error));
      this.options.writer.flush();
    }
  }

  #guardProcess(): void {
    process.on("unhandledRejection", (reason) => this.#report(describeError(reason)));
    process.on("uncaughtException", (error) => {
      if (!(error instanceof ProcessExit)) this.#report(describeError(error));
    });
    const refuse = (name: string): never => {
      const error = new ProcessExit(`${name} was called`);
      this.#report(describeError(error));
      throw error;
    };
    process.exit = (code) => refuse(`process.exit(${code ?? process.exitCode ?? 0})`);
    process.abort = () => refuse("process.abort()");
    process.on("beforeExit", () => {
      const running = this.#running;
      // Code that an interrupt ended by force leaves its cell waiting for nothing.
      if (this.options.isInterrupted()) this.interrupt(this.#lastBegun);
      else if (running !== null) this.#fail(running, describeError(withoutStack(new NeverSettles("the cell awaits a promise that nothing is left to settle"))));
    });
    process.on("exit", () => this.options.writer.flush());
  }
}

/** Where it was made says nothing. */
function withoutStack(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
