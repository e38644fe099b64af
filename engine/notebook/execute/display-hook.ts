import type { MimeBundle } from "../types.js";

/** Names a display that is to be replaced later, where what shows it can do that. */
export type DisplayIdentity = { readonly id: string; readonly isUpdate: boolean };

/**
 * Receives what `show` displays. It is found through a symbol of the whole process, because the public module
 * `stitchbook/notebook` and the executor may come from different bundles.
 */
export type DisplayHook = (data: MimeBundle, display?: DisplayIdentity) => void;

const hookKey = Symbol.for("stitchbook.display");

/** The notebook that is being executed in this process; null outside of one. */
export function currentDisplay(): DisplayHook | null {
  const hook: unknown = Reflect.get(globalThis, hookKey);
  return typeof hook === "function" ? (data, display) => void hook(data, display) : null;
}

/** Makes `show` display through `hook`, until null is given. */
export function setDisplay(hook: DisplayHook | null): void {
  Object.defineProperty(globalThis, hookKey, { value: hook, configurable: true, enumerable: false, writable: true });
}
