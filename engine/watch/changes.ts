import { readdirSync } from "node:fs";
import { join } from "node:path";
import { digestFile } from "../checkpoint/file-state.js";
import { compareCodeUnits } from "../project/compare-code-units.js";
import { readFileState, sameState, type FileState } from "../project/file-state.js";

/** What happened to a file, or to the names in a folder. */
export type Change = { readonly path: string; readonly kind: "added" | "changed" | "removed" | "names" };

/** All that a plan rests on, by project path. */
export type Watched = {
  /** File, there or not -> the tasks whose results rest on it; null where any may. */
  readonly files: ReadonlyMap<string, ReadonlySet<string> | null>;
  /** Folder that globs look into -> whether a name in it counts. */
  readonly folders: ReadonlyMap<string, (name: string, isFolder: boolean) => boolean>;
  /** File -> SHA-256 of its bytes as they were read when it was found to matter. */
  readonly read: ReadonlyMap<string, string>;
};

/** What was seen of one file. */
type Seen = {
  readonly state: FileState | null;
  /** Of its bytes, where the state alone can't tell one write from the next. */
  readonly digest: string | null;
};

/** What was seen of all that is watched, at one moment. */
export type Sight = {
  readonly atMs: number;
  readonly files: ReadonlyMap<string, Seen>;
  readonly folders: ReadonlyMap<string, string>;
};

/** File systems keep times in steps of up to some milliseconds; within one step a file can change unseen. */
const stepMs = 100;

/** Looks at all that is watched. @param root Absolute. */
export async function lookAt(root: string, watched: Watched, now: number): Promise<Sight> {
  const files = await Promise.all([...watched.files.keys()].map(async (path) => [path, await seeFile(join(root, path), now)] as const));
  const folders = [...watched.folders].map(([path, counts]) => [path, listFolder(join(root, path), counts)] as const);
  return { atMs: now, files: new Map(files), folders: new Map(folders) };
}

async function seeFile(absolute: string, now: number): Promise<Seen> {
  const state = readFileState(absolute);
  const isYoung = state !== null && Math.max(Number(BigInt(state.mtimeNs) / 1_000_000n), Number(BigInt(state.ctimeNs) / 1_000_000n)) > now - stepMs;
  if (!isYoung) return { state, digest: null };
  return { state, digest: await digestFile(absolute).then(({ sha256 }) => sha256, () => null) };
}

function listFolder(absolute: string, counts: (name: string, isFolder: boolean) => boolean): string {
  try {
    const names = readdirSync(absolute, { withFileTypes: true }).filter((entry) => counts(entry.name, entry.isDirectory()));
    return names.map((entry) => `${entry.isDirectory() ? "folder" : "file"} ${entry.name}`).sort(compareCodeUnits).join("\n");
  } catch {
    return "none";
  }
}

/** What was seen, with what has come to matter since as it was read. */
export function withRead(sight: Sight, { read }: Watched): Sight {
  const added = [...read].filter(([path]) => !sight.files.has(path));
  return { ...sight, files: new Map([...sight.files, ...added.map(([path, digest]) => [path, { state: null, digest }] as const)]) };
}

/**
 * What is no longer as it was seen. What has come to be watched since counts as changed where it was written after that
 * moment.
 *
 * @returns by code unit of the path
 */
export async function findChanges(root: string, watched: Watched, before: Sight): Promise<readonly Change[]> {
  const files = await Promise.all([...watched.files.keys()].map((path) => compareFile(root, path, before)));
  const folders = [...watched.folders].flatMap(([path, counts]): Change[] => {
    const earlier = before.folders.get(path);
    return earlier === undefined || earlier === listFolder(join(root, path), counts) ? [] : [{ path, kind: "names" }];
  });
  const named = files.flatMap((change) => change ?? []);
  // That a name came or went is told by the file, where that is watched.
  const silent = new Set(named.filter(({ kind }) => kind !== "changed").map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/")))));
  return [...named, ...folders.filter(({ path }) => !silent.has(path))].sort((a, b) => compareCodeUnits(a.path, b.path));
}

async function compareFile(root: string, path: string, before: Sight): Promise<Change | null> {
  const absolute = join(root, path);
  const state = readFileState(absolute);
  const seen = before.files.get(path);
  if (seen === undefined) return state !== null && writtenAt(state) >= before.atMs - stepMs ? { path, kind: "changed" } : null;
  const wasThere = seen.state !== null || seen.digest !== null;
  if (state === null) return wasThere ? { path, kind: "removed" } : null;
  if (!wasThere) return { path, kind: "added" };
  if (seen.digest !== null) {
    const digest = await digestFile(absolute).then(({ sha256 }) => sha256, () => null);
    return digest === seen.digest ? null : { path, kind: "changed" };
  }
  return sameState(seen.state, state) ? null : { path, kind: "changed" };
}

function writtenAt({ mtimeNs, ctimeNs }: FileState): number {
  return Math.max(Number(BigInt(mtimeNs) / 1_000_000n), Number(BigInt(ctimeNs) / 1_000_000n));
}
