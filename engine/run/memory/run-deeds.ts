import type { RunEvent } from "../../observe/events.js";
import type { TaskDeed } from "../../observe/history/entry.js";

/** What a run does with its tasks, gathered from what it tells. */
export type RunDeeds = {
  readonly note: (event: RunEvent) => void;
  /** Tasks that were executed or restored, or failed. */
  readonly deeds: Readonly<Record<string, TaskDeed>>;
  readonly fresh: () => number;
  /** Of each failed task, in order: `train: cell-error: no rows`. */
  readonly failures: readonly string[];
};

/** Starts to gather. @param now the clock, in milliseconds since 1970 */
export function gatherDeeds(now: () => number): RunDeeds {
  const deeds: Record<string, TaskDeed> = {};
  const failures: string[] = [];
  const started = new Map<string, number>();
  let fresh = 0;
  const note = (event: RunEvent): void => {
    if (event.event === "task.start" && event.attempt === 1) started.set(event.task, now());
    else if (event.event === "task.failed") {
      deeds[event.task] = { action: "failed", duration_ms: now() - (started.get(event.task) ?? now()) };
      failures.push(`${event.task}: ${event.kind}: ${event.message.split("\n", 1)[0] ?? ""}`.slice(0, 300));
    } else if (event.event === "task.done") {
      if (event.action === "fresh") fresh += 1;
      else deeds[event.task] = { action: event.action, duration_ms: event.duration_ms };
    }
  };
  return { note, deeds, failures, fresh: () => fresh };
}
