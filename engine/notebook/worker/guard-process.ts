import { describeError, errorOutput, type DescribedError } from "../execute/describe-error.js";
import type { CellLog } from "./cell-log.js";
import type { FailureReport } from "./messages.js";

/** Is never thrown: it gives a call of `process.exit` its place. */
class ProcessExit extends Error {
  override readonly name = "ProcessExit";
}

class NeverSettles extends Error {
  override readonly name = "NeverSettles";
}

/**
 * Turns every way in which code can leave its cell (a rejection that nobody handles, an exception in a callback,
 * `process.exit`, a wait for nothing) into a failure that is told to the parent.
 *
 * @returns a function that ends the process at once, whatever is pending
 */
export function guardProcess(log: CellLog): () => never {
  const exit = process.exit.bind(process);
  const abort = process.abort.bind(process);
  const end = (): never => exit(0);

  const fail = (kind: FailureReport["kind"], error: DescribedError): never => {
    if (!log.isClosed) {
      const position = error.cell ?? log.position;
      log.output(errorOutput(error), position);
      log.fail({ kind, position, error });
    }
    return end();
  };

  process.on("unhandledRejection", (reason) => fail("unhandled-rejection", describeError(reason)));
  process.on("uncaughtException", (error) => fail("uncaught-exception", describeError(error)));
  process.exit = (code) => {
    if (log.isClosed) return exit(code);
    const status = code ?? process.exitCode ?? 0;
    return fail("exit", describeError(new ProcessExit(`process.exit(${status}) was called`)));
  };
  process.abort = () => {
    log.writer.flush();
    return abort();
  };
  // The event loop is empty while a cell still waits.
  process.on("beforeExit", () => {
    if (log.isRunning) fail("never-settles", describeError(new NeverSettles("the cell awaits a promise that nothing is left to settle")));
  });
  // Whatever way is taken out, nothing that was written is lost.
  process.on("exit", () => log.writer.flush());
  return end;
}
