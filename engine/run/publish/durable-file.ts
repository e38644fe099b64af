import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { explainFileError, failedWith, fileSystem, orNullIfMissing, removeFile, type FileSystem } from "./file-system.js";

/** A file could not be written; what stood there before is untouched. */
export class FileWriteError extends Error {
  override readonly name = "FileWriteError";
  readonly hint: string;
  constructor(
    /** Absolute. */
    readonly path: string,
    cause: unknown,
  ) {
    const { reason, hint } = explainFileError(cause);
    super(`${path} could not be written: ${reason}. The earlier file is untouched.`, { cause });
    this.hint = hint;
  }
}

/**
 * Writes a file so that a reader sees the earlier content or all of the new one, even after a power failure.
 *
 * @param path - absolute; its folder must exist
 * @param content - text is written as UTF-8
 * @throws {FileWriteError} when the disk is full, the folder can't be written ...; the earlier file is untouched
 */
export async function writeDurably(path: string, content: string | Uint8Array, fs: FileSystem = fileSystem): Promise<void> {
  const temporary = temporaryPathFor(path);
  try {
    await writeNewFile(temporary, typeof content === "string" ? Buffer.from(content) : content, fs);
    await fs.rename(temporary, path);
  } catch (error) {
    await removeFile(fs, temporary).catch(() => undefined);
    throw new FileWriteError(path, error);
  }
  await syncFolder(dirname(path), fs);
}

/** A fresh name beside `path`, hidden, of a pattern that only this engine uses. */
export function temporaryPathFor(path: string): string {
  const name = cutToBytes(basename(path), 200);
  return join(dirname(path), `.${name}.stitchbook-${randomBytes(8).toString("hex")}.tmp`);
}

/** Whether a file's name is one that {@link temporaryPathFor} gives. */
export function isTemporaryName(name: string): boolean {
  return /^\..*\.stitchbook-[0-9a-f]{16}\.tmp$/s.test(name);
}

/**
 * Removes what killed processes left of their temporary files in one folder. Only while nobody else writes there.
 *
 * @param folder - absolute; may be missing
 */
export async function removeStrayTemporaries(folder: string, fs: FileSystem = fileSystem): Promise<void> {
  const names = (await orNullIfMissing(fs.readdir(folder))) ?? [];
  await Promise.all(names.filter(isTemporaryName).map((name) => removeFile(fs, join(folder, name))));
}

/** Makes the file's bytes survive a power failure. */
export async function syncFile(path: string, fs: FileSystem = fileSystem): Promise<void> {
  const handle = await fs.open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder survive a power failure, where its file system can. */
export async function syncFolder(folder: string, fs: FileSystem = fileSystem): Promise<void> {
  try {
    await syncFile(folder, fs);
  } catch (error) {
    // Some network and guest file systems refuse to open or sync a folder; they have no better promise to give.
    if (!failedWith(error, "EINVAL", "ENOTSUP", "EISDIR", "EPERM", "EACCES", "EBADF")) throw error;
  }
}

async function writeNewFile(path: string, bytes: Uint8Array, fs: FileSystem): Promise<void> {
  const handle = await fs.open(path, "wx");
  try {
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
      if (bytesWritten === 0) throw new ShortWriteError(offset, bytes.length);
      offset += bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  // Network file systems may drop bytes as late as close: only the size afterwards is proof.
  const { size } = await fs.stat(path);
  if (size !== bytes.length) throw new ShortWriteError(size, bytes.length);
}

class ShortWriteError extends Error {
  override readonly name = "ShortWriteError";
  readonly code = "ENOSPC";
  constructor(written: number, expected: number) {
    super(`Only ${written} of ${expected} bytes were written`);
  }
}

/** File names are limited to 255 bytes, and the temporary one is longer than its target's. */
function cutToBytes(name: string, limit: number): string {
  let kept = "";
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    kept += character;
  }
  return kept;
}
