import type { Listener } from "../events.js";
import type { Failure, SchemaChange } from "./types.js";

/** Keeps what alerts need to know of a run. */
export class AlertTally {
  readonly failures: Failure[] = [];
  readonly schemaChanges: SchemaChange[] = [];
  /** Tasks that are up to date now. */
  readonly done = new Set<string>();
  /** Those of them that executed or were restored. */
  readonly renewed = new Set<string>();

  readonly listener: Listener = (event) => {
    switch (event.event) {
      case "task.checkpoint":
        for (const change of event.schema_changes) this.schemaChanges.push({ ...change, task: event.task });
        return;
      case "task.done":
        this.done.add(event.task);
        if (event.action !== "fresh") this.renewed.add(event.task);
        return;
      case "task.failed": {
        const { task, kind, message, place, hint } = event;
        this.failures.push({ task, kind, message, place, hint });
        return;
      }
      default:
        return;
    }
  };
}
