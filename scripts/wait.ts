import { parseDuration } from "../engine/project/durations.js";
import { acquireLock, explainHeldLock, type HeldLock, type Lock } from "../engine/run/lock/lock.js";
import { type Flags, type OptionalValue, UsageError } from "./command.js";
import type { Site } from "./project-commands.js";

/** `--wait` alone waits as long as most runs take; what begins with a digit is meant as a duration. */
export const waitValue: OptionalValue = { missing: "30m", pattern: /^\d/ };

export const waitHelp = "DURATION  where another run holds the project, wait for it (default 30m)";

/**
 * Reads `--wait`.
 *
 * @returns milliseconds; 0 where it is not given
 * @throws UsageError where the value is no duration
 */
export function readWait(flags: Flags): number {
  const text = flags.text("wait");
  if (text === undefined) return 0;
  const waitMs = parseDuration(text);
  if (waitMs === null) throw new UsageError(`--wait: expected a duration such as 90s or 1h30m, found ${text}`);
  return waitMs;
}

/**
 * Takes the project's lock, and says on standard error whom it waits for.
 *
 * @returns null where another run still holds it, which is told, too
 */
export async function takeLock(site: Site, options: { readonly runId: string; readonly waitMs: number; readonly signal?: AbortSignal }): Promise<Lock | null> {
  const { runId, waitMs, signal } = options;
  const lock = await acquireLock({ stateFolder: site.stateFolder, run: runId, waitMs, onWait: tellWaiting, ...(signal === undefined ? {} : { signal }) });
  if (!("heldBy" in lock)) return lock;
  if (signal?.aborted === true) return null;
  const { message, hint } = explainHeldLock(lock);
  process.stderr.write(`stitchbook: ${message}\n  ${waitMs > 0 ? "Waited in vain." : hint}\n`);
  return null;
}

function tellWaiting(held: HeldLock): void {
  process.stderr.write(`Waiting. ${explainHeldLock(held).message}\n`);
}
