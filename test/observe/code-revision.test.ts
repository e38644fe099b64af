import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { askDirty, readHead } from "../../engine/observe/code-revision.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=trunk", ...args], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "stitchbook-git-")));
  folders.push(folder);
  return folder;
}

function makeRepository(): string {
  const folder = makeFolder();
  git(folder, "init");
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project/a.txt"), "a");
  writeFileSync(join(folder, "b.txt"), "b");
  git(folder, "add", ".");
  git(folder, "commit", "-m", "first");
  return folder;
}

describe("the commit of a project", () => {
  it("is read from loose and packed refs, from a folder inside, and where none is on a branch", () => {
    const folder = makeRepository();
    const commit = git(folder, "rev-parse", "HEAD");
    expect(readHead(join(folder, "project"))).toEqual({ commit, branch: "trunk" });
    git(folder, "pack-refs", "--all");
    expect(readHead(folder)).toEqual({ commit, branch: "trunk" });
    git(folder, "checkout", "--detach");
    expect(readHead(folder)).toEqual({ commit, branch: null });
  });

  it("is that of a linked work tree, with refs of the main one", () => {
    const folder = makeRepository();
    const tree = join(makeFolder(), "tree");
    git(folder, "worktree", "add", "-b", "feature/x", tree);
    git(folder, "pack-refs", "--all");
    expect(readHead(tree)).toEqual({ commit: git(folder, "rev-parse", "HEAD"), branch: "feature/x" });
  });

  it("is null outside of a repository, and before the first commit", () => {
    const folder = makeFolder();
    expect(readHead(folder)).toBeNull();
    git(folder, "init");
    expect(readHead(folder)).toBeNull();
  });
});

describe("sources that differ from the commit", () => {
  it("are those that were edited, staged, or are not known to git; others don't count", async () => {
    const folder = makeRepository();
    const project = join(folder, "project");
    expect(await askDirty(project, ["a.txt", "missing.txt"])).toBe(false);
    writeFileSync(join(folder, "b.txt"), "edited");
    expect(await askDirty(project, ["a.txt"])).toBe(false);
    writeFileSync(join(project, "new [1].txt"), "new");
    expect(await askDirty(project, ["a.txt", "new [1].txt"])).toBe(true);
    writeFileSync(join(project, "a.txt"), "edited");
    git(folder, "add", "project/a.txt");
    expect(await askDirty(project, ["a.txt"])).toBe(true);
  });

  it("are not known outside of a repository", async () => {
    expect(await askDirty(makeFolder(), ["a.txt"])).toBeNull();
  });
});
