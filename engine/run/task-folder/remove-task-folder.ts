import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileSystem, orNullIfMissing, type FileSystem } from "../publish/file-system.js";

const attempts = 6;

/**
 * Removes a task's folder, read-only parts and all. Links are removed, not followed.
 *
 * @param folder - absolute; may be missing
 * @returns false if something of it remains; the next run removes it
 */
export async function removeTaskFolder(folder: string, fs: FileSystem = fileSystem): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 2, retryDelay: 10 });
      return true;
    } catch {
      // A folder without write permission keeps its files; a dying process may still be adding some.
      await makeFoldersWritable(folder, fs).catch(() => undefined);
      if (attempt < attempts) await sleep(5 * 2 ** attempt);
    }
  }
  return false;
}

/**
 * Removes what killed runs left. Only while holding the lock.
 *
 * @param taskFolders - absolute, where tasks work; may be missing
 * @param kept - absolute paths of folders that stay
 */
export async function removeLeftTaskFolders(taskFolders: string, kept: ReadonlySet<string> = new Set(), fs: FileSystem = fileSystem): Promise<void> {
  const names = (await orNullIfMissing(fs.readdir(taskFolders))) ?? [];
  for (const name of names) if (!kept.has(join(taskFolders, name))) await removeTaskFolder(join(taskFolders, name), fs);
}

async function makeFoldersWritable(folder: string, fs: FileSystem): Promise<void> {
  await fs.chmod(folder, 0o700);
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeFoldersWritable(join(folder, entry.name), fs);
  }
}
