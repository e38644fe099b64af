import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A local server that stands for Slack's webhooks. */
export type Webhook = { readonly url: string; readonly bodies: readonly string[]; readonly close: () => Promise<void> };

/** @param answer what to do with the n-th request, from 0 */
export async function startWebhook(answer: (response: ServerResponse, index: number, request: IncomingMessage) => void): Promise<Webhook> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => answer(response, bodies.push(body) - 1, request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/T000/B000/verysecrettoken`,
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const accept = (response: ServerResponse): void => void response.end("ok");

/** A local mail server. */
export type MailServer = { readonly address: string; readonly port: number; readonly mails: readonly ParsedMail[]; readonly sessions: readonly { readonly secure: boolean; readonly user: string | null }[]; readonly close: () => Promise<void> };

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ParsedMail[] = [];
  const sessions: { secure: boolean; user: string | null }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onAuth: ({ username, password }, _, done) => (username === "pipeline" && password === "open sesame" ? done(null, { user: username }) : done(new Error("Invalid username or password"))),
    onData: (stream, session, done) => {
      simpleParser(stream).then((mail) => {
        mails.push(mail);
        sessions.push({ secure: session.secure, user: session.user ?? null });
        done();
      }, done);
    },
    ...options,
  });
  server.on("error", () => undefined);
  const listening = server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => listening.once("listening", resolve));
  const { port } = listening.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, port, mails, sessions, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A server that accepts connections and does with them what it is told. */
export async function startRawServer(onConnection: (socket: Socket) => void): Promise<{ readonly address: string; readonly close: () => Promise<void> }> {
  const { createServer: createTcpServer } = await import("node:net");
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
