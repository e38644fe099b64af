import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { CodeRevision } from "./history/entry.js";

/** What git says of HEAD. */
export type Head = Pick<CodeRevision, "commit" | "branch">;

/**
 * Reads the commit that is checked out, without starting git.
 *
 * @param root absolute path of the project, in a repository or not
 * @returns null outside of a repository, before its first commit, and where its refs are kept in a way that is not known
 */
export function readHead(root: string): Head | null {
  try {
    const folder = findGitFolder(root);
    if (folder === null) return null;
    const head = readFileSync(join(folder, "HEAD"), "utf8").trim();
    const ref = /^ref: (refs\/.+)$/.exec(head)?.[1];
    if (ref === undefined) return isCommit(head) ? { commit: head, branch: null } : null;
    const commit = readRef(folder, ref);
    return commit === null ? null : { commit, branch: ref.replace(/^refs\/heads\//, "") };
  } catch {
    return null;
  }
}

/** How long git may take. */
const timeoutMs = 10_000;
/** With more paths the command line would be too long. */
const mostPaths = 2000;

/**
 * Asks git whether sources differ from HEAD: changed, staged, or not known to git.
 *
 * @param paths project paths of the sources that count
 * @returns null where git can't tell
 */
export async function askDirty(root: string, paths: readonly string[]): Promise<boolean | null> {
  const meant = paths.length > mostPaths ? ["."] : paths;
  if (meant.length === 0) return false;
  const args = ["--literal-pathspecs", "-c", "core.fsmonitor=false", "status", "--porcelain=v1", "--untracked-files=all", "--ignore-submodules", "--", ...meant];
  return new Promise((settle) => {
    execFile("git", args, { cwd: root, timeout: timeoutMs, env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" }, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      settle(error === null ? stdout !== "" : null);
    });
  });
}

/** The repository's own folder; of a linked work tree the one of that tree. */
function findGitFolder(from: string): string | null {
  const here = join(from, ".git");
  const stats = statSync(here, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return here;
  if (stats?.isFile() === true) {
    const to = /^gitdir: (.+)$/m.exec(readFileSync(here, "utf8"))?.[1]?.trim();
    return to === undefined ? null : isAbsolute(to) ? to : resolve(from, to);
  }
  const parent = dirname(from);
  return parent === from ? null : findGitFolder(parent);
}

function readRef(folder: string, ref: string): string | null {
  const shared = join(folder, "commondir");
  const common = existsSync(shared) ? resolve(folder, readFileSync(shared, "utf8").trim()) : folder;
  for (const each of [folder, common]) {
    const file = join(each, ref);
    const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    if (isCommit(text)) return text;
  }
  const packed = join(common, "packed-refs");
  if (!existsSync(packed)) return null;
  const line = readFileSync(packed, "utf8").split("\n").find((each) => each.endsWith(` ${ref}`));
  const commit = line?.split(" ", 1)[0] ?? "";
  return isCommit(commit) ? commit : null;
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}
