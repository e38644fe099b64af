import { mkdtemp, readdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that names no process is given up after this time. */
const ABANDONED_MS = 3_600_000;

const swept = new Map<string, Promise<void>>();

/**
 * Makes a temporary folder whose name holds this process's id. The first call with a prefix removes what runs that were
 * killed left behind under it.
 *
 * @param prefix Begins the name, and ends in a dash.
 * @returns Absolute, without symbolic links.
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  const sweep = swept.get(prefix) ?? removeAbandoned(prefix);
  swept.set(prefix, sweep);
  await sweep;
  return realpath(await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)));
}

async function removeAbandoned(prefix: string): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const path = join(tmpdir(), name);
    const owner = /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    const isAbandoned = owner === undefined ? await isOld(path) : !isRunning(Number(owner));
    if (isAbandoned) await rm(path, { recursive: true, force: true });
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > ABANDONED_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
