import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { cookieName, judgeAccess } from "./access.js";
import { EventStream } from "./event-stream.js";

/** What a path answers. */
export type Answer = { readonly type: "html" | "script" | "style"; readonly body: string | Buffer; /** Content-Security-Policy. */ readonly policy: string };

export type PreviewParts = {
  readonly token: string;
  /** What to serve at a path; null where nothing is. */
  readonly answer: (path: string) => Promise<Answer | null>;
  /** The events that a page which has just been opened needs. */
  readonly present: () => readonly string[];
};

export type PreviewServer = {
  readonly port: number;
  /** The address with the token. */
  readonly url: string;
  /** Sends an event to all open pages. */
  readonly send: (message: string) => void;
  readonly close: () => Promise<void>;
};

const types = { html: "text/html; charset=utf-8", script: "text/javascript; charset=utf-8", style: "text/css; charset=utf-8" } as const;

/** Nothing may be loaded, run, sent or framed. */
export const emptyPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** How many ports are tried from the wanted one on. */
const mostPorts = 100;

/**
 * Serves the page on this machine alone.
 *
 * @param wanted The port, or the first of several that are tried; 0: any.
 * @throws Error where none of them is free
 */
export async function startPreviewServer(wanted: number, parts: PreviewParts): Promise<PreviewServer> {
  const stream = new EventStream();
  let port = wanted;
  const server = createServer((request, response) => void respond(request, response, { ...parts, port, stream }));
  server.on("connect", (_, socket) => socket.destroy());
  server.on("clientError", (_, socket) => socket.destroy());
  port = await listen(server, wanted);
  return {
    port,
    url: `http://127.0.0.1:${port}/?token=${parts.token}`,
    send: (message) => stream.send(message),
    close: () =>
      new Promise((resolve) => {
        stream.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; ; port += 1) {
    try {
      return await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
          server.off("error", reject);
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : port);
        });
      });
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || port >= 65_535 || port + 1 >= wanted + mostPorts) throw error;
    }
  }
}

type Serving = PreviewParts & { readonly port: number; readonly stream: EventStream };

async function respond(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { method, url, headers, rawHeaders, socket } = request;
  request.resume();
  try {
    const access = judgeAccess({ method, url, headers, rawHeaders, remoteAddress: socket.remoteAddress }, serving);
    if (access.kind === "refused") return refuse(response, access.status, access.reason);
    if (access.kind === "enters") return enter(response, serving);
    if (access.path === "/events") return openStream(request, response, serving);
    const answer = await serving.answer(access.path);
    if (answer === null) return refuse(response, 404, "nothing here");
    write(response, { status: 200, type: types[answer.type], policy: answer.policy }, answer.body);
  } catch {
    if (!response.headersSent) refuse(response, 500, "this could not be made");
    else response.destroy();
  }
}

type Head = { readonly status: number; readonly type: string; readonly policy: string };

/** Sent with everything, whatever it is. */
function commonHeaders({ type, policy }: Pick<Head, "type" | "policy">): Record<string, string> {
  return {
    "Content-Type": type,
    "Content-Security-Policy": policy,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": policy.includes("frame-ancestors 'self'") ? "SAMEORIGIN" : "DENY",
  };
}

function write(response: ServerResponse, head: Head, body: string | Buffer): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(head.status, { ...commonHeaders(head), "Content-Length": String(bytes.length) });
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const allowed = status === 405 ? { Allow: "GET, HEAD" } : {};
  const hint = reason === "no token" || reason === "wrong token" ? " Open the link that `stitchbook watch` shows in the terminal." : "";
  const body = Buffer.from(`Refused: ${reason}.${hint}\n`);
  response.writeHead(status, { ...commonHeaders({ type: "text/plain; charset=utf-8", policy: emptyPolicy }), ...allowed, "Content-Length": String(body.length), Connection: "close" });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/**
 * The token moves from the address into a cookie. A page of our own leads on, not a redirection: a browser sends no
 * strict cookie along a way that began on another site.
 */
function enter(response: ServerResponse, { port, token }: Serving): void {
  const body = '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Stitchbook</title><p><a href="/">Open the report</a></p></html>\n';
  response.setHeader("Set-Cookie", `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`);
  write(response, { status: 200, type: types.html, policy: emptyPolicy }, body);
}

function openStream(request: IncomingMessage, response: ServerResponse, { stream, present }: Serving): void {
  if (request.method !== "GET") return refuse(response, 405, "events can only be listened to");
  response.writeHead(200, commonHeaders({ type: "text/event-stream; charset=utf-8", policy: emptyPolicy }));
  if (!stream.open(response, present())) response.end();
}
