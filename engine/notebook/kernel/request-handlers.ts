import type { Answer, Handler } from "./protocol/kernel-server.js";
import type { Content, Request } from "./protocol/message.js";
import { complete, inspect, isComplete } from "./session/code-assistant.js";
import type { KernelSession } from "./session/kernel-session.js";

export type HandlerOptions = {
  readonly session: KernelSession;
  /** The content of `kernel_info_reply`. */
  readonly info: Content;
};

/** What the kernel answers on the shell channel. */
export function createShellHandler(options: HandlerOptions): Handler {
  const { session } = options;
  return {
    handle: async (request) => {
      switch (request.header.msg_type) {
        case "execute_request":
          return session.execute(request);
        case "complete_request":
          return { content: complete(await session.assistant(), ...readCursor(request)) };
        case "inspect_request":
          return { content: inspect(await session.assistant(), ...readCursor(request)) };
        case "is_complete_request":
          return { content: isComplete(readCursor(request)[0]) };
        case "comm_open":
          session.closeComm(request);
          return null;
        default:
          return answerPlainly(request, options);
      }
    },
  };
}

/** What the kernel answers on the control channel, while cells run. */
export function createControlHandler(options: HandlerOptions): Handler {
  return {
    handle: (request) => {
      if (request.header.msg_type !== "interrupt_request") return answerPlainly(request, options);
      options.session.interrupt();
      return { content: { status: "ok" } };
    },
  };
}

function readCursor({ content: { code, cursor_pos: position } }: Request): [code: string, cursor: number] {
  const text = typeof code === "string" ? code : "";
  return [text, typeof position === "number" ? position : [...text].length];
}

function answerPlainly(request: Request, { info }: HandlerOptions): Answer | null {
  switch (request.header.msg_type) {
    case "kernel_info_request":
      return { content: info };
    case "comm_info_request":
      return { content: { status: "ok", comms: {} } };
    case "history_request":
      return { content: { status: "ok", history: [] } };
    case "shutdown_request":
      return { content: { status: "ok", restart: request.content["restart"] === true }, end: true };
    default:
      return null;
  }
}
