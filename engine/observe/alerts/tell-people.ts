import type { RunEvent } from "../events.js";
import { noteDelivery, type AddressedNews } from "./find-news.js";
import type { AlertState } from "./alert-state.js";
import type { Channel } from "./channels.js";
import { deliver } from "./deliver.js";
import { composeMessage, type Picture, type RunFacts } from "./message.js";

export type TellOptions = {
  readonly channels: readonly Channel[];
  readonly run: RunFacts;
  readonly picture: Picture | null;
  /** Hides secrets in what a channel answered. */
  readonly mask: (text: string) => string;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/**
 * Sends each channel one message with all that it doesn't know yet, all channels at once.
 *
 * @returns the state with what was delivered
 */
export async function tellPeople(news: readonly AddressedNews[], state: AlertState, options: TellOptions): Promise<AlertState> {
  const { channels, run, picture, mask, emit, signal } = options;
  const deliveries = channels.map(async (channel) => {
    const own = news.filter(({ to }) => to.includes(channel.name));
    if (own.length === 0) return [];
    const message = composeMessage(own.map((each) => each.news), run, picture);
    const { error } = await deliver(channel, message, { signal });
    if (error === null) emit({ event: "alert.sent", channel: channel.name, message: message.subject });
    else emit({ event: "alert.failed", channel: channel.name, message: mask(error) });
    return error === null ? own.map((each) => ({ each, channel: channel.name })) : [];
  });
  const delivered = (await Promise.all(deliveries)).flat();
  return delivered.reduce((known, { each, channel }) => noteDelivery(known, each, channel), state);
}
