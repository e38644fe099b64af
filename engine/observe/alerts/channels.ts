import type { Alerts } from "../../project/types.js";
import type { Message } from "./message.js";
import type { ChannelName } from "./types.js";
import { fillVariables, type Variables } from "./variables.js";

/** A way to people. */
export type Channel = { readonly name: ChannelName; readonly send: (message: Message, signal: AbortSignal) => Promise<void> };

export type OpenChannels = {
  readonly channels: readonly Channel[];
  /** Channels that are configured, but whose variables are unset. */
  readonly off: readonly { readonly name: ChannelName; readonly unset: readonly string[] }[];
  /** Where to look, as configured; null where it isn't, or its variable is unset. */
  readonly link: string | null;
  /** Name -> value: all that must never show. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** Opens the channels of a project with the values of their variables. */
export function openChannels(alerts: Alerts, variables: Variables): OpenChannels {
  const secrets: Record<string, string> = {};
  const unset = new Map<ChannelName, readonly string[]>();
  const fill = (text: string, name: ChannelName): string => {
    const filled = fillVariables(text, variables);
    if (filled.value === null) unset.set(name, [...new Set([...(unset.get(name) ?? []), ...filled.unset])]);
    else Object.assign(secrets, filled.used);
    return filled.value ?? "";
  };
  const channels: Channel[] = [];
  if (alerts.slack !== null) {
    const webhook = fill(alerts.slack, "slack");
    secrets["alerts.slack"] = webhook;
    channels.push({ name: "slack", send: async (message, signal) => (await import("./slack.js")).postToSlack(webhook, message, signal) });
  }
  if (alerts.email !== null) {
    const { smtp, from, to } = alerts.email;
    // One variable may hold several addresses.
    const mailbox = { smtp: fill(smtp, "email"), from: fill(from, "email"), to: to.flatMap((each) => fill(each, "email").split(",")).map((each) => each.trim()).filter((each) => each !== "") };
    Object.assign(secrets, secretsOfUrl(mailbox.smtp));
    channels.push({ name: "email", send: async (message, signal) => (await import("./email.js")).sendEmail(mailbox, message, signal) });
  }
  const link = alerts.link === null ? null : fillVariables(alerts.link, variables).value;
  return {
    channels: channels.filter(({ name }) => !unset.has(name)),
    off: [...unset].map(([name, names]) => ({ name, unset: names })),
    link: link === "" ? null : link,
    secrets: Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== "")),
  };
}

/** A password can show without the address that it stood in. */
function secretsOfUrl(url: string): Record<string, string> {
  if (!URL.canParse(url)) return { "alerts.email.smtp": url };
  const { password } = new URL(url);
  return { "alerts.email.smtp": url, ...(password === "" ? {} : { "alerts.email.smtp password": decode(password) }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
