import { createConsola, type ConsolaInstance, type ConsolaReporter } from "consola/core";
import { colors } from "consola/utils";
import { formatPlace } from "../project/problems.js";
import type { Listener, StampedEvent } from "./events.js";
import { describeSchemaChange } from "./describe-schema-change.js";
import { formatDuration, formatReason, formatReasons, formatRows } from "./format.js";

export type Verbosity = "quiet" | "normal" | "verbose";

export type ConsoleOptions = {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly verbosity: Verbosity;
  readonly color: boolean;
  /** Where the log of this run is, relative to the project, for the advice after a failure. */
  readonly logPath: string;
  /** Where the executed notebook of a task is written; null for a report, which has none. */
  readonly viewPath: (task: string) => string | null;
};

type Done = Extract<StampedEvent, { event: "task.done" }>;
type Failed = Extract<StampedEvent, { event: "task.failed" }>;

/**
 * What a person sees of a run: a line a task, a block for each failure, a summary, and what to do next.
 * On a terminal a status line below names what is running.
 */
export class RunConsole {
  private readonly out: ConsolaInstance;
  private readonly paint: Paint;
  private readonly isTerminal: boolean;
  private readonly running = new Map<string, number>();
  private readonly reasons = new Map<string, string>();
  private readonly failed: string[] = [];
  private fired = 0;
  private nameWidth = 12;
  private statusTimer: NodeJS.Timeout | null = null;
  private hasStatusLine = false;

  constructor(private readonly options: ConsoleOptions) {
    this.isTerminal = options.stdout.isTTY === true;
    this.paint = createPaint(options.color);
    this.out = createConsola({ level: options.verbosity === "quiet" ? 1 : 4, reporters: [this.reporter()] });
  }

  /** Columns line up when the longest name is known beforehand. */
  alignTo(taskIds: readonly string[]): void {
    this.nameWidth = Math.min(40, Math.max(...taskIds.map((id) => id.length), 8));
  }

  readonly listener: Listener = (event) => {
    switch (event.event) {
      case "run.start":
        return this.onRunStart(event);
      case "task.start":
        return this.onStart(event);
      case "task.log":
        if (this.options.verbosity === "verbose") this.out.log(`  ${this.paint.dim(`${event.task} │`)} ${event.message}`);
        return;
      case "task.retry":
        return this.out.warn(`${event.task}: attempt ${event.attempt} of ${event.attempts} failed (${firstLine(event.message)}); again in ${formatDuration(event.delay_ms)}`);
      case "task.checkpoint":
        for (const change of event.schema_changes) this.out.warn(`${event.task}: ${describeSchemaChange(change)}`);
        return;
      case "task.done":
        return this.onDone(event);
      case "task.failed":
        return this.onFailed(event);
      case "run.warning":
        return this.out.warn(event.task === undefined ? event.message : `${event.task}: ${event.message}`);
      case "alert.fired":
        return this.onFired(event);
      case "alert.sent":
        return this.out.log(`alert sent by ${event.channel}: ${event.message}`);
      case "alert.failed":
        return this.out.error(`alert not sent by ${event.channel}: ${event.message}`);
      case "run.done":
        return this.onRunDone(event);
    }
  };

  private onRunStart({ project, tasks, params, output_dir }: Extract<StampedEvent, { event: "run.start" }>): void {
    this.out.log(`${this.paint.bold(project)}  ${counted(tasks, "task")}${params === undefined ? "" : `  with ${params.map((each) => `--param ${each}`).join(" ")}`}`);
    if (output_dir !== undefined) this.out.log(`into ${output_dir}; the project's artifacts and records stay as they are`);
  }

  private onStart(event: Extract<StampedEvent, { event: "task.start" }>): void {
    const why = formatReasons(event.reasons);
    this.reasons.set(event.task, why);
    if (event.action === "restore") return;
    this.running.set(event.task, Date.parse(event.time));
    if (this.isTerminal) this.startStatusLine();
    else if (event.attempt === 1) this.out.log(`start  ${event.task}${why === "" ? "" : `  (${why})`}`);
    if (this.options.verbosity === "verbose" && event.attempt === 1 && event.reasons.length > 1) {
      for (const reason of event.reasons) this.out.log(`  ${this.paint.dim(`${event.task}:`)} ${formatReason(reason)}`);
    }
  }

  private onDone(event: Done): void {
    this.running.delete(event.task);
    if (event.action === "fresh") {
      if (this.options.verbosity === "verbose") this.out.log(this.line("fresh", event.task, "up to date", ""));
      return;
    }
    const rows = event.rows === null ? "" : formatRows(event.rows);
    // Without a terminal the line of the start has said why a task runs; a restored one has no such line.
    const reasons = event.action === "restore" || this.isTerminal ? (this.reasons.get(event.task) ?? "") : "";
    const why = event.action === "restore" ? `restored${reasons === "" ? "" : ` (${reasons})`}` : reasons;
    this.out.log(this.line("done", event.task, `${rows.padStart(13)}  ${formatDuration(event.duration_ms).padStart(8)}`, why === "" ? "" : this.paint.dim(why)));
  }

