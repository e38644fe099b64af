import { createPaint, type Paint } from "../observe/console.js";
import type { StampedEvent } from "../observe/events.js";
import { formatDuration, formatReasons, formatRows } from "../observe/format.js";
import { formatPlace } from "../project/problems.js";
import type { Place } from "../project/types.js";
import { isRunEvent, type StampedWatchEvent } from "./events.js";
import { describeChanges, formatClock } from "./page/words.js";

export type RoundConsoleOptions = {
  readonly stdout: Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;
  readonly color: boolean;
  readonly verbosity: "quiet" | "normal" | "verbose";
  /** Whether keys are listened to. */
  readonly hasKeys: boolean;
};

type Told = { readonly place: Place | null; readonly message: string; readonly hint: string | null };

/** What a person sees of watching: one compact block a round. On a terminal a line below names what runs. */
export class RoundConsole {
  readonly #paint: Paint;
  readonly #running = new Map<string, number>();
  readonly #reasons = new Map<string, string>();
  #statusTimer: NodeJS.Timeout | null = null;
  #hasStatusLine = false;
  #width = 12;

  constructor(private readonly options: RoundConsoleOptions) {
    this.#paint = createPaint(options.color);
  }

  readonly listener = (event: StampedWatchEvent): void => {
    if (isRunEvent(event)) return this.#onRun(event);
    switch (event.event) {
      case "watch.start":
        this.#say(`${this.#paint.bold(event.project)}  ${event.url}`, true);
        if (this.options.hasKeys) this.#say(this.#paint.dim("q quit · r run again · o open the page"), true);
        return;
      case "watch.round":
        return this.#say(`${this.#paint.dim(formatClock(Date.parse(event.time)))}  ${event.changes.length > 0 ? describeChanges(event.changes) : event.round === 1 ? "first run" : "run again"}`);
      case "watch.waiting":
        return this.#say(`  ${this.#paint.yellow("waiting")} ${event.message}`, true);
      case "watch.broken":
        for (const { place, message, hint } of event.problems) this.#sayError({ place, message, hint: hint ?? null });
        return this.#say(`  ${this.#paint.red(`${counted(event.problems.length, "error")}; nothing was run.`)} What was built before stays.`, true);
      case "watch.failed":
        this.#sayError({ place: null, message: event.message, hint: event.hint });
        return this.#say(`  ${this.#paint.red("Nothing was run.")} What was built before stays.`, true);
    }
  };

  /** Removes the line that names what runs. */
  close(): void {
    this.#stopStatusLine();
  }

  /** A line of its own. @param isVital Said even where little is to be said. */
  #say(text: string, isVital = false): void {
    if (this.options.verbosity === "quiet" && !isVital) return;
    this.#clearStatusLine();
    this.options.stdout.write(`${text}\n`);
  }

  #sayError({ place, message, hint }: Told): void {
    if (place !== null) this.#say(`    ${formatPlace(place)}`, true);
    for (const line of message.split("\n")) this.#say(`    ${this.#paint.bold(line)}`, true);
    if (hint !== null) for (const line of hint.split("\n")) this.#say(`    ${this.#paint.arrow} ${line}`, true);
  }

  #onRun(event: StampedEvent): void {
    switch (event.event) {
      case "task.start":
        this.#width = Math.min(40, Math.max(this.#width, event.task.length));
        this.#reasons.set(event.task, formatReasons(event.reasons));
        this.#running.set(event.task, Date.parse(event.time));
        return this.#startStatusLine();
      case "task.log":
        if (this.options.verbosity === "verbose") this.#say(`    ${this.#paint.dim(`${event.task} │`)} ${event.message}`);
        return;
      case "task.retry":
        return this.#say(`  ${this.#paint.yellow("again")} ${event.task}: attempt ${event.attempt} of ${event.attempts} failed; again in ${formatDuration(event.delay_ms)}`);
      case "task.done":
        this.#running.delete(event.task);
        if (event.action === "fresh") return;
        return this.#say(`  ${this.#paint.green("✔")} ${event.task.padEnd(this.#width)}  ${(event.rows === null ? "" : formatRows(event.rows)).padStart(13)}  ${formatDuration(event.duration_ms).padStart(8)}  ${this.#paint.dim(`${event.action === "restore" ? "restored; " : ""}${this.#reasons.get(event.task) ?? ""}`)}`.trimEnd());
      case "task.failed":
        this.#running.delete(event.task);
        if (event.kind === "stopped") return;
        this.#say(`  ${this.#paint.red("✖")} ${event.task}  ${event.kind}`, true);
        return this.#sayError(event);
      case "run.warning":
        return this.#say(`  ${this.#paint.yellow("warning")} ${event.task === undefined ? "" : `${event.task}: `}${event.message}`, true);
      case "run.done":
        return this.#onDone(event);
      default:
        return;
    }
  }

  #onDone(event: Extract<StampedEvent, { event: "run.done" }>): void {
    this.#stopStatusLine();
    this.#running.clear();
    const took = formatDuration(event.duration_ms);
    const did = [`${event.executed} run`, ...(event.restored === 0 ? [] : [`${event.restored} restored`]), `${event.fresh} up to date`].join(", ");
    if (event.status === "stopped") return this.#say(`  ${this.#paint.dim(`overtaken after ${took}`)}`);
    if (event.status === "ok") return this.#say(`  ${this.#paint.green("up to date")} in ${took}: ${did}`);
    const notRun = event.not_run.length === 0 ? "" : `, ${event.not_run.length} not run`;
    this.#say(`  ${this.#paint.red(`${event.failed} failed`)}${notRun}, ${did} (${took}). What was built before stays.`, true);
  }

  #startStatusLine(): void {
    if (this.#statusTimer !== null || this.options.stdout.isTTY !== true || this.options.verbosity === "quiet") return;
    this.#statusTimer = setInterval(() => this.#drawStatusLine(), 120);
    this.#statusTimer.unref();
  }

  #stopStatusLine(): void {
    if (this.#statusTimer !== null) clearInterval(this.#statusTimer);
    this.#statusTimer = null;
    this.#clearStatusLine();
  }

  #drawStatusLine(): void {
    this.#clearStatusLine();
    if (this.#running.size === 0) return;
    const now = Date.now();
    const text = [...this.#running].map(([task, since]) => `${task} ${formatDuration(now - since)}`).join(", ");
    const width = (this.options.stdout.columns ?? 80) - 6;
    this.options.stdout.write(this.#paint.dim(`  … ${text.length > width ? `${text.slice(0, width - 1)}…` : text}`));
    this.#hasStatusLine = true;
  }

  #clearStatusLine(): void {
    if (!this.#hasStatusLine) return;
    this.options.stdout.write("\r\u001b[2K");
    this.#hasStatusLine = false;
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
