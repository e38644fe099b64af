/** The closed union of what a run tells. Console, log file and other listeners are its only consumers. */
import type { ArtifactDescription, SchemaDifference } from "../checkpoint/types.js";
import type { Place } from "../project/types.js";

export type ReasonKind =
  | "never-run" | "code" | "packages" | "params" | "env" | "input" | "artifact" | "contract" | "engine" | "upstream" | "expired" | "forced";

/** Why a task is not fresh: the thing that changed, and how. */
export type Reason = { readonly kind: ReasonKind; readonly subject: string; readonly detail: string };

/** The options that a run was narrowed by; those that were not given are left out. */
export type RunSelection = { readonly only?: readonly string[]; readonly from?: readonly string[]; readonly until?: readonly string[]; readonly dataset?: readonly string[] };

export type RunStatus = "ok" | "failed" | "alerted" | "stopped";

/** What an alert is about. */
export type AlertKind = "metric" | "rows" | "failed" | "schema";

export type RunEvent =
  | { readonly event: "run.start"; readonly project: string; readonly tasks: number; readonly targets: readonly string[]; readonly selection?: RunSelection; /** `--param`: such a run never is the last good one. */ readonly params?: readonly string[]; /** Absolute; the project's artifacts and records stay as they are. */ readonly output_dir?: string }
  | { readonly event: "task.start"; readonly task: string; readonly attempt: number; readonly reasons: readonly Reason[]; readonly action?: "restore" }
  | { readonly event: "task.log"; readonly task: string; readonly stream: "stdout" | "stderr"; readonly cell: number | null; readonly message: string }
  | { readonly event: "task.retry"; readonly task: string; readonly attempt: number; readonly attempts: number; readonly delay_ms: number; readonly message: string }
  | { readonly event: "task.checkpoint"; readonly task: string; readonly artifacts: readonly (Omit<ArtifactDescription, "schemaHash"> & { readonly schema_hash: string | null })[]; readonly schema_changes: readonly ({ readonly path: string } & SchemaDifference)[] }
  | { readonly event: "task.done"; readonly task: string; readonly action: "run" | "restore" | "fresh"; readonly duration_ms: number; readonly rows: number | null }
  | { readonly event: "task.failed"; readonly task: string; readonly attempt: number; readonly kind: string; readonly message: string; readonly place: Place | null; readonly hint: string | null; readonly traceback: readonly string[] }
  | { readonly event: "run.warning"; readonly task?: string; readonly message: string }
  | { readonly event: "alert.fired"; readonly kind: AlertKind; readonly subject: string; readonly message: string; readonly value: number | null; readonly since: string; readonly task?: string; readonly dataset?: string }
  | { readonly event: "alert.sent"; readonly channel: string; readonly message: string }
  | { readonly event: "alert.failed"; readonly channel: string; readonly message: string }
  | { readonly event: "run.done"; readonly status: RunStatus; readonly duration_ms: number; readonly executed: number; readonly restored: number; readonly fresh: number; readonly failed: number; readonly not_run: readonly string[] };

export type Level = "info" | "warn" | "error";

/** An event with what every line of the log carries. */
export type StampedEvent = RunEvent & { readonly time: string; readonly level: Level; readonly run: string };

export type Listener = (event: StampedEvent) => void;

/** The level an event is logged at. */
export function levelOf(event: RunEvent): Level {
  switch (event.event) {
    case "task.failed":
    case "alert.failed":
      return "error";
    case "task.retry":
    case "run.warning":
    case "alert.fired":
      return "warn";
    case "run.done":
      return event.status === "ok" ? "info" : "error";
    default:
      return "info";
  }
}
