import type * as typescript from "@tslab/typescript-for-tslab";

export type WatchHost = typescript.WatchCompilerHostOfFilesAndCompilerOptions<typescript.BuilderProgram>;

export type FirstUpdateOptions = {
  /** Path of the file that holds the cell. */
  readonly source: string;
  /** The names that the coming cell declares, once; null where TypeScript has to be asked. */
  readonly takeLocals: () => ReadonlyMap<string, unknown> | null;
  readonly wrapBuilder: (builder: typescript.BuilderProgram) => typescript.BuilderProgram;
};

/**
 * Halves tslab's work: it rebuilds the program twice for a cell, the first time only to learn which names the cell
 * declares. Those are known already, so that round is answered without TypeScript.
 *
 * @param host The watch host that tslab is given.
 */
export function answerFirstUpdate(host: WatchHost, { source, takeLocals, wrapBuilder }: FirstUpdateOptions): void {
  let receive: (builder: typescript.BuilderProgram) => void = () => undefined;
  const skipped = new Set<unknown>();
  const { setTimeout: setTslabTimeout, clearTimeout: clearTslabTimeout } = host;
  host.setTimeout = (callback, milliseconds, ...values) => {
    const timer: unknown = setTslabTimeout?.(() => {
      const locals = takeLocals();
      if (locals === null) return callback(...values);
      skipped.add(timer);
      receive(answerLocals(source, locals));
    }, milliseconds);
    return timer;
  };
  // The watch program clears the timer of the round that it was not told of; tslab knows that timer no more.
  host.clearTimeout = (timer) => {
    if (!skipped.delete(timer)) clearTslabTimeout?.(timer);
  };
  Object.defineProperty(host, "afterProgramCreate", {
    set: (received: typeof receive) => (receive = received),
    get: () => (builder: typescript.BuilderProgram) => receive(wrapBuilder(builder)),
  });
}

/** A builder that knows nothing but the names of the cell. */
function answerLocals(source: string, locals: ReadonlyMap<string, unknown>): typescript.BuilderProgram {
  const answer: unknown = { getSourceFile: (name: string) => (name === source ? { locals } : undefined) };
  return answer as typescript.BuilderProgram;
}
