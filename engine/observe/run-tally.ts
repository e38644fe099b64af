import type { Listener, RunEvent } from "./events.js";

const outcomeOf = { run: "executed", restore: "restored", fresh: "fresh" } as const;

/** Keeps count of a run, for the last word of one that must end before its tasks do. */
export class RunTally {
  readonly #taskIds: readonly string[];
  readonly #over = new Set<string>();
  readonly #counts = { executed: 0, restored: 0, fresh: 0, failed: 0 };
  #startedAt: number | null = null;
  #isDone = false;

  constructor(taskIds: readonly string[]) {
    this.#taskIds = taskIds;
  }

  readonly listener: Listener = (event) => {
    switch (event.event) {
      case "run.start":
        this.#startedAt = Date.parse(event.time);
        return;
      case "task.done":
        this.#over.add(event.task);
        this.#counts[outcomeOf[event.action]] += 1;
        return;
      case "task.failed":
        this.#over.add(event.task);
        this.#counts.failed += 1;
        return;
      case "run.done":
        this.#isDone = true;
        return;
      default:
        return;
    }
  };

  /**
   * The event that ends a run which is stopped now.
   *
   * @param now - milliseconds since 1970
   * @returns null where the run has not begun, or is over
   */
  lastWord(now: number): RunEvent | null {
    if (this.#startedAt === null || this.#isDone) return null;
    const notRun = this.#taskIds.filter((id) => !this.#over.has(id));
    return { event: "run.done", status: "stopped", duration_ms: now - this.#startedAt, ...this.#counts, not_run: notRun };
  }
}
