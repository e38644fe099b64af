/** A run's answer to signals. */
export type Stop = {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Of the last signal: 128 and its number, as shells have it. */
  exitCode(): number;
  /** Tells what to say to the log and the console when the run ends at once. */
  sayLast(say: () => void): void;
  /** Signals have their usual effect again. */
  forget(): void;
};

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** How long an orderly end may take. Whatever is under way then can be finished or undone by the next run. */
const patienceMs = 4000;

/**
 * Ends a run in order at SIGINT, SIGTERM, and SIGHUP (the terminal was closed); at once when a second one comes, or when
 * it takes too long. Workers end with the process, however it ends.
 */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let code = 0;
  let sayLast = () => {};
  const endNow = () => {
    try {
      sayLast();
    } finally {
      process.exit(code);
    }
  };
  const listeners = Object.entries(exitCodes).map(([name, exitCode]) => {
    const listener = () => {
      code = exitCode;
      if (controller.signal.aborted) endNow();
      // Not cleared even when the run is over: a reader that has stopped reading would keep the process for ever.
      setTimeout(endNow, patienceMs).unref();
      controller.abort();
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => code,
    sayLast: (say) => void (sayLast = say),
    forget: () => listeners.forEach(([name, listener]) => process.off(name, listener)),
  };
}
