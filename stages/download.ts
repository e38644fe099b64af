/** Fetching a file that may be slow, false, or far too large, without believing anything it says. */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

export type DownloadLimits = {
  /** Longest body, counted after decompression. */
  readonly maxBytes: number;
  /** Longest silence, before the first byte or between two. */
  readonly idleTimeoutMs: number;
  /** Longest duration in all. */
  readonly totalTimeoutMs: number;
  /** A `Retry-After` that asks for more is cut to this. */
  readonly maxRetryAfterMs: number;
};

export type DownloadOptions = {
  /** The media type that the answer must have, such as `application/json`. */
  readonly contentType: string;
  readonly limits: DownloadLimits;
  /** The present time in milliseconds, for a `Retry-After` that is a date; default the clock. */
  readonly now?: () => number;
};

export type DownloadFailure = "status" | "content-type" | "too-large" | "idle" | "too-slow" | "network" | "content";

/** A download that did not succeed. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  constructor(
    readonly kind: DownloadFailure,
    message: string,
    /** False where trying again cannot help. */
    readonly retryable: boolean,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number; readonly status?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.status !== undefined) this.status = options.status;
  }
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number;
  readonly status?: number;
}

/**
 * Streams the body of a GET request into a file; memory holds one chunk. It tries once: whoever calls it decides about
 * another attempt from `retryable` and `retryAfterMs` of the error.
 * @param to - path of the file; removed again where the download fails.
 * @returns bytes written (after decompression).
 * @throws {@link DownloadError}
 */
export async function download(url: string, to: string, options: DownloadOptions): Promise<{ readonly bytes: number }> {
  const guard = new Guard(url, options.limits);
  try {
    const response = await fetch(url, { signal: guard.signal, headers: { accept: options.contentType } });
    guard.heard(0);
    await checkResponse(response, url, options);
    await pipeline(() => chunksOf(response, url), guard.watch, createWriteStream(to));
    return { bytes: guard.bytes };
  } catch (error) {
    await rm(to, { force: true });
    throw guard.explain(error);
  } finally {
    guard.end();
  }
}

async function* chunksOf(response: Response, url: string): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new DownloadError("content", `${url} answered without a body.`, true);
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

/** Watches over one request: counts its bytes and ends it when a limit is passed. */
class Guard {
  bytes = 0;
  #failure: DownloadError | null = null;
  readonly #abort = new AbortController();
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout;

  constructor(
    private readonly url: string,
    private readonly limits: DownloadLimits,
  ) {
    const { totalTimeoutMs } = limits;
    this.#total = setTimeout(() => this.#stop("too-slow", `was not done after ${totalTimeoutMs} ms`, true), totalTimeoutMs);
    this.#idle = this.#startIdle();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Notes that bytes have arrived. */
  heard(bytes: number): void {
    clearTimeout(this.#idle);
    this.#idle = this.#startIdle();
    this.bytes += bytes;
    if (this.bytes > this.limits.maxBytes) {
      throw this.#stop("too-large", `sent more than ${this.limits.maxBytes} bytes (counted after decompression)`, false);
    }
  }

  /** A step of a pipeline that lets everything through and counts it. */
  readonly watch = async function* (this: Guard, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.heard(chunk.byteLength);
      yield chunk;
    }
  }.bind(this);

  /** The limit that was passed, or what the network said. */
  explain(error: unknown): unknown {
    if (this.#failure !== null) return this.#failure;
    // The disk's errors have a `syscall` as well as the network's, but fetch wraps its own in a TypeError.
    if (error instanceof DownloadError || !(error instanceof TypeError)) return error;
    const when = this.bytes > 0 ? ` after ${this.bytes} bytes` : "";
    return new DownloadError("network", `${this.url} could not be read${when}: ${causeText(error)}.`, true, { cause: error });
  }

  end(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    // Whatever is left of a refused answer need not be received.
    this.#abort.abort();
  }

  #startIdle(): NodeJS.Timeout {
    const { idleTimeoutMs } = this.limits;
    return setTimeout(() => this.#stop("idle", `sent nothing for ${idleTimeoutMs} ms`, true), idleTimeoutMs);
  }

  #stop(kind: DownloadFailure, what: string, retryable: boolean): DownloadError {
    this.#failure ??= new DownloadError(kind, `${this.url} ${what}; ${this.bytes} bytes had arrived.`, retryable);
    this.#abort.abort(this.#failure);
    return this.#failure;
  }
}

async function checkResponse(response: Response, url: string, options: DownloadOptions): Promise<void> {
  if (!response.ok) throw await statusError(response, url, options);
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== options.contentType) {
    // A maintenance page or a portal that asks for a password: it may be gone soon.
    throw new DownloadError("content-type", `${url} answered with ${type === "" ? "no content type" : type}; expected ${options.contentType}.`, true);
  }
  const announced = Number(response.headers.get("content-length") ?? 0);
  if (announced > options.limits.maxBytes) {
    throw new DownloadError("too-large", `${url} announces ${announced} bytes; at most ${options.limits.maxBytes} are accepted.`, false);
  }
}

async function statusError(response: Response, url: string, { limits, now = Date.now }: DownloadOptions): Promise<DownloadError> {
  const { status } = response;
  const retryable = status >= 500 || status === 408 || status === 429;
  const asked = retryAfter(response.headers.get("retry-after"), now());
  const said = await firstText(response, 300);
  const message = `${url} answered ${status} ${response.statusText}`.trim();
  return new DownloadError("status", said === "" ? `${message}.` : `${message}: ${said}`, retryable, {
    status,
    ...(asked === null || !retryable ? {} : { retryAfterMs: Math.min(asked, limits.maxRetryAfterMs) }),
  });
}

/**
 * What a `Retry-After` header asks for, in milliseconds: a number of seconds, or a date.
 * @returns null where there is none or it can't be read.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** The beginning of a body, for a message; an error page may be of any length, so the rest is not read. */
async function firstText(response: Response, length: number): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  let text = "";
  const decoder = new TextDecoder();
  try {
    for (let part = await reader.read(); !part.done && text.length < length; part = await reader.read()) text += decoder.decode(part.value, { stream: true });
  } catch {
    // The status is what counts; what the server wanted to say with it was cut off.
  }
  return text.replace(/\s+/g, " ").trim().slice(0, length);
}

function causeText(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause.message : "";
  return inner === "" ? error.message : `${error.message} (${inner})`;
}
