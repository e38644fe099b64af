import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFile } from "../project/local-modules.js";
import { hashText } from "./canonical.js";

/** Reads source files of a project and remembers what was asked, so that an answer that rests on them can be checked later. */
export type SourceReader = {
  /** Whether a file is there. @param path Project path. */
  isFile(path: string): boolean;
  /** The text of a file, or null where none is there. @param path Project path. */
  read(path: string): string | null;
  /** Project path -> SHA-256 of the bytes of a file that was read, "present" where it was only looked for, null where none was. */
  readonly seen: ReadonlyMap<string, string | null>;
};

/** Makes a reader whose answers stay the same while it lives. @param root Absolute path of the project. */
export function createSourceReader(root: string): SourceReader {
  const seen = new Map<string, string | null>();
  const texts = new Map<string, string>();
  return {
    seen,
    isFile(path) {
      const known = seen.get(path);
      if (known !== undefined) return known !== null;
      const found = isFile(join(root, path));
      seen.set(path, found ? "present" : null);
      return found;
    },
    read(path) {
      const known = texts.get(path);
      if (known !== undefined) return known;
      if (!this.isFile(path)) return null;
      const bytes = readFileSync(join(root, path));
      const text = bytes.toString("utf8");
      texts.set(path, text);
      seen.set(path, hashText(bytes));
      return text;
    },
  };
}

/** Whether everything that another reader saw before is still so. @param reader Sees the present state. */
export function isStillSeen(reader: SourceReader, seen: Iterable<readonly [string, string | null]>): boolean {
  for (const [path, expected] of seen) {
    if (expected === null || expected === "present") {
      if (reader.isFile(path) !== (expected !== null)) return false;
    } else {
      reader.read(path);
      if (reader.seen.get(path) !== expected) return false;
    }
  }
  return true;
}
