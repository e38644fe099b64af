import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** No page and no notebook is larger; what is would only stop everything. */
const mostBytes = 200_000_000;

/**
 * Reads a file of the project that is to be served: itself, never what a link leads to outside of the project.
 *
 * @param root Absolute.
 * @param path Project path, from the graph and never from a request.
 * @returns null where there is no such file
 */
export async function readServedFile(root: string, path: string): Promise<Buffer | null> {
  const absolute = join(root, path);
  try {
    const [real, realRoot] = await Promise.all([realpath(absolute), realpath(root)]);
    if (!real.startsWith(`${realRoot}${sep}`)) return null;
    const handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      return stats.isFile() && stats.size <= mostBytes ? await handle.readFile() : null;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}
