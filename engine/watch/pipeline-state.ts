import type { Reason } from "../observe/events.js";
import type { Decision, TaskRecord } from "../plan/types.js";
import type { Place, Problem, Project, Task } from "../project/types.js";
import type { Change } from "./changes.js";
import { isRunEvent, type StampedWatchEvent } from "./events.js";
import type { RoundRead } from "./round.js";

/** Where a task stands: `waiting` will perhaps run, `kept` was not reached since something before it failed or was overtaken. */
export type TaskState = "unknown" | "fresh" | "waiting" | "running" | "done" | "restored" | "failed" | "kept";

export type TaskError = { readonly kind: string; readonly message: string; readonly place: Place | null; readonly hint: string | null };

/** A task as the page shows it. */
export type TaskView = {
  readonly task: Task;
  state: TaskState;
  reasons: readonly Reason[];
  /** Milliseconds since 1970; null unless it runs. */
  startedAt: number | null;
  durationMs: number | null;
  /** Of its last good execution: path, rows and bytes of each artifact. */
  artifacts: readonly { readonly path: string; readonly rows: number | null; readonly bytes: number }[];
  error: TaskError | null;
};

export type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "waiting"; readonly message: string }
  | { readonly kind: "running" }
  | { readonly kind: "current" }
  | { readonly kind: "failed" }
  | { readonly kind: "broken"; readonly problems: readonly Problem[] }
  | { readonly kind: "error"; readonly message: string; readonly hint: string | null };

export type Warning = { readonly task: string | null; readonly message: string };

/** What the page and the terminal show; kept up to date from the events of the rounds. */
export class PipelineState {
  phase: Phase = { kind: "starting" };
  project: Project | null = null;
  tasks = new Map<string, TaskView>();
  changes: readonly Change[] = [];
  warnings: readonly Warning[] = [];
  round = 0;
  /** Milliseconds since 1970: when the round began, and when everything was last up to date. */
  roundAt = 0;
  currentAt: number | null = null;
  durationMs: number | null = null;

  /** A project that was read: its tasks, with what is on record of each. */
  read({ project, selected, records }: RoundRead): void {
    this.project = project;
    const before = this.tasks;
    this.tasks = new Map(selected.map((task) => [task.id, viewOf(task, before.get(task.id), records.get(task.id))]));
  }

  plan(decisions: ReadonlyMap<string, Decision>): void {
    for (const [id, { action, reasons }] of decisions) {
      const view = this.tasks.get(id);
      if (view === undefined) continue;
      view.state = action === "fresh" ? "fresh" : "waiting";
      view.reasons = reasons;
    }
  }

  receive(event: StampedWatchEvent): void {
    const at = Date.parse(event.time);
    if (isRunEvent(event)) return this.#receiveRun(event, at);
    switch (event.event) {
      case "watch.start":
        return;
      case "watch.round":
        Object.assign(this, { round: event.round, changes: event.changes, roundAt: at, warnings: [], durationMs: null });
        this.phase = { kind: "running" };
        return;
      case "watch.waiting":
        this.phase = { kind: "waiting", message: event.message };
        return;
      case "watch.broken":
        return this.#end({ kind: "broken", problems: event.problems }, event.duration_ms);
      case "watch.failed":
        return this.#end({ kind: "error", message: event.message, hint: event.hint }, event.duration_ms);
    }
  }

  #receiveRun(event: Extract<StampedWatchEvent, { level: unknown }>, at: number): void {
    switch (event.event) {
      case "run.start":
        this.phase = { kind: "running" };
        return;
      case "task.start":
        return this.#change(event.task, { state: "running", reasons: event.reasons, startedAt: at, error: null });
      case "task.checkpoint":
        return this.#change(event.task, { artifacts: event.artifacts });
      case "task.done":
        return this.#change(event.task, event.action === "fresh"
          ? { state: "fresh", startedAt: null, reasons: [], error: null }
          : { state: event.action === "run" ? "done" : "restored", startedAt: null, durationMs: event.duration_ms, error: null });
      case "task.failed":
        if (event.kind === "stopped") return this.#change(event.task, { state: "waiting", startedAt: null });
        return this.#change(event.task, { state: "failed", startedAt: null, error: event });
      case "run.warning":
        this.warnings = [...this.warnings, { task: event.task ?? null, message: event.message }];
        return;
      case "run.done":
        for (const id of event.not_run) this.#change(id, { state: "kept" });
        if (event.status === "ok") this.currentAt = at;
        return this.#end({ kind: event.status === "ok" ? "current" : event.status === "stopped" ? "running" : "failed" }, event.duration_ms);
    }
  }

  #change(id: string, change: Partial<TaskView>): void {
    const view = this.tasks.get(id);
    if (view !== undefined) Object.assign(view, change);
  }

  #end(phase: Phase, durationMs: number): void {
    this.phase = phase;
    this.durationMs = durationMs;
    for (const view of this.tasks.values()) if (phase.kind !== "running" && view.state === "running") view.state = "waiting";
  }
}

function viewOf(task: Task, before: TaskView | undefined, record: TaskRecord | undefined): TaskView {
  return {
    task,
    state: before?.state === "running" ? "waiting" : (before?.state ?? "unknown"),
    reasons: before?.reasons ?? [],
    startedAt: null,
    durationMs: record?.durationMs ?? before?.durationMs ?? null,
    artifacts: record?.artifacts ?? before?.artifacts ?? [],
    error: before?.error ?? null,
  };
}
