import { createHash } from "node:crypto";
import { readdir as readdirWithCallback, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FileState, readFileState, readFolderState, sameState } from "./file-state.js";
import { decodeText, unreadable, type ReadText } from "./read-text.js";
import { compareCodeUnits } from "./compare-code-units.js";

export type FileKind = "file" | "folder" | null;

/** The project's files as they are while it is read; each question is asked of the disk once. */
export type Disk = {
  /** The text of a source. */
  readonly readText: (path: string) => Promise<ReadText>;
  readonly kindOf: (path: string) => Promise<FileKind>;
  /** Files that a glob matches, by code unit; never those of the engine, of packages or of version control. */
  readonly glob: (pattern: string) => Promise<readonly string[]>;
  /** Files in the nearest folder of a path that exists. Only for messages. */
  readonly neighbours: (path: string) => Promise<readonly string[]>;
  /** What the answers so far rest on. */
  readonly basis: DiskBasis;
};

/** A source or a folder as it was: `digest` is of its bytes, or of the names and kinds in it; `state` is null where it changed meanwhile. */
export type Witness = { readonly digest: string; readonly state: FileState | null };

/** What the answers of a disk rest on, by path: project paths, and those of folders absolute. */
export type DiskBasis = {
  readonly texts: Map<string, Witness>;
  readonly folders: Map<string, Witness>;
  readonly kinds: Map<string, FileKind>;
  /** The globs that were asked for. */
  readonly globs: Set<string>;
};

const ignored = ["**/node_modules/**", "**/.git/**", ".stitchbook/**", "logs/**", "reports/notebooks/**"];

/** @param root absolute */
export function openDisk(root: string): Disk {
  const basis: DiskBasis = { texts: new Map(), folders: new Map(), kinds: new Map(), globs: new Set() };
  return {
    basis,
    readText: once(async (path) => {
      const read = await readWitnessed(join(root, path)).catch((error: unknown) => unreadable(path, error));
      if ("problem" in read) return read;
      basis.texts.set(path, read.witness);
      return decodeText(path, read.bytes);
    }),
    kindOf: once(async (path) => {
      const kind = kindOf(join(root, path));
      basis.kinds.set(path, kind);
      return kind;
    }),
    glob: once(async (pattern) => {
      basis.globs.add(pattern);
      const { glob } = await import("tinyglobby");
      const files = await glob(pattern, { cwd: root, ignore: ignored, onlyFiles: true, expandDirectories: false, fs: { readdir: witnessFolders(basis) } });
      return files.sort(compareCodeUnits);
    }),
    neighbours: once(async (path) => {
      for (let folder = dirname(path); ; folder = dirname(folder)) {
        const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => null);
        if (entries !== null) return entries.filter((entry) => entry.isFile()).map((entry) => (folder === "." ? entry.name : `${folder}/${entry.name}`));
        if (folder === ".") return [];
      }
    }),
  };
}

/** Where a glob looked and found no folder. */
export const noFolder: Witness = { digest: "none", state: null };

/** What stands at an absolute path. */
export function kindOf(absolute: string): FileKind {
  try {
    const found = statSync(absolute, { throwIfNoEntry: false });
    return found === undefined ? null : found.isDirectory() ? "folder" : "file";
  } catch {
    // A file where a folder of the path should be, or a folder that may not be entered.
    return null;
  }
}

/** Digest of a source's bytes. */
export function digestBytes(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Digest of the names in a folder and of what kind each is. */
export function digestEntries(entries: readonly FolderEntry[]): string {
  const lines = entries.map((entry) => `${entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "file"} ${entry.name}`);
  return createHash("sha256").update(lines.sort(compareCodeUnits).join("\0")).digest("hex");
}

type FolderEntry = { readonly name: string; isDirectory(): boolean; isSymbolicLink(): boolean };

async function readWitnessed(absolute: string): Promise<{ readonly bytes: Uint8Array; readonly witness: Witness }> {
  const before = readFileState(absolute);
  const bytes = await readFile(absolute);
  return { bytes, witness: { digest: digestBytes(bytes), state: steady(before, readFileState(absolute)) } };
}

/** Notes every folder that a glob looks into. */
function witnessFolders(basis: DiskBasis): typeof readdirWithCallback {
  const witness = (path: string, options: { withFileTypes: true }, done: (error: NodeJS.ErrnoException | null, entries: never) => void): void => {
    const before = readFolderState(path);
    readdirWithCallback(path, options, (error, entries) => {
      basis.folders.set(path, error === null ? { digest: digestEntries(entries), state: steady(before, readFolderState(path)) } : noFolder);
      // The caller asked for entries with types, and gets what it would have got.
      done(error, entries as never);
    });
  };
  // Nobody promisifies this one.
  return witness as unknown as typeof readdirWithCallback;
}

function steady(before: FileState | null, after: FileState | null): FileState | null {
  return sameState(before, after) ? before : null;
}

function once<T>(ask: (question: string) => Promise<T>): (question: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (question) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    return answer;
  };
}
