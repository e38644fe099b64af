import { Worker } from "node:worker_threads";
import type { compileNotebooks, Compilation, CompileOptions } from "../notebook/compile/compile-notebooks.js";

/** What the thread is asked. */
export type CompileOrder = { readonly id: number; readonly options: Omit<CompileOptions, "signal"> } | { readonly abort: number };
export type CompileReply = { readonly id: number; readonly compilation: Compilation } | {
  readonly id: number;
  /** Its stack: not every error can be sent. */
  readonly error: string;
};

/** A compiler that stays warm: TypeScript and what it read of packages are kept from one compilation to the next. */
export type WarmCompiler = {
  readonly compile: typeof compileNotebooks;
  /** Loads TypeScript before it is needed. */
  readonly warmUp: () => void;
  readonly close: () => Promise<void>;
};

type Waiting = { readonly resolve: (compilation: Compilation) => void; readonly reject: (error: unknown) => void };

/**
 * Compiles in a thread of its own, so that pages and keys are answered meanwhile.
 *
 * @param threadFile Absolute path of the bundled thread, which is started with the first compilation.
 */
export function createWarmCompiler(threadFile: string): WarmCompiler {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let count = 0;
  const failAll = (error: unknown): void => {
    thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const started = new Worker(threadFile);
    started.unref();
    started.on("message", (reply: CompileReply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ("error" in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.compilation);
    });
    started.on("error", failAll);
    started.on("exit", () => {
      if (thread === started) failAll(new Error("The compiler's thread has ended."));
    });
    return started;
  };
  return {
    compile: async ({ signal, ...options }) => {
      signal?.throwIfAborted();
      const { notebooks } = options;
      const id = (count += 1);
      thread ??= start();
      const post = thread;
      // Only what a compilation reads: stages hold more.
      const plain = notebooks.map(({ file, cells, parameters }) => ({ file, cells, parameters }));
      const compiled = new Promise<Compilation>((resolve, reject) => waiting.set(id, { resolve, reject }));
      const abort = (): void => post.postMessage({ abort: id } satisfies CompileOrder);
      signal?.addEventListener("abort", abort, { once: true });
      post.postMessage({ id, options: { ...options, notebooks: plain } } satisfies CompileOrder);
      try {
        return await compiled;
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    warmUp: () => void (thread ??= start()),
    close: async () => {
      const ending = thread;
      thread = null;
      await ending?.terminate();
    },
  };
}
