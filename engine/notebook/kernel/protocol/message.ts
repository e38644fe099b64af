import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

/** The version of the Jupyter messaging protocol that is spoken. */
export const protocolVersion = "5.3";

export type Header = {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
};

export type Content = Readonly<Record<string, unknown>>;

/** One request as it came in. */
export type Request = {
  /** Routing prefix: the client's identities, which the reply must repeat. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  /** The header as it was written, which every message that answers repeats. */
  readonly rawHeader: Content;
  readonly metadata: Content;
  readonly content: Content;
};

/** One message to send. */
export type Reply = { readonly type: string; readonly content: Content; readonly metadata?: Content };

const delimiter = Buffer.from("<IDS|MSG>");

/**
 * Writes and reads messages as they go over the wire.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
 */
export class MessageCodec {
  readonly session: string = randomUUID();

  /** @param key - of the connection file; empty where messages are not signed */
  constructor(private readonly key: string) {}

  /** @returns null where the frames are no message, or not signed by who holds the key */
  decode(frames: readonly Buffer[]): Request | null {
    const start = frames.findIndex((frame) => frame.equals(delimiter));
    const [signature, ...parts] = frames.slice(start + 1);
    const [header, parent, metadata, content] = parts;
    if (start === -1 || signature === undefined || header === undefined || parent === undefined || metadata === undefined || content === undefined) return null;
    if (!this.#isSigned(signature, [header, parent, metadata, content])) return null;
    const rawHeader = parseObject(header);
    if (rawHeader === null || typeof rawHeader["msg_id"] !== "string" || typeof rawHeader["msg_type"] !== "string") return null;
    return {
      identities: frames.slice(0, start),
      header: readHeader(rawHeader),
      rawHeader,
      metadata: parseObject(metadata) ?? {},
      content: parseObject(content) ?? {},
    };
  }

  /** @param parent - the request that is answered; null for what no request led to */
  encode(reply: Reply, parent: Pick<Request, "rawHeader"> | null, identities: readonly Buffer[]): Buffer[] {
    const username = parent?.rawHeader["username"];
    const header: Header = {
      msg_id: randomUUID(),
      msg_type: reply.type,
      session: this.session,
      username: typeof username === "string" ? username : "kernel",
      date: new Date().toISOString(),
      version: protocolVersion,
    };
    const parts = [header, parent?.rawHeader ?? {}, reply.metadata ?? {}, reply.content].map((part) => Buffer.from(JSON.stringify(part)));
    return [...identities, delimiter, Buffer.from(this.#sign(parts)), ...parts];
  }

  #sign(parts: readonly Buffer[]): string {
    if (this.key === "") return "";
    const hmac = createHmac("sha256", this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  #isSigned(signature: Buffer, parts: readonly Buffer[]): boolean {
    const expected = Buffer.from(this.#sign(parts));
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
}

function readHeader(raw: Content): Header {
  const text = (name: string): string => (typeof raw[name] === "string" ? raw[name] : "");
  return { msg_id: text("msg_id"), msg_type: text("msg_type"), session: text("session"), username: text("username"), date: text("date"), version: text("version") };
}

function parseObject(bytes: Buffer): Content | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}
