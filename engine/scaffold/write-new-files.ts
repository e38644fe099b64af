import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Project path -> text. */
export type NewFiles = Readonly<Record<string, string>>;

/** A file that was to be made is there already; none was made. */
export class FileExistsError extends Error {
  override readonly name = "FileExistsError";
  constructor(readonly path: string) {
    super(`${path} is there already; nothing was made`);
  }
}

/**
 * Writes files that are not there yet: all, or none.
 *
 * @param root absolute
 * @throws {FileExistsError} for the first that is there
 */
export async function writeNewFiles(root: string, files: NewFiles): Promise<void> {
  const made: string[] = [];
  try {
    for (const [path, text] of Object.entries(files)) {
      const target = join(root, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text, { flag: "wx" }).catch((error: unknown) => {
        throw error instanceof Error && "code" in error && error.code === "EEXIST" ? new FileExistsError(path) : error;
      });
      made.push(target);
    }
  } catch (error) {
    await Promise.all(made.map((path) => rm(path, { force: true })));
    throw error;
  }
}
