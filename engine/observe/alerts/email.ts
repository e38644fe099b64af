import { AbortError } from "p-retry";
import { renderEmail } from "./email-body.js";
import type { Message } from "./message.js";

/** How to reach a mail server, and for whom a message is. */
export type Mailbox = { readonly smtp: string; readonly from: string; readonly to: readonly string[] };

/** Below the time that a delivery has in all, so that a server that hangs is told as what it is. */
const timeoutsMs = { connectionTimeout: 4000, greetingTimeout: 4000, socketTimeout: 6000 } as const;

/**
 * Sends a message by SMTP: TLS from the start for `smtps:`, STARTTLS for `smtp:` where the server offers it. A password
 * goes over an encrypted connection only, except to this machine itself, whose certificate isn't held against anything
 * either. Further options of nodemailer may stand in the URL: `?tls.rejectUnauthorized=false`, `?name=...`.
 *
 * @throws AbortError where trying again is pointless
 */
export async function sendEmail({ smtp, from, to }: Mailbox, message: Message, signal: AbortSignal): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const transport = createTransport(withOptions(smtp), { disableFileAccess: true, disableUrlAccess: true });
  const close = () => transport.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    await Promise.race([transport.sendMail({ from, to: [...to], ...renderEmail(message) }), rejectOnAbort(signal)]);
  } catch (error) {
    throw isFinal(error) ? new AbortError(describe(error)) : new Error(describe(error), { cause: error });
  } finally {
    signal.removeEventListener("abort", close);
    transport.close();
  }
}

function withOptions(smtp: string): string {
  if (!URL.canParse(smtp) || !/^smtps?:/.test(smtp)) throw new AbortError("the address of the mail server must be smtp://... or smtps://...");
  const url = new URL(smtp);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  const defaults = { ...timeoutsMs, ...(isHere ? { "tls.rejectUnauthorized": false } : {}), ...(!isHere && url.protocol === "smtp:" && url.password !== "" ? { requireTLS: true } : {}) };
  for (const [name, value] of Object.entries(defaults)) if (!url.searchParams.has(name)) url.searchParams.set(name, String(value));
  return url.href;
}

/** A lasting refusal by the server (5yz), a wrong password, or an address that is none. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "EAUTH" || error.code === "EENVELOPE")) return !isPassing(error);
  return "responseCode" in error && typeof error.responseCode === "number" && error.responseCode >= 500;
}

function isPassing(error: Error): boolean {
  return "responseCode" in error && typeof error.responseCode === "number" && error.responseCode < 500;
}

function describe(error: unknown): string {
  return `the mail server: ${error instanceof Error ? error.message : String(error)}`;
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
