import { setTimeout as delay } from "node:timers/promises";
import type { Channels } from "./channels.js";
import type { Content, MessageCodec, Reply, Request } from "./message.js";

/** What a request leads to. `terminate` ends the kernel after the reply. */
export type Answer = { readonly content: Content; readonly end?: boolean; readonly abortsQueue?: boolean };

/** What the kernel does about each kind of request; the server knows the protocol around it. */
export type Handler = {
  /** @returns null for requests that get no reply. */
  handle(request: Request): Promise<Answer | null> | Answer | null;
};

/** How long requests may be under way that a client sent before it could know of an error. */
const arrivalMs = 50;

/**
 * Serves the shell and the control channel: requests of one channel one after the other, those of the control channel
 * beside what the shell does. Each is framed by `busy` and `idle`.
 */
export class KernelServer {
  readonly #shell: Request[] = [];
  readonly #aborted = new Set<Request>();
  #isServing = false;

  constructor(
    private readonly channels: Channels,
    private readonly codec: MessageCodec,
    private readonly handlers: { readonly shell: Handler; readonly control: Handler; readonly end: () => void },
  ) {}

  start(): void {
    this.publish({ type: "status", content: { execution_state: "starting" } }, null);
    this.channels.listen("shell", (frames) => {
      const request = this.codec.decode(frames);
      if (request === null) return;
      this.#shell.push(request);
      if (!this.#isServing) void this.#serveShell();
    });
    this.channels.listen("control", (frames) => {
      const request = this.codec.decode(frames);
      if (request !== null) void this.#serve(request, "control");
    });
  }

  /** Sends to all clients. @param parent - the request that led to it */
  publish(reply: Reply, parent: Pick<Request, "rawHeader"> | null): void {
    this.channels.send("iopub", this.codec.encode(reply, parent, [Buffer.from(`kernel.${this.codec.session}.${reply.type}`)]));
  }

  async #serveShell(): Promise<void> {
    this.#isServing = true;
    for (let request = this.#shell.shift(); request !== undefined; request = this.#shell.shift()) await this.#serve(request, "shell");
    this.#isServing = false;
  }

  async #serve(request: Request, channel: "shell" | "control"): Promise<void> {
    this.publish({ type: "status", content: { execution_state: "busy" } }, request);
    const answer = await this.#answer(request, channel);
    if (answer?.abortsQueue === true) await this.#abortQueue();
    if (answer !== null) this.#reply(request, channel, answer.content);
    this.publish({ type: "status", content: { execution_state: "idle" } }, request);
    if (answer?.end === true) this.handlers.end();
  }

  async #answer(request: Request, channel: "shell" | "control"): Promise<Answer | null> {
    if (this.#aborted.delete(request)) return { content: { status: "aborted" } };
    try {
      return await this.handlers[channel].handle(request);
    } catch (error) {
      const [ename, evalue] = error instanceof Error ? [error.name, error.message] : ["Error", String(error)];
      process.stderr.write(`${request.header.msg_type} failed: ${error instanceof Error ? (error.stack ?? evalue) : evalue}\n`);
      return { content: { status: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] } };
    }
  }

  #reply({ header, identities, rawHeader }: Request, channel: "shell" | "control", content: Content): void {
    const type = header.msg_type.replace(/_request$/, "_reply");
    this.channels.send(channel, this.codec.encode({ type, content }, { rawHeader }, identities));
    // Other clients learn of the end, too.
    if (type === "shutdown_reply") this.publish({ type, content }, { rawHeader });
  }

  /**
   * Executions that were asked for before the client could know of the error are not to be done. The reply goes out only
   * afterwards, so that what a client asks for because of it is none of them.
   */
  async #abortQueue(): Promise<void> {
    await delay(arrivalMs);
    for (const request of this.#shell) if (request.header.msg_type === "execute_request") this.#aborted.add(request);
  }
}
