/** A clock that stands until it is told to go on; timers fire in order, and what they start is waited for. */
export class VirtualClock {
  #now = 0;
  #timers: { readonly at: number; readonly act: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly timer = (ms: number, act: () => void): { readonly cancel: () => void } => {
    const timer = { at: this.#now + ms, act };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((each) => each !== timer)) };
  };

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settlePromises();
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = next.at;
      next.act();
    }
    this.#now = end;
    await settlePromises();
  }
}

/** Lets everything happen that waits for nothing but promises. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
