import type { ServerResponse } from "node:http";

/** Enough for every window that somebody has open. */
const mostReaders = 64;
/** Keeps what stands between from closing a quiet connection, and finds readers that are gone. */
const beatMs = 20_000;
/** A reader that does not read must not fill the memory: it comes back by itself and gets the present state. */
const mostWaitingBytes = 8_000_000;

/** Server-sent events to all open pages. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStream {
  readonly #readers = new Set<ServerResponse>();
  readonly #beat = setInterval(() => this.#write(": here\n\n"), beatMs);

  constructor() {
    this.#beat.unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** @param present What a page that has just been opened must be told. @returns false where too many are open */
  open(response: ServerResponse, present: readonly string[]): boolean {
    if (this.#readers.size >= mostReaders) return false;
    this.#readers.add(response);
    response.on("close", () => this.#readers.delete(response)).on("error", () => this.#readers.delete(response));
    response.socket?.setNoDelay(true);
    response.write(`retry: 500\n\n${present.join("")}`);
    return true;
  }

  send(message: string): void {
    this.#write(message);
  }

  close(): void {
    clearInterval(this.#beat);
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  #write(text: string): void {
    for (const reader of this.#readers) {
      if (reader.writableLength > mostWaitingBytes) reader.destroy();
      else reader.write(text);
    }
  }
}

/** One event; JSON holds no line end. */
export function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
