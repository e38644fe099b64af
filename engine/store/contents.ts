import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { digestFile } from "../checkpoint/file-state.js";
import type { FileSystem } from "../run/publish/file-system.js";
import type { ContentKey } from "./types.js";

/** What became of taking a file out of the store. */
export type Taken = "taken" | "missing" | "damaged";

/** Absolute path of a content. */
export function contentPath(folder: string, sha256: string): string {
  return join(folder, "contents", sha256.slice(0, 2), sha256.slice(2));
}

/** A fresh name for a file that is being written. It tells whose it is, so that what killed processes left can go. */
export function incomingPath(folder: string): string {
  return join(folder, "incoming", `${process.pid}-${randomBytes(8).toString("hex")}`);
}

/** Whether a content is there with its size. That its bytes are right shows when it is taken. */
export async function hasContent(folder: string, { sha256, bytes }: ContentKey, fs: FileSystem): Promise<boolean> {
  const stats = await fs.lstat(contentPath(folder, sha256)).catch(() => null);
  return stats !== null && stats.isFile() && stats.size === bytes;
}

/**
 * Copies a file into the store, unless its content is there.
 *
 * Nothing is synced: after a power failure a content may be damaged, which shows when it is taken.
 *
 * @param from - absolute path of a file of these bytes
 * @returns how many bytes the store grew by
 * @throws the file system's error
 */
export async function putFile(folder: string, key: ContentKey, { from, fs }: { readonly from: string; readonly fs: FileSystem }): Promise<number> {
  return putContent(folder, key, { fs, write: (to) => fs.copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL) });
}

/** The same for a text. */
export async function putText(folder: string, text: string, fs: FileSystem): Promise<{ readonly key: ContentKey; readonly added: number }> {
  const bytes = Buffer.from(text);
  const key = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  return { key, added: await putContent(folder, key, { fs, write: (to) => writeNewFile(to, bytes, fs) }) };
}

type Writing = { readonly fs: FileSystem; readonly write: (to: string) => Promise<void> };

async function putContent(folder: string, key: ContentKey, { fs, write }: Writing): Promise<number> {
  if (await hasContent(folder, key, fs)) return 0;
  await putInPlace(folder, contentPath(folder, key.sha256), { fs, write, bytes: key.bytes });
  return key.bytes;
}

/** Writes under a name of its own, looks whether all is there, and renames. */
export async function putInPlace(folder: string, path: string, { fs, write, bytes }: Writing & { readonly bytes: number }): Promise<void> {
  const incoming = incomingPath(folder);
  await fs.mkdir(dirname(incoming), { recursive: true });
  await fs.mkdir(dirname(path), { recursive: true });
  try {
    await write(incoming);
    const { size } = await fs.stat(incoming);
    if (size !== bytes) throw new ShortCopyError(size, bytes);
    if ((await fs.lstat(path).catch(() => null))?.isDirectory() === true) await fs.rm(path, { recursive: true });
    await fs.rename(incoming, path);
  } catch (error) {
    await fs.rm(incoming, { force: true }).catch(() => undefined);
    throw error;
  }
}

export async function writeNewFile(path: string, bytes: Uint8Array, fs: FileSystem): Promise<void> {
  const handle = await fs.open(path, "wx");
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

/**
 * Copies a content out of the store and looks at every byte of the copy.
 *
 * @param to - absolute; there must be nothing yet, and nothing is left there unless it is `taken`
 * @throws the file system's error where the copy can't be written
 */
export async function takeFile(folder: string, key: ContentKey, { to, fs }: { readonly to: string; readonly fs: FileSystem }): Promise<Taken> {
  if (!(await hasContent(folder, key, fs))) return "missing";
  const from = contentPath(folder, key.sha256);
  try {
    await fs.copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    if (await holds(to, key)) return "taken";
    if (!(await holds(from, key))) return leave("damaged", to, fs);
    throw new ShortCopyError((await fs.stat(to)).size, key.bytes);
  } catch (error) {
    await fs.rm(to, { force: true }).catch(() => undefined);
    if (!(await isSound(folder, key))) return "damaged";
    throw error;
  }
}

/** Whether a content is there with the right bytes. */
export async function isSound(folder: string, key: ContentKey): Promise<boolean> {
  return holds(contentPath(folder, key.sha256), key).catch(() => false);
}

/** Reads a text of the store; null where it is missing or damaged. */
export async function takeText(folder: string, key: ContentKey, fs: FileSystem): Promise<string | null> {
  if (!(await hasContent(folder, key, fs))) return null;
  const bytes = await fs.readFile(contentPath(folder, key.sha256)).catch(() => null);
  return bytes !== null && createHash("sha256").update(bytes).digest("hex") === key.sha256 ? bytes.toString("utf8") : null;
}

async function leave(taken: Taken, to: string, fs: FileSystem): Promise<Taken> {
  await fs.rm(to, { force: true });
  return taken;
}

async function holds(path: string, key: ContentKey): Promise<boolean> {
  const { sha256, bytes } = await digestFile(path);
  return bytes === key.bytes && sha256 === key.sha256;
}

/** Some file systems report success when the disk is full. */
class ShortCopyError extends Error {
  override readonly name = "ShortCopyError";
  readonly code = "ENOSPC";
  constructor(found: number, expected: number) {
    super(`Only ${found} of ${expected} bytes were written`);
  }
}
