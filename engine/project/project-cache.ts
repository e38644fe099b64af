import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { deserialize, serialize } from "node:v8";
import { buildId } from "./build-id.js";
import { writeCacheFile } from "./cache-file.js";
import { digestBytes, digestEntries, type DiskBasis, kindOf, noFolder, type Witness } from "./disk.js";
import { isTrusted, readFileState, readFolderState, sameState, type FileState } from "./file-state.js";
import type { ReadOptions } from "./read-project.js";
import type { Project } from "./types.js";
import { findUndeclared } from "./undeclared.js";

export type OpenOptions = ReadOptions & {
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  /** True for commands that write nothing. */
  readonly isReadOnly: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/**
 * Reads a project as `readProject` does, or takes it as it was read before, where every file, folder and kind that this
 * rests on is still the same: nothing is then parsed or checked anew.
 *
 * @throws ProjectError with every problem that was found
 */
export async function openProject(root: string, options: OpenOptions): Promise<Project> {
  const folder = resolve(root);
  const file = join(options.stateFolder, "cache", "project");
  const key = JSON.stringify([buildId, process.version, folder]);
  const kept = buildId === null ? null : await loadSnapshot(file, key);
  const basis = kept === null || kept.orphans !== describeOrphans(kept.project, options) ? null : await confirm(folder, kept, options.now);
  if (kept !== null && basis !== null) {
    if (basis !== kept.basis && !options.isReadOnly) saveSnapshot(file, key, { ...kept, basis, at: options.now });
    return kept.project;
  }
  const { readWitnessed } = await import("./read-project.js");
  const read = await readWitnessed(folder, options);
  if (!options.isReadOnly && buildId !== null) saveSnapshot(file, key, { ...read, orphans: describeOrphans(read.project, options), at: options.now });
  return read.project;
}

/** `at`: when every state was read or confirmed, at the earliest; milliseconds since the epoch. */
type Snapshot = { readonly project: Project; readonly basis: DiskBasis; readonly orphans: string; readonly at: number };

/** Files that are declared are no orphans, so that what the last run made does not count. */
function describeOrphans(project: Project, { orphans = new Set() }: ReadOptions): string {
  return JSON.stringify(findUndeclared(project, orphans).sort());
}

const digestLength = 64;

async function loadSnapshot(file: string, key: string): Promise<Snapshot | null> {
  try {
    const bytes = await readFile(file);
    const content = bytes.subarray(digestLength);
    if (bytes.toString("latin1", 0, digestLength) !== digestBytes(content)) return null;
    // Its digest shows that these bytes are what `saveSnapshot` wrote.
    const stored = deserialize(content) as Snapshot & { readonly key: string };
    return stored.key === key ? stored : null;
  } catch {
    return null;
  }
}

function saveSnapshot(file: string, key: string, snapshot: Snapshot): void {
  const content = serialize({ ...snapshot, key });
  writeCacheFile(file, Buffer.concat([Buffer.from(digestBytes(content)), content]));
}

/**
 * Holds a basis against the disk.
 *
 * @returns null where anything changed; the basis itself where every state alone proves that nothing did; else one with
 * the present states, once these are old enough to be trusted later
 */
async function confirm(root: string, { basis, at }: Snapshot, now: number): Promise<DiskBasis | null> {
  const questions = [
    ...[...basis.texts].map(([path, witness]) => ({ path, witness, map: "texts" as const, read: readFileState, absolute: join(root, path) })),
    ...[...basis.folders].map(([path, witness]) => ({ path, witness, map: "folders" as const, read: readFolderState, absolute: path })),
  ];
  const settled = { texts: new Map(basis.texts), folders: new Map(basis.folders) };
  let isSettled = true;
  for (const { path, witness, map, read, absolute } of questions) {
    const state = read(absolute);
    if (isProof(witness, state, at)) continue;
    const digest = await (map === "texts" ? digestOfFile(absolute) : digestOfFolder(absolute));
    if (digest !== witness.digest) return null;
    // Read again after its bytes: a later write then shows in it.
    if (state === null || !sameState(state, read(absolute)) || !isTrusted(state, now)) continue;
    settled[map].set(path, { digest, state });
    isSettled = false;
  }
  for (const [path, kind] of basis.kinds) if (kindOf(join(root, path)) !== kind) return null;
  return isSettled ? basis : { ...settled, kinds: basis.kinds, globs: basis.globs };
}

function isProof(witness: Witness, state: FileState | null, at: number): boolean {
  return witness.state !== null && sameState(witness.state, state) && isTrusted(witness.state, at);
}

async function digestOfFile(absolute: string): Promise<string | null> {
  return readFile(absolute).then(digestBytes, () => null);
}

async function digestOfFolder(absolute: string): Promise<string> {
  return readdir(absolute, { withFileTypes: true }).then(digestEntries, () => noFolder.digest);
}
