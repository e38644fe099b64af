import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Flags } from "./command.js";

/** Whether to open the page unasked: where somebody sits before a screen. */
export function shouldOpen(flags: Flags): boolean {
  if (flags.has("open")) return true;
  if (flags.has("no-open") || flags.has("json")) return false;
  const { CI, SSH_CONNECTION, DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasScreen = process.platform === "darwin" || DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
  return process.stdout.isTTY === true && hasScreen && CI === undefined && SSH_CONNECTION === undefined;
}

/** How long a browser may take to read the page that leads on. */
const keptMs = 30_000;

/**
 * Opens an address in the browser. It holds the token, and whoever is on this machine can read the arguments of programs:
 * what the browser is given is a file that only this user can read, and that leads there.
 */
export async function openPage(url: string): Promise<void> {
  const { default: open } = await import("open");
  const folder = await mkdtemp(join(tmpdir(), "stitchbook-open-"));
  const file = join(folder, "open.html");
  await writeFile(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><title>Stitchbook</title><a href="${url}">Open the report</a>\n`, { mode: 0o600 });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  setTimeout(() => void remove(), keptMs).unref();
  // The link is in the terminal as well.
  await open(pathToFileURL(file).href).then((child) => child.on("error", () => undefined).unref(), () => undefined);
}
