import { AsyncLocalStorage } from "node:async_hooks";

/** Knows which execution the code that runs now belongs to, also long after its cell has ended. */
export type CellContext = {
  /** The execution that what is written now belongs to; null before the first. */
  readonly current: number | null;
  /** Calls `start`, the beginning of an execution. */
  enter(run: number, start: () => void): void;
};

/** From this major version on Node follows asynchronous work without hooks, which an interrupt would break. */
const firstSafeMajor = 24;

/** Makes the context; on older Node.js it follows timers only, and otherwise takes the execution that began last. */
export function createCellContext(): CellContext {
  return Number(process.versions.node.split(".")[0]) >= firstSafeMajor ? createExactContext() : createTimerContext();
}

function createExactContext(): CellContext {
  const storage = new AsyncLocalStorage<number>();
  let last: number | null = null;
  return {
    get current() {
      return storage.getStore() ?? last;
    },
    enter: (run, start) => {
      last = run;
      storage.run(run, start);
    },
  };
}

function createTimerContext(): CellContext {
  let last: number | null = null;
  let active: number | null = null;
  const follow = (callback: unknown): unknown => {
    const run = last;
    if (typeof callback !== "function" || run === null) return callback;
    return function (this: unknown, ...args: unknown[]): unknown {
      // It stays so for the promises that the callback settles, up to the next turn of the event loop.
      active = run === last ? null : run;
      if (active !== null) setPlainImmediate(() => (active = null));
      return Reflect.apply(callback, this, args);
    };
  };
  const setPlainImmediate = globalThis.setImmediate;
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    const original = globalThis[name];
    const wrapped = new Proxy(original, { apply: (target, self, [callback, ...rest]: unknown[]) => Reflect.apply(target, self, [follow(callback), ...rest]) });
    Object.defineProperty(globalThis, name, { value: wrapped, configurable: true, enumerable: true, writable: true });
  }
  return {
    get current() {
      return active ?? last;
    },
    enter: (run, start) => {
      last = run;
      active = null;
      start();
    },
  };
}
