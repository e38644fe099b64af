import { join } from "node:path";
import type { FileSystem } from "../run/publish/file-system.js";

/** Nobody writes one file for longer. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Removes what ended processes left of the files that they were writing into the store.
 *
 * @param folder - absolute path of the store; may be missing
 */
export async function sweepIncoming(folder: string, fs: FileSystem): Promise<void> {
  for (const path of await listStale(folder, { now: Date.now(), fs })) await fs.rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** The files that nobody writes any more. */
export async function listStale(folder: string, { now, fs }: { readonly now: number; readonly fs: FileSystem }): Promise<readonly string[]> {
  const incoming = join(folder, "incoming");
  const stale: string[] = [];
  for (const name of await fs.readdir(incoming).catch(() => [])) {
    const path = join(incoming, name);
    const stats = await fs.lstat(path).catch(() => null);
    const pid = /^(\d+)-/.exec(name)?.[1];
    if (stats !== null && (pid === undefined || !isAlive(Number(pid)) || now - stats.mtimeMs > LONGEST_MS)) stale.push(path);
  }
  return stale;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else is alive all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
