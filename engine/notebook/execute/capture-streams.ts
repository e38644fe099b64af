import { StringDecoder } from "node:string_decoder";
import { Writable } from "node:stream";

export type StreamName = "stdout" | "stderr";

/**
 * Puts streams of our own in the place of `process.stdout` and `process.stderr`, so that what code and `console` write
 * arrives at once, whole and in order.
 *
 * @param write - receives every piece of text as it is written
 * @returns a function that restores the process's own streams
 */
export function captureStreams(write: (name: StreamName, text: string) => void): () => void {
  const restores = (["stdout", "stderr"] as const).map((name) => {
    const before = Object.getOwnPropertyDescriptor(process, name);
    const stream = new CapturedStream(name === "stdout" ? 1 : 2, (text) => write(name, text));
    Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true, writable: true });
    const restoreConsole = redirectConsole(name, stream);
    return () => {
      if (before !== undefined) Object.defineProperty(process, name, before);
      restoreConsole();
    };
  });
  return () => restores.forEach((restore) => restore());
}

/** The console keeps the stream it first wrote to. */
function redirectConsole(name: StreamName, stream: Writable): () => void {
  const key = `_${name}`;
  if (!Object.hasOwn(console, key)) return () => undefined;
  const before: unknown = Reflect.get(console, key);
  Reflect.set(console, key, stream);
  return () => void Reflect.set(console, key, before);
}

/** A stream that hands on text at once and, like the process's own, is never closed. */
class CapturedStream extends Writable {
  readonly #decoder = new StringDecoder("utf8");
  readonly #take: (text: string) => void;

  constructor(
    readonly fd: number,
    take: (text: string) => void,
  ) {
    super({ decodeStrings: false, highWaterMark: 1 << 20 });
    this.#take = take;
  }

  override _write(chunk: unknown, encoding: BufferEncoding | "buffer", done: () => void): void {
    // Text in another encoding (hex, base64 ...) stands for bytes.
    const isText = typeof chunk === "string" && (encoding === "utf8" || encoding === "buffer");
    const text = isText ? chunk : this.#decoder.write(toBuffer(chunk, encoding));
    if (text !== "") this.#take(text);
    done();
  }

  override end(...args: unknown[]): this {
    const [chunk, encoding] = args;
    if (typeof chunk === "string") this.write(chunk, typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8");
    else if (chunk instanceof Uint8Array) this.write(chunk);
    const callback = args.find((arg) => typeof arg === "function");
    if (typeof callback === "function") process.nextTick(() => void callback());
    return this;
  }

  override destroy(): this {
    return this;
  }
}

function toBuffer(chunk: unknown, encoding: BufferEncoding | "buffer"): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding === "buffer" ? "utf8" : encoding);
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.from(String(chunk));
}
