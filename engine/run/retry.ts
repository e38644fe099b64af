import type { Retry } from "../project/types.js";

/**
 * How long to wait before the next attempt: doubling with full jitter, as described in
 * "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 *
 * @param retry - attempts in all, and the delay before the second one (ms)
 * @param failedAttempt - number of the attempt that failed, from 1
 * @param options - `random` yields [0, 1); `leastMs` is what the other side asked for (Retry-After)
 * @returns milliseconds
 */
export function retryDelayMs(retry: Retry, failedAttempt: number, options: { readonly random: () => number; readonly leastMs?: number }): number {
  const ceiling = Math.min(retry.delayMs * 2 ** (failedAttempt - 1), longestDelayMs);
  return Math.max(Math.round(options.random() * ceiling), options.leastMs ?? 0);
}

const longestDelayMs = 15 * 60_000;

/** Waits, or returns at once when the signal is or gets aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}
