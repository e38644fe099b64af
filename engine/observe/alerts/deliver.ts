import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import type { Channel } from "./channels.js";
import type { Message } from "./message.js";
import { RetryLater } from "./retry-later.js";

export type DeliverOptions = {
  /** Gives up at once when it is aborted. */
  readonly signal: AbortSignal;
  /** The longest that a channel may hold up a run, all attempts together; default nine seconds. */
  readonly withinMs?: number;
};

export type Delivery = { readonly channel: Channel; readonly error: string | null };

/**
 * Sends a message over a channel, in up to four attempts.
 *
 * @returns `error`: why it could not be delivered; null where it was
 */
export async function deliver(channel: Channel, message: Message, { signal, withinMs = 9000 }: DeliverOptions): Promise<Delivery> {
  const timeout = AbortSignal.timeout(withinMs);
  const ended = AbortSignal.any([signal, timeout]);
  const deadline = Date.now() + withinMs;
  const lastError: { message: string | null } = { message: null };
  try {
    await pRetry(() => channel.send(message, ended), {
      retries: 3,
      minTimeout: 500,
      randomize: true,
      signal: ended,
      onFailedAttempt: async ({ error }) => {
        if (!ended.aborted) lastError.message = explain(error);
        if (!(error instanceof RetryLater) || error.afterMs === null) return;
        if (Date.now() + error.afterMs > deadline) throw new Error(`${error.message}; it asks to wait ${Math.ceil(error.afterMs / 1000)} s, longer than a run does`);
        await delay(error.afterMs, undefined, { signal: ended });
      },
    });
    return { channel, error: null };
  } catch (error) {
    if (signal.aborted) return { channel, error: "the run was stopped" };
    if (timeout.aborted) return { channel, error: `no answer within ${withinMs / 1000} s${lastError.message === null ? "" : `; before that: ${lastError.message}`}` };
    return { channel, error: explain(error) };
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `fetch failed` says nothing; its cause does.
  const { cause } = error;
  return error.message === "fetch failed" && cause instanceof Error ? `${error.message}: ${causeOf(cause)}` : error.message;
}

function causeOf(cause: Error): string {
  if (cause.message !== "") return cause.message;
  return "code" in cause ? String(cause.code) : cause.name;
}
