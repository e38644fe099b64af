import type { Dirent } from "node:fs";
import { join } from "node:path";
import { digestFile, readFileState, sameState } from "../../checkpoint/file-state.js";
import { fileSystem, type FileSystem } from "../publish/file-system.js";
import { temporaryFolderName } from "./task-folder-names.js";
import type { InputDigest, InputDigests } from "./task-folder.js";

/** What an execution left that it should not have, as project paths in code-unit order. */
export type FolderFindings = {
  /** Declared outputs that are not there. */
  readonly missing: readonly string[];
  /** Files and links that nobody declared. Empty folders and `.tmp` don't count. */
  readonly undeclared: readonly string[];
  /** Inputs whose copy was changed, replaced or removed. */
  readonly changedInputs: readonly string[];
  /** Outputs that are, or lie behind, symbolic links; that have a second name; or that are no regular files. */
  readonly links: readonly string[];
};

/**
 * Looks at a task's folder after its execution.
 *
 * @param folder - absolute
 * @param declared - project paths, and what the task was given for its inputs
 */
export async function inspectTaskFolder(
  folder: string,
  declared: { readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly digests: InputDigests; readonly fs?: FileSystem },
): Promise<FolderFindings> {
  const fs = declared.fs ?? fileSystem;
  const inputs = new Set(declared.inputs);
  const outputs = new Set(declared.outputs);
  const undeclared: string[] = [];
  const links = new Set<string>();
  const reached = new Set<string>();
  for await (const { path, entry } of walk(folder, fs)) {
    reached.add(path);
    const behind = declared.outputs.filter((output) => output.startsWith(`${path}/`));
    if (outputs.has(path)) {
      if (!entry.isFile() || (await fs.lstat(join(folder, path))).nlink > 1) links.add(path);
    } else if (entry.isDirectory()) continue;
    else if (behind.length > 0) for (const output of behind) links.add(output);
    else if (!inputs.has(path)) undeclared.push(path);
  }
  const missing = declared.outputs.filter((path) => !reached.has(path) && !links.has(path));
  const changedInputs: string[] = [];
  for (const [path, given] of declared.digests) if (await isChanged(join(folder, path), given, fs)) changedInputs.push(path);
  return { missing: inOrder(missing), undeclared: inOrder(undeclared), changedInputs: inOrder(changedInputs), links: inOrder(links) };
}

/** Everything in the folder but `.tmp`, links not followed. */
async function* walk(folder: string, fs: FileSystem): AsyncGenerator<{ readonly path: string; readonly entry: Dirent }> {
  const pending = [""];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const entry of await fs.readdir(join(folder, parent), { withFileTypes: true })) {
      const path = parent + toProjectName(entry.name);
      if (path === temporaryFolderName) continue;
      if (entry.isDirectory()) pending.push(`${path}/`);
      yield { path, entry };
    }
  }
}

/** macOS may give names back decomposed, and finds a file by either form; project paths are composed. */
function toProjectName(name: string): string {
  return process.platform === "darwin" ? name.normalize("NFC") : name;
}

async function isChanged(path: string, given: InputDigest, fs: FileSystem): Promise<boolean> {
  const stats = await fs.lstat(path).catch(() => null);
  if (stats === null || !stats.isFile()) return true;
  if (sameState(readFileState(path), given.copy) && isSettled(given)) return false;
  const found = await digestFile(path).catch(() => null);
  return found?.sha256 !== given.sha256;
}

/**
 * Whether any later write must have changed the copy's state. The kernel's clock for files advances in steps of up to
 * 10 ms, and file systems that keep whole seconds show it by their round times.
 */
function isSettled(given: InputDigest): boolean {
  const changedNs = BigInt(given.copy.ctimeNs);
  return changedNs % 1_000_000_000n !== 0n && changedNs < BigInt(given.copiedAtMs - 20) * 1_000_000n;
}

function inOrder(paths: Iterable<string>): readonly string[] {
  return [...paths].sort();
}
