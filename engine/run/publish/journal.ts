import { dirname, join } from "node:path";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import type { FileState } from "../../plan/types.js";
import { removeStrayTemporaries, syncFolder, writeDurably } from "./durable-file.js";
import { orNullIfMissing, removeFile, type FileSystem } from "./file-system.js";
import { taskFileName } from "../task-folder/task-folder-names.js";

/** An artifact on its way: where it waits, and what its bytes are. All paths are project paths. */
export type JournaledArtifact = {
  readonly path: string;
  /** In the folder of `path`. */
  readonly temporary: string;
  readonly sha256: string;
  readonly bytes: number;
};

/** A record that lacks nothing but the file states of its artifacts. */
export type PendingRecord = {
  /** Where it will be, relative to the state folder. */
  readonly path: string;
  /** The record; each of its artifacts gets its `state`. */
  readonly value: { readonly artifacts: readonly { readonly path: string }[] };
};

/**
 * A publication under way. `preparing`: temporary files may be there and the earlier artifacts still stand.
 * `ready`: every temporary file was complete, and renames may have begun.
 */
export type Journal = {
  readonly version: 1;
  readonly task: string;
  readonly phase: "preparing" | "ready";
  readonly artifacts: readonly JournaledArtifact[];
  /** Files that go, as project paths. */
  readonly remove: readonly string[];
  readonly record: PendingRecord | null;
};

/** Absolute path of a task's journal. */
export function journalPath(stateFolder: string, task: string): string {
  return join(stateFolder, "journal", `${taskFileName(task)}.json`);
}

export async function writeJournal(stateFolder: string, journal: Journal, fs: FileSystem): Promise<void> {
  const created = await fs.mkdir(join(stateFolder, "journal"), { recursive: true });
  if (created !== undefined) await syncFolder(dirname(created), fs);
  await writeDurably(journalPath(stateFolder, journal.task), sealText(journal), fs);
}

export async function removeJournal(stateFolder: string, task: string, fs: FileSystem): Promise<void> {
  await removeFile(fs, journalPath(stateFolder, task));
}

/** Reads a task's journal; null where there is none, or none that can be read. */
export async function readJournal(stateFolder: string, task: string, fs: FileSystem): Promise<Journal | null> {
  const bytes = await orNullIfMissing(fs.readFile(journalPath(stateFolder, task)));
  return bytes === null ? null : parseJournal(bytes);
}

/**
 * Reads every journal that interrupted runs left.
 *
 * @returns `file`: its absolute path; `journal`: null where the file is damaged
 */
export async function readJournals(stateFolder: string, fs: FileSystem): Promise<readonly { readonly file: string; readonly journal: Journal | null }[]> {
  const folder = join(stateFolder, "journal");
  await removeStrayTemporaries(folder, fs);
  const names = (await orNullIfMissing(fs.readdir(folder))) ?? [];
  const files = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      return { file, journal: parseJournal(await fs.readFile(file)) };
    }),
  );
}

/** The text of a record once the states of its artifacts are known. */
export function formatRecord(record: PendingRecord, states: ReadonlyMap<string, FileState>): string {
  const artifacts = record.value.artifacts.map((artifact) => {
    const state = states.get(artifact.path);
    if (state === undefined) throw new Error(`Internal error: the record names ${artifact.path}, which was not published`);
    return { ...artifact, state };
  });
  return sealText({ ...record.value, artifacts });
}

/** A damaged journal must not be followed: it would put files in wrong places, and a wrong record beside them. */
function parseJournal(bytes: Buffer): Journal | null {
  const value = unsealText(bytes);
  return isJournal(value) ? value : null;
}

function isJournal(value: unknown): value is Journal {
  if (!isObject(value) || value.version !== 1 || typeof value.task !== "string") return false;
  if (value.phase !== "preparing" && value.phase !== "ready") return false;
  if (!Array.isArray(value.artifacts) || !value.artifacts.every(isJournaledArtifact)) return false;
  if (!Array.isArray(value.remove) || !value.remove.every((path) => typeof path === "string")) return false;
  return value.record === null || isPendingRecord(value.record);
}

function isJournaledArtifact(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { path, temporary, sha256, bytes } = value;
  return [path, temporary, sha256].every((text) => typeof text === "string") && typeof bytes === "number";
}

function isPendingRecord(value: unknown): boolean {
  if (!isObject(value) || typeof value.path !== "string" || !isObject(value.value)) return false;
  const { artifacts } = value.value;
  return Array.isArray(artifacts) && artifacts.every((artifact) => isObject(artifact) && typeof artifact.path === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
