import type { Level, RunEvent, StampedEvent } from "../observe/events.js";
import type { Problem } from "../project/types.js";
import type { Change } from "./changes.js";

/** What watching tells besides the events of its runs. */
export type WatchEvent =
  /** The page can be opened. The address holds the token. */
  | { readonly event: "watch.start"; readonly project: string; readonly url: string }
  /** A round begins; `changes` is empty for the first one, and where one was asked for. */
  | { readonly event: "watch.round"; readonly round: number; readonly changes: readonly Change[] }
  /** Nothing could run: what is wrong is known before anything runs. What was built before stays. */
  | { readonly event: "watch.broken"; readonly round: number; readonly problems: readonly Problem[]; readonly duration_ms: number }
  /** Nothing could run for another reason: the disk, the lock, the engine. */
  | { readonly event: "watch.failed"; readonly round: number; readonly message: string; readonly hint: string | null; readonly duration_ms: number }
  /** Another run holds the project; the round waits for it. */
  | { readonly event: "watch.waiting"; readonly round: number; readonly message: string };

export type StampedWatchEvent = StampedEvent | (WatchEvent & { readonly time: string; readonly level: Level });

export type WatchListener = (event: StampedWatchEvent) => void;

export type EmitWatch = (event: RunEvent | WatchEvent) => void;

/** Whether a run tells it, and not watching itself. */
export function isRunEvent(event: StampedWatchEvent): event is StampedEvent {
  return !event.event.startsWith("watch.");
}
