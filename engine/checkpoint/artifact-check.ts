import { join } from "node:path";
import type { FileState, TaskRecord } from "../plan/types.js";
import { digestFile, isTrusted, readFileState, sameState } from "./file-state.js";

export type ArtifactProblem = { readonly path: string; readonly problem: "missing" | "changed" };

/** A file whose digest was recorded together with its state. */
export type KnownFile = { readonly path: string; readonly sha256: string; readonly state: FileState };

/**
 * Compares a task's artifacts on disk with its record. A digest is taken from the record where the file's state is the
 * recorded one and can be trusted; else the file is hashed again.
 *
 * @param root Absolute.
 * @returns One entry for each artifact that is not as recorded, in the record's order.
 * @throws The file system's error where an artifact can't be read.
 */
export async function checkArtifacts(root: string, record: TaskRecord, options: { readonly rehash?: boolean } = {}): Promise<readonly ArtifactProblem[]> {
  const known = options.rehash === true ? [] : record.artifacts;
  const digest = createDigester(root, known, statesTimeMs(record));
  const problems: ArtifactProblem[] = [];
  for (const { path, sha256 } of record.artifacts) {
    const found = await digest(path);
    if (found !== sha256) problems.push({ path, problem: found === null ? "missing" : "changed" });
  }
  return problems;
}

/**
 * When the states of a record were last known to go with its digests, in milliseconds since the epoch. For a fresh record
 * that is the task's start: no state was read before it.
 */
export function statesTimeMs(record: Pick<TaskRecord, "startedAt" | "statesAt">): number {
  const time = Date.parse(record.statesAt ?? record.startedAt);
  return Number.isNaN(time) ? 0 : time;
}

/**
 * Makes a function that answers the digest of a project file (hex SHA-256), or null where there is no such file, and
 * hashes as little as it can: a file whose state is the recorded one, or the one it had when it was hashed before, is
 * not read where that state can be trusted.
 *
 * @param known Files with recorded digests. The first entry of a path counts.
 * @param recordedAtMs When their states were recorded; an entry may carry its own.
 */
export function createDigester(
  root: string,
  known: Iterable<KnownFile & { readonly recordedAtMs?: number }>,
  recordedAtMs: number,
): (path: string) => Promise<string | null> {
  const remembered = new Map<string, Remembered>();
  for (const { path, sha256, state, recordedAtMs: own } of known) {
    if (!remembered.has(path)) remembered.set(path, { sha256, state, atMs: own ?? recordedAtMs });
  }
  const running = new Map<string, Promise<string | null>>();

  async function digest(path: string): Promise<string | null> {
    const absolute = join(root, path);
    const state = readFileState(absolute);
    if (state === null) return null;
    const before = remembered.get(path);
    if (before !== undefined && sameState(before.state, state) && isTrusted(state, before.atMs)) return before.sha256;
    const hashed = await hashSteadily(absolute);
    if (hashed === null) return null;
    if (hashed.state !== null) remembered.set(path, { sha256: hashed.sha256, state: hashed.state, atMs: hashed.atMs });
    return hashed.sha256;
  }

  return (path) => {
    const present = running.get(path);
    if (present !== undefined) return present;
    const started = digest(path).finally(() => running.delete(path));
    running.set(path, started);
    return started;
  };
}

/**
 * Makes the states of a fresh record trustworthy. States are recorded right after the files were renamed into place, so
 * at first they can't be trusted and every plan would hash the files again; once they are 2 s old, one look settles them.
 *
 * @param nowMs The present time.
 * @returns The record to write in its place; null where its states are trusted already, are still too young, or where a
 * file is not as recorded.
 */
export async function settleStates(root: string, record: TaskRecord, nowMs: number): Promise<TaskRecord | null> {
  const atMs = statesTimeMs(record);
  const files: readonly KnownFile[] = [...record.artifacts, ...record.inputs];
  if (files.every(({ state }) => isTrusted(state, atMs))) return null;
  const states = new Map<string, FileState>();
  const digest = createDigester(root, files, atMs);
  for (const { path, sha256 } of files) {
    const state = readFileState(join(root, path));
    // Old enough before its bytes are looked at: a later write then shows in the state.
    if (state === null || !isTrusted(state, nowMs) || (await digest(path)) !== sha256) return null;
    if (!sameState(state, readFileState(join(root, path)))) return null;
    states.set(path, state);
  }
  const settle = <T extends KnownFile>(file: T): T => ({ ...file, state: states.get(file.path) ?? file.state });
  return { ...record, artifacts: record.artifacts.map(settle), inputs: record.inputs.map(settle), statesAt: new Date(nowMs).toISOString() };
}

type Remembered = { readonly sha256: string; readonly state: FileState; readonly atMs: number };

/** Hashes a file; `state` is null where it kept changing meanwhile, so that the digest is not to be remembered. */
async function hashSteadily(absolute: string): Promise<{ readonly sha256: string; readonly state: FileState | null; readonly atMs: number } | null> {
  for (let attempt = 1; ; attempt += 1) {
    const atMs = Date.now();
    const before = readFileState(absolute);
    if (before === null) return null;
    const sha256 = await digestIfThere(absolute);
    if (sha256 === null) return null;
    const isSteady = sameState(before, readFileState(absolute));
    if (isSteady || attempt === 3) return { sha256, state: isSteady ? before : null, atMs };
  }
}

async function digestIfThere(absolute: string): Promise<string | null> {
  try {
    return (await digestFile(absolute)).sha256;
  } catch (error) {
    // Removed since its state was read.
    if (readFileState(absolute) === null) return null;
    throw error;
  }
}
