import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { ExecutionConditions } from "../types.js";

/** Makes this process see another time, and folders in another order. Once, before any package is loaded. */
export function applyConditions({ clockOffsetMs, reversesFolders }: ExecutionConditions): void {
  if (clockOffsetMs !== 0) shiftClock(clockOffsetMs);
  if (reversesFolders) reverseFolders();
}

/** Dates are shifted; clocks that only measure spans (`performance.now`, `process.hrtime`) are as they were. */
function shiftClock(offsetMs: number): void {
  const real = Date;
  const realNow = Date.now;
  const now = (): number => realNow() + offsetMs;
  real.now = now;
  const shifted = new Proxy(real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    // Without `new`, arguments don't count.
    apply: () => new real(now()).toString(),
  });
  Object.defineProperty(real.prototype, "constructor", { value: shifted, writable: true, configurable: true });
  globalThis.Date = shifted;
  Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + offsetMs, configurable: true });
}

/** Node happens to sort what it lists, which nobody promises and other programs don't. */
function reverseFolders(): void {
  fs.readdirSync = wrap(fs.readdirSync, (call) => reversed(call()));
  fs.promises.readdir = wrap(fs.promises.readdir, (call) => Promise.resolve(call()).then(reversed));
  fs.readdir = new Proxy(fs.readdir, {
    apply(target, self, args: unknown[]) {
      const last = args.at(-1);
      const callback = typeof last === "function" ? [(error: unknown, names: unknown) => Reflect.apply(last, undefined, [error, reversed(names)])] : [last];
      return Reflect.apply(target, self, [...args.slice(0, -1), ...callback]);
    },
  });
  syncBuiltinESMExports();
}

function wrap<T extends (...args: never[]) => unknown>(original: T, around: (call: () => unknown) => unknown): T {
  return new Proxy(original, { apply: (target, self, args) => around(() => Reflect.apply(target, self, args)) });
}

function reversed(names: unknown): unknown {
  return Array.isArray(names) ? names.reverse() : names;
}
