import { fileSystem, type FileSystem } from "../../engine/run/publish/file-system.js";

/** Sees every call before it is made. `name` is that of fs/promises, or `handle.write` and so on; `target` the open file then. */
export type Interrupt = (name: string, args: readonly unknown[], target: object) => void | Promise<void>;

/** The real file system, with a look at every call, those on open files included, before it happens. */
export function interruptingFileSystem(interrupt: Interrupt): FileSystem {
  return intercept(fileSystem, "", interrupt);
}

/** A system error as the file system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up for a test`), { code });
}

function intercept<T extends object>(target: T, prefix: string, interrupt: Interrupt): T {
  return new Proxy(target, {
    get(_, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function" || typeof key !== "string") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await interrupt(prefix + key, args, target);
        const result: unknown = await Reflect.apply(member, target, args);
        return key === "open" && typeof result === "object" && result !== null ? intercept(result, "handle.", interrupt) : result;
      };
    },
  });
}
