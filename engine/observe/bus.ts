import { levelOf, type Listener, type RunEvent, type StampedEvent } from "./events.js";

export type Emit = (event: RunEvent) => void;

/**
 * Stamps every event with time, level and run, and hands it to each listener in turn.
 *
 * @param runId - id of the run, on every event
 * @param listeners - console, log file, JSON lines ...
 * @param now - the clock, in milliseconds since 1970
 */
export function createEmitter(runId: string, listeners: readonly Listener[], now: () => number): Emit {
  return (event) => {
    const stamped: StampedEvent = { time: new Date(now()).toISOString(), level: levelOf(event), run: runId, ...event };
    for (const listener of listeners) listener(stamped);
  };
}
