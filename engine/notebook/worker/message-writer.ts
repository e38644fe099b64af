import { writeSync } from "node:fs";
import type { CellOutput } from "../types.js";
import type { StreamName } from "../execute/capture-streams.js";
import type { WorkerMessage } from "./messages.js";

/** Sends a worker's messages, and beside outputs those of another program that writes in the same way. */
export type MessageWriter<Message = WorkerMessage> = {
  /** Text of a stream: pieces that follow each other become one. */
  stream(position: number, name: StreamName, text: string): void;
  output(position: number, output: CellOutput): void;
  /** Sends a message, and all that was held back before it. */
  send(message: Message): void;
  flush(): void;
};

/** Within one window, so many writes go out at once; the rest wait to be joined. */
const windowMs = 50;
const writesPerWindow = 100;
const maxHeldLength = 64 * 1024;

/**
 * Makes the writer. It writes synchronously: what was sent is safe when the process dies, and a reader who is slow slows
 * the stage down instead of filling its memory.
 *
 * @param descriptor - an open file descriptor
 */
export function createMessageWriter<Message = WorkerMessage>(descriptor: number): MessageWriter<Message> {
  let held: { readonly position: number; readonly name: StreamName; text: string } | null = null;
  let lines = "";
  let windowStart = -Infinity;
  let windowWrites = 0;
  let timer: NodeJS.Timeout | null = null;

  const closeStream = (): void => {
    if (held === null) return;
    const { position, name, text } = held;
    held = null;
    lines += toLine({ type: "output", position, output: { output_type: "stream", name, text } });
  };

  const flush = (): void => {
    closeStream();
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (lines === "") return;
    const text = lines;
    lines = "";
    writeAll(descriptor, Buffer.from(text));
  };

  const flushSoon = (): void => {
    const now = performance.now();
    if (now - windowStart > windowMs) [windowStart, windowWrites] = [now, 0];
    windowWrites += 1;
    if (windowWrites <= writesPerWindow || lines.length + (held?.text.length ?? 0) > maxHeldLength) flush();
    else timer ??= setTimeout(flush, windowMs / 2).unref();
  };

  return {
    stream: (position, name, text) => {
      if (held === null || held.position !== position || held.name !== name) {
        closeStream();
        held = { position, name, text };
      } else held.text += text;
      flushSoon();
    },
    output: (position, output) => {
      closeStream();
      lines += toLine({ type: "output", position, output });
      flushSoon();
    },
    send: (message) => {
      closeStream();
      lines += toLine(message);
      flush();
    },
    flush,
  };
}

function toLine(message: unknown): string {
  return `${JSON.stringify(message)}\n`;
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
      // Nobody listens any more: the engine is gone, and nothing this process may still do is wanted.
      if (code !== "EAGAIN") process.kill(process.pid, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
