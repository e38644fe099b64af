import { Publisher, Reply, Router } from "zeromq";
import { addressOf, type ChannelName, type Connection } from "./connection.js";

/** The sockets of a kernel. */
export type Channels = {
  /** Sends after all that was sent before on this channel. */
  send(channel: "shell" | "control" | "iopub", frames: readonly Buffer[]): void;
  /** Hands on what comes in, until the channels are closed. */
  listen(channel: "shell" | "control", take: (frames: readonly Buffer[]) => void): void;
  /** Returns when all that was sent is on its way. */
  drain(): Promise<void>;
  close(): void;
};

/** How long unsent messages may hold up the end of the process. */
const lingerMs = 1000;

/** Binds the sockets of a connection; the heartbeat answers from then on. */
export async function openChannels(connection: Connection): Promise<Channels> {
  // A publisher drops what is over its mark without a word: output must not get lost.
  const iopub = new Publisher({ linger: lingerMs, sendHighWaterMark: 0 });
  const shell = new Router({ linger: lingerMs, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  const control = new Router({ linger: lingerMs, sendHighWaterMark: 0 });
  // Nothing is ever asked on it, but clients connect to it.
  const stdin = new Router({ linger: 0 });
  const hb = new Reply({ linger: 0 });
  const sockets: Readonly<Record<ChannelName, Publisher | Router | Reply>> = { shell, control, iopub, stdin, hb };
  await Promise.all((["shell", "control", "iopub", "stdin", "hb"] as const).map((name) => sockets[name].bind(addressOf(connection, name))));
  void echo(hb);
  const senders = { shell: new SendQueue(shell), control: new SendQueue(control), iopub: new SendQueue(iopub) };
  return {
    send: (channel, frames) => senders[channel].push(frames),
    listen: (channel, take) => void receive(sockets[channel], take),
    drain: async () => void (await Promise.all(Object.values(senders).map((sender) => sender.drain()))),
    close: () => Object.values(sockets).forEach((socket) => socket.close()),
  };
}

async function receive(socket: Publisher | Router | Reply, take: (frames: readonly Buffer[]) => void): Promise<void> {
  if (!(Symbol.asyncIterator in socket)) throw new Error("Internal error: a channel that can't be listened to");
  for await (const frames of socket) take(frames);
}

async function echo(socket: Reply): Promise<void> {
  for await (const frames of socket) await socket.send(frames);
}

/** A socket takes one message at a time. */
class SendQueue {
  readonly #waiting: (readonly Buffer[])[] = [];
  #sending: Promise<void> | null = null;

  constructor(private readonly socket: Publisher | Router) {}

  push(frames: readonly Buffer[]): void {
    this.#waiting.push(frames);
    this.#sending ??= this.#pump().finally(() => (this.#sending = null));
  }

  async drain(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  async #pump(): Promise<void> {
    for (let frames = this.#waiting.shift(); frames !== undefined; frames = this.#waiting.shift()) {
      try {
        await this.socket.send([...frames]);
      } catch (error) {
        // A client that is gone can't be answered.
        if (this.socket.closed) return;
        process.stderr.write(`A message could not be sent: ${String(error)}\n`);
      }
    }
  }
}
