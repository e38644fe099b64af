import { promises } from "node:fs";

/** The file operations that change something or must not be interrupted unnoticed; tests hand in others. */
export type FileSystem = Pick<
  typeof promises,
  "open" | "rename" | "unlink" | "link" | "mkdir" | "mkdtemp" | "readFile" | "readdir" | "lstat" | "stat" | "copyFile" | "realpath" | "chmod" | "rm" | "statfs"
>;

export const fileSystem: FileSystem = promises;

/** The system's code of a failed call, such as `ENOENT`; null for anything else that was thrown. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** Whether a call failed with one of these codes. */
export function failedWith(error: unknown, ...codes: readonly string[]): boolean {
  const code = errorCode(error);
  return code !== null && codes.includes(code);
}

/** What a call resolves to, or null where the file, or a folder above it, is not there. */
export async function orNullIfMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (failedWith(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}

/** Removes a file that may already be gone. */
export async function removeFile(fs: FileSystem, path: string): Promise<void> {
  await orNullIfMissing(fs.unlink(path));
}

/** Why a call failed, in words, and what to do about it. */
export function explainFileError(error: unknown): { readonly reason: string; readonly hint: string } {
  const code = errorCode(error);
  const known = code === null ? undefined : explanations[code];
  if (known !== undefined) return known;
  return { reason: error instanceof Error ? error.message : String(error), hint: "Check the file and its folder, then run again." };
}

const explanations: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: { reason: "no space is left on the disk (ENOSPC)", hint: "Free some space, then run again." },
  EDQUOT: { reason: "the disk quota is used up (EDQUOT)", hint: "Free some space or raise the quota, then run again." },
  EACCES: { reason: "permission denied (EACCES)", hint: "Make the file's folder writable for you, then run again." },
  EPERM: { reason: "the operation is not permitted (EPERM)", hint: "Make the file and its folder writable for you, then run again." },
  EROFS: { reason: "the file system is read-only (EROFS)", hint: "Choose a place that can be written, or mount it for writing." },
  EISDIR: { reason: "a folder stands where a file is expected (EISDIR)", hint: "Move the folder away, then run again." },
  ENOTDIR: { reason: "a file stands where a folder is expected (ENOTDIR)", hint: "Move the file away, then run again." },
  EEXIST: { reason: "a file stands where a folder is expected (EEXIST)", hint: "Move the file away, then run again." },
  ENAMETOOLONG: { reason: "the name is too long (ENAMETOOLONG)", hint: "Choose a shorter name." },
  EMFILE: { reason: "too many files are open (EMFILE)", hint: "Raise the limit (ulimit -n) or run fewer tasks at once (--jobs)." },
  EIO: { reason: "the disk reported an error (EIO)", hint: "Check the disk." },
};
