import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareNames } from "./patterns.js";

/** The project's files as they are while it is read; each question is asked of the disk once. */
export type Disk = {
  readonly kindOf: (path: string) => Promise<"file" | "folder" | null>;
  /** Files that a glob matches, by code unit; never those of the engine, of packages or of version control. */
  readonly glob: (pattern: string) => Promise<readonly string[]>;
  /** Files in the nearest folder of a path that exists. */
  readonly neighbours: (path: string) => Promise<readonly string[]>;
};

const ignored = ["**/node_modules/**", "**/.git/**", ".stitchbook/**", "logs/**", "reports/notebooks/**"];

/** @param root absolute */
export function openDisk(root: string): Disk {
  return {
    kindOf: once(async (path) => {
      const found = await stat(join(root, path)).catch(() => null);
      return found === null ? null : found.isDirectory() ? "folder" : "file";
    }),
    glob: once(async (pattern) => {
      const { glob } = await import("tinyglobby");
      const files = await glob(pattern, { cwd: root, ignore: ignored, onlyFiles: true, expandDirectories: false });
      return files.sort(compareNames);
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

function once<T>(ask: (question: string) => Promise<T>): (question: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (question) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    return answer;
  };
}
