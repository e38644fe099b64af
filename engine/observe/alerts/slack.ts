import { AbortError } from "p-retry";
import { type Fact, type Message, type MessageItem } from "./message.js";
import { RetryLater } from "./retry-later.js";

/** Slack's limits: characters of a header and of a section's text, and blocks of a message. */
const limits = { header: 150, section: 3000, items: 20 } as const;

const marks = { bad: "🔴", good: "🟢", notice: "🔵" } as const;

/**
 * Posts a message to an incoming webhook.
 *
 * @throws AbortError where trying again is pointless, RetryLater where Slack says when
 */
export async function postToSlack(webhook: string, message: Message, signal: AbortSignal): Promise<void> {
  const response = await fetch(webhook, { method: "POST", headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(toSlackPayload(message)), signal, redirect: "error" });
  const answer = (await response.text().catch(() => "")).slice(0, 200).trim();
  if (response.ok) return;
  const what = `Slack answered ${response.status}${answer === "" ? "" : ` (${answer})`}`;
  if (response.status === 429) throw new RetryLater(what, readRetryAfter(response.headers.get("retry-after")));
  throw response.status >= 500 ? new Error(what) : new AbortError(what);
}

/** @see https://docs.slack.dev/reference/block-kit/blocks */
export function toSlackPayload(message: Message): { readonly text: string; readonly blocks: readonly object[] } {
  const shown = message.items.slice(0, limits.items);
  const left = message.items.length - shown.length;
  return {
    // What notifications and screen readers have.
    text: escapeSlack(`${marks[message.tone]} ${message.subject}`),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(`${marks[message.tone]} ${message.subject}`, limits.header), emoji: true } },
      ...shown.map((item) => ({ type: "section", text: { type: "mrkdwn", text: cut(itemText(item), limits.section) } })),
      ...(left === 0 ? [] : [{ type: "section", text: { type: "mrkdwn", text: `… and ${left} more` } }]),
      { type: "context", elements: [{ type: "mrkdwn", text: cut([...message.facts.map(factText), linkText(message.link)].join("\n"), limits.section) }] },
    ],
  };
}

function itemText({ tone, title, facts }: MessageItem): string {
  return [`${marks[tone]} *${escapeSlack(title)}*`, ...facts.map(factText)].join("\n");
}

function factText({ name, value, isCode }: Fact): string {
  if (isCode !== true) return `${name}: ${escapeSlack(value)}`;
  const code = escapeSlack(value).replaceAll("`", "'");
  return value.includes("\n") ? `${name}:\n\`\`\`${code}\`\`\`` : `${name}: \`${code}\``;
}

function linkText(link: string): string {
  return /^https?:\/\//.test(link) ? `Look here: <${escapeSlack(link).replaceAll("|", "%7C")}|${escapeSlack(link)}>` : `Log: \`${escapeSlack(link)}\``;
}

/** @see https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Seconds, or a date. @returns milliseconds; null where there is nothing to be read */
function readRetryAfter(text: string | null): number | null {
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
