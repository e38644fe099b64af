import type { Change } from "./changes.js";

/*
 * When does a round begin, and what becomes of one that a change overtakes?
 *
 *            stir, and something differs                quiet, and something differs
 *   idle ─────────────────────────────────▶ settling ─────────────────────────────────▶ running
 *    ▲ ▲                                     │  ▲ │ stir: wait anew                     │    │
 *    │ └──── quiet, and nothing differs ─────┘  │ └─┐                                   │    │ stir, and something
 *    │                                          │   ▼                                   │    │ differs
 *    │                                          │  (settling)                           │    ▼
 *    │  ended, and something differs, or cut short ◀────────────────────────────────────┤  overtaken: starts nothing
 *    │                                                                                  │  more, what is pointless
 *    └──────────────── ended, and nothing differs ◀─────────────────────────────────────┘  is stopped
 *
 *   `again` goes from idle and settling to running at once, and from running to running when that one has ended.
 *   `close` goes from anywhere to closed, when a round that runs has ended.
 *
 * A stir only says that it is worth a look. What differs is found by comparing with what was seen when the last round
 * began, so that no lost or doubled event can lead to a state that was not built, nor to a round for nothing.
 */

export type WatchState = "idle" | "settling" | "running" | "overtaken" | "closed";

/** The world, as far as the loop touches it. */
export type LoopParts = {
  /** What differs from what was seen when the last round began. */
  readonly findChanges: () => Promise<readonly Change[]>;
  /** Begins a round: looks at everything, then builds. Never rejects. Until it has looked, nothing differs. */
  readonly run: (changes: readonly Change[]) => Promise<void>;
  /** Tells the round that runs what has changed meanwhile. */
  readonly overtake: (changes: readonly Change[]) => void;
  /** Ends the round that runs as soon as can be. */
  readonly stop: () => void;
  readonly timer: (ms: number, act: () => void) => { readonly cancel: () => void };
  readonly now: () => number;
  readonly onState?: (state: WatchState) => void;
};

/** How long nothing may stir before a round begins: an editor's rename, or its truncation and write, is over by then. */
const quietMs = 12;
/** The same for a file that was written again right after the round it started: its writer takes its time. */
const patientMs = 250;
/** A writer that never pauses must not keep everybody waiting. */
const mostMs = 5000;
/** After a stir one more look: watchers may drop events that follow closely. */
const lateMs = 130;
/** How soon after a round's beginning a second write of the same file counts as one save with the first. */
const sameSaveMs = 1500;

/** Decides when rounds run. */
export class WatchLoop {
  #state: WatchState = "idle";
  #settling: { readonly sinceMs: number; timer: { readonly cancel: () => void } } | null = null;
  #late: { readonly cancel: () => void } | null = null;
  #lastRound: { readonly paths: ReadonlySet<string>; readonly beganMs: number } = { paths: new Set(), beganMs: -Infinity };
  #waitMs = quietMs;
  #isAgain = false;
  #rounds = 0;
  /** The last round did not build all that it began with: what overtook it may have been taken back. */
  #isCutShort = false;
  #isLooking = false;
  #mustLookAgain = false;
  #running: Promise<void> = Promise.resolve();
  #looked: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LoopParts) {}

  get state(): WatchState {
    return this.#state;
  }

  /** Something may have changed. */
  stir(): void {
    if (this.#state === "closed") return;
    this.#late?.cancel();
    this.#late = this.parts.timer(lateMs, () => {
      this.#late = null;
      this.look();
    });
    if (this.#state === "settling") this.#settle();
    else this.look();
  }

  /** Compares, without having been told of anything. */
  look(): void {
    if (this.#state === "closed" || this.#state === "settling") return;
    if (this.#isLooking) this.#mustLookAgain = true;
    else this.#looked = this.#compare();
  }

  /** Runs whatever differs. */
  again(): void {
    if (this.#state === "closed") return;
    this.#isAgain = true;
    if (this.#state === "idle" || this.#state === "settling") this.#begin([]);
  }

  /** Done when nothing runs any more. */
  async close(): Promise<void> {
    this.#settling?.timer.cancel();
    this.#late?.cancel();
    const wasRunning = this.#state === "running" || this.#state === "overtaken";
    this.#enter("closed");
    if (wasRunning) this.parts.stop();
    await this.#running;
    await this.#looked;
  }

  #enter(state: WatchState): void {
    this.#state = state;
    this.parts.onState?.(state);
  }

  async #compare(): Promise<void> {
    this.#isLooking = true;
    do {
      this.#mustLookAgain = false;
      const rounds = this.#rounds;
      const changes = await this.#findChanges();
      // A round that began during the look has seen it; whether anything came after that shows in another look.
      if (rounds !== this.#rounds) this.#mustLookAgain = true;
      else if (changes.length > 0) this.#notice(changes);
    } while (this.#mustLookAgain && this.#state !== "closed");
    this.#isLooking = false;
  }

  #notice(changes: readonly Change[]): void {
    const { paths, beganMs } = this.#lastRound;
    const isSameSave = this.parts.now() - beganMs < sameSaveMs && changes.some(({ path }) => paths.has(path));
    switch (this.#state) {
      case "idle":
        this.#waitMs = isSameSave ? patientMs : quietMs;
        return this.#settle();
      case "running":
      case "overtaken":
        if (isSameSave) this.#waitMs = patientMs;
        this.parts.overtake(changes);
        return this.#enter("overtaken");
      case "settling":
      case "closed":
        return;
    }
  }

  #settle(): void {
    const now = this.parts.now();
    const sinceMs = this.#settling?.sinceMs ?? now;
    this.#settling?.timer.cancel();
    const waitMs = Math.max(0, Math.min(this.#waitMs, sinceMs + mostMs - now));
    this.#settling = { sinceMs, timer: this.parts.timer(waitMs, () => void this.#finishSettling()) };
    if (this.#state !== "settling") this.#enter("settling");
  }

  async #finishSettling(): Promise<void> {
    const settling = this.#settling;
    const changes = await this.#findChanges();
    // Something stirred during the look: another timer runs by now.
    if (this.#settling !== settling || this.#state !== "settling") return;
    if (changes.length > 0 || this.#isCutShort) return this.#begin(changes);
    this.#settling = null;
    this.#enter("idle");
  }

  #begin(changes: readonly Change[]): void {
    this.#settling?.timer.cancel();
    this.#settling = null;
    this.#isAgain = false;
    this.#isCutShort = false;
    this.#rounds += 1;
    this.#waitMs = quietMs;
    this.#lastRound = { paths: new Set(changes.map(({ path }) => path)), beganMs: this.parts.now() };
    this.#enter("running");
    this.#running = this.parts.run(changes).then(() => this.#finish());
  }

  async #finish(): Promise<void> {
    if (this.#state === "closed") return;
    const isOvertaken = this.#state === "overtaken";
    const changes = await this.#findChanges();
    if (this.#isClosed()) return;
    if (this.#isAgain) return this.#begin(changes);
    this.#isCutShort = isOvertaken;
    if (changes.length === 0 && !isOvertaken) return this.#enter("idle");
    const { paths, beganMs } = this.#lastRound;
    const isSameSave = this.parts.now() - beganMs < sameSaveMs && changes.some(({ path }) => paths.has(path));
    if (!isOvertaken) this.#waitMs = isSameSave ? patientMs : quietMs;
    this.#enter("idle");
    this.#settle();
  }

  /** A look that fails (a folder that may not be entered, for a moment) sees nothing; another one follows. */
  #findChanges(): Promise<readonly Change[]> {
    return this.parts.findChanges().catch(() => []);
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }
}