  private onFailed(event: Failed): void {
    this.running.delete(event.task);
    this.failed.push(event.task);
    const lines = [this.line("failed", event.task, event.kind, "")];
    if (event.place !== null) lines.push(`    ${formatPlace(event.place)}`);
    for (const each of event.message.split("\n")) lines.push(`    ${this.paint.bold(each)}`);
    // The message stands above already.
    const head = event.message.endsWith(event.traceback.slice(0, event.message.split("\n").length).join("\n")) ? event.message.split("\n").length : 0;
    for (const frame of event.traceback.slice(head)) lines.push(`      ${this.paint.dim(frame.trim())}`);
    if (event.hint !== null) for (const each of event.hint.split("\n")) lines.push(`    ${this.paint.arrow} ${each}`);
    this.out.error(lines.join("\n"));
  }

  /** What failed and what has another schema was said when it happened. */
  private onFired({ kind, message, dataset }: Extract<StampedEvent, { event: "alert.fired" }>): void {
    if (kind !== "metric" && kind !== "rows") return;
    this.fired += 1;
    this.out.warn(`alert: ${dataset === undefined ? "" : `${dataset}, `}${message}`);
  }

  private onRunDone(event: Extract<StampedEvent, { event: "run.done" }>): void {
    this.stopStatusLine();
    const took = formatDuration(event.duration_ms);
    if (event.status === "stopped") return this.out.error(`Stopped after ${took}. Nothing half-done was left; the next run goes on from here.`);
    if (event.status === "alerted") return this.out.error(`${this.fired} alert ${this.fired === 1 ? "rule holds" : "rules hold"}; otherwise done in ${took}: ${countDone(event)}.`);
    if (event.status === "ok") {
      const isNothingDone = event.executed === 0 && event.restored === 0;
      return this.out.log(isNothingDone ? `Everything is up to date: ${counted(event.fresh, "task")} (${took})` : `Done in ${took}: ${countDone(event)}.`);
    }
    const notRun = event.not_run.length === 0 ? "" : `, ${event.not_run.length} not run (${shorten(event.not_run)})`;
    this.out.error(
      [
        `${event.failed} failed${notRun}, ${countDone(event)} (${took}). Earlier artifacts are as they were.`,
        ...this.failed.flatMap((task) => this.options.viewPath(task) ?? []).map((path) => `  See ${path} for the outputs up to the failure.`),
        `  Log: ${this.options.logPath}. Mend it and run again: it goes on from here.`,
      ].join("\n"),
    );
  }

  private line(state: "done" | "failed" | "fresh", task: string, middle: string, end: string): string {
    return `${this.mark(state)} ${task.padEnd(this.nameWidth)}  ${middle}${end === "" ? "" : `  ${end}`}`.trimEnd();
  }

  private mark(state: "done" | "failed" | "fresh"): string {
    if (!this.isTerminal) return state.padEnd(6);
    if (state === "failed") return this.paint.red("✖");
    return state === "done" ? this.paint.green("✔") : this.paint.dim("·");
  }

  private startStatusLine(): void {
    if (this.statusTimer !== null || this.options.verbosity === "quiet") return;
    this.statusTimer = setInterval(() => this.drawStatusLine(), 120);
    this.statusTimer.unref();
  }

  private stopStatusLine(): void {
    if (this.statusTimer !== null) clearInterval(this.statusTimer);
    this.statusTimer = null;
    this.clearStatusLine();
  }

  private drawStatusLine(): void {
    this.clearStatusLine();
    if (this.running.size === 0) return;
    const now = Date.now();
    const text = [...this.running].map(([task, since]) => `${task} ${formatDuration(now - since)}`).join(", ");
    const width = (this.options.stdout.columns ?? 80) - 4;
    this.options.stdout.write(this.paint.dim(`… ${text.length > width ? `${text.slice(0, width - 1)}…` : text}`));
    this.hasStatusLine = true;
  }

  private clearStatusLine(): void {
    if (!this.hasStatusLine) return;
    this.options.stdout.write("\r\u001b[2K");
    this.hasStatusLine = false;
  }

  private reporter(): ConsolaReporter {
    return {
      log: (entry) => {
        this.clearStatusLine();
        const text = entry.args.map(String).join(" ");
        if (entry.type === "error") this.options.stderr.write(`${text}\n`);
        else if (entry.type === "warn") this.options.stderr.write(`${this.paint.yellow("warning")} ${text}\n`);
        else this.options.stdout.write(`${text}\n`);
      },
    };
  }
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow", (text: string) => string>> & { readonly arrow: string };

/** @param color False where nothing is to be coloured. */
export function createPaint(color: boolean): Paint {
  const plain = (text: string) => text;
  if (!color) return { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, arrow: "->" };
  return { bold: colors.bold, dim: colors.dim, red: colors.red, green: colors.green, yellow: colors.yellow, arrow: colors.cyan("→") };
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** `2 run, 1 restored, 4 up to date`. */
function countDone({ executed, restored, fresh }: Extract<StampedEvent, { event: "run.done" }>): string {
  return [`${executed} run`, ...(restored === 0 ? [] : [`${restored} restored`]), `${fresh} up to date`].join(", ");
}

function shorten(names: readonly string[]): string {
  return names.length <= 6 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
