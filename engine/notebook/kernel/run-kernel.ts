import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChannels } from "./protocol/channels.js";
import { readConnection } from "./protocol/connection.js";
import { KernelServer } from "./protocol/kernel-server.js";
import { MessageCodec, type Content } from "./protocol/message.js";
import { createControlHandler, createShellHandler } from "./request-handlers.js";
import type { KernelEffects } from "./session/effects.js";
import { KernelSession } from "./session/kernel-session.js";

export type KernelOptions = {
  /** The connection file. */
  readonly connectionFile: string;
  /** Absolute: the project's folder, or the kernel's where it belongs to no project. */
  readonly root: string;
  /** Absolute: where the kernel was started. */
  readonly folder: string;
  /** Absolute path of the bundled executor. */
  readonly executorFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The content of `kernel_info_reply`. */
  readonly info: Content;
  readonly effects: KernelEffects;
};

/** Serves a Jupyter kernel until it is told to end. */
export async function runKernel(options: KernelOptions): Promise<void> {
  const connection = readConnection(options.connectionFile);
  const temporaryFolder = mkdtempSync(join(tmpdir(), "stitchbook-kernel-"));
  process.on("exit", () => rmSync(temporaryFolder, { recursive: true, force: true }));
  const codec = new MessageCodec(connection.key);
  const session = new KernelSession({
    ...options,
    temporaryFolder,
    publish: (type, content, parent) => server.publish({ type, content }, parent),
  });
  const channels = await openChannels(connection);
  const end = async (): Promise<void> => {
    await session.end();
    await channels.drain();
    channels.close();
    process.exit(0);
  };
  const handlers = { session, info: options.info };
  const server = new KernelServer(channels, codec, { shell: createShellHandler(handlers), control: createControlHandler(handlers), end: () => void end() });
  server.start();
  // A client that knows no other way to interrupt sends the signal.
  process.on("SIGINT", () => session.interrupt());
  process.on("SIGTERM", () => void end());
  await session.warmUp();
}
