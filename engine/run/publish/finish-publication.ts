import { dirname, join } from "node:path";
import { readFileState } from "../../checkpoint/file-state.js";
import type { FileState } from "../../plan/types.js";
import { syncFolder, writeDurably } from "./durable-file.js";
import { failedWith, orNullIfMissing, removeFile, type FileSystem } from "./file-system.js";
import { inBatches } from "../in-batches.js";
import { formatRecord, removeJournal, type Journal } from "./journal.js";
import { PublicationError, toPublicationError } from "./publication-error.js";
import type { Published } from "./publish.js";

/** Where a publication happens. */
export type PublicationSite = { readonly projectRoot: string; readonly stateFolder: string; readonly fs: FileSystem };

/**
 * The second half of a publication, after its journal is ready: renames, removals, record, and the journal's end.
 * Doing it again after it was interrupted is harmless.
 *
 * @param inPlace - artifacts that have appeared already, with the states in which they were found to be right
 * @throws {PublicationError} undone if nothing has appeared yet, else marked as interrupted
 */
export async function finishPublication(journal: Journal, site: PublicationSite, inPlace: ReadonlyMap<string, FileState> = new Map()): Promise<Published> {
  const expected = await renameAll(journal, site, inPlace);
  let path = journal.artifacts[0]?.path ?? journal.task;
  try {
    for (path of journal.remove) await removeStale(join(site.projectRoot, path), site.fs);
    await syncFoldersOf([...journal.artifacts.map((artifact) => artifact.path), ...journal.remove], site);
    const states = readStates(journal, site.projectRoot, expected);
    const record = journal.record === null ? null : formatRecord(journal.record, states);
    if (journal.record !== null && record !== null) {
      path = join(site.stateFolder, journal.record.path);
      await site.fs.mkdir(dirname(path), { recursive: true });
      await writeDurably(path, record, site.fs);
    }
    await removeJournal(site.stateFolder, journal.task, site.fs);
    return { states, record };
  } catch (error) {
    throw toPublicationError(path, error, { isInterrupted: true });
  }
}

/** Removes what a publication put beside its targets, and its journal. What has appeared stays. */
export async function undoPublication(journal: Journal, site: PublicationSite): Promise<void> {
  await inBatches(journal.artifacts, (artifact) => removeFile(site.fs, join(site.projectRoot, artifact.temporary)));
  await removeJournal(site.stateFolder, journal.task, site.fs);
}

/** @returns the state of each artifact before its rename, which changes the change time only */
async function renameAll(journal: Journal, site: PublicationSite, inPlace: ReadonlyMap<string, FileState>): Promise<ReadonlyMap<string, FileState>> {
  const expected = new Map(inPlace);
  for (const { path, temporary } of journal.artifacts) {
    const from = join(site.projectRoot, temporary);
    try {
      if (inPlace.has(path)) await removeFile(site.fs, from);
      else {
        const state = readFileState(from);
        await site.fs.rename(from, join(site.projectRoot, path));
        if (state !== null) expected.set(path, state);
      }
    } catch (error) {
      const isInterrupted = expected.size > 0;
      if (!isInterrupted) await undoPublication(journal, site).catch(() => undefined);
      throw toPublicationError(path, error, { isInterrupted });
    }
  }
  return expected;
}

/** A folder that has taken the place of a stale file is somebody's own. */
async function removeStale(path: string, fs: FileSystem): Promise<void> {
  try {
    await removeFile(fs, path);
  } catch (error) {
    if (!failedWith(error, "EISDIR", "EPERM")) throw error;
    const stats = await orNullIfMissing(fs.lstat(path));
    if (stats !== null && !stats.isDirectory()) throw error;
  }
}

/** Folders may be missing where only removals would have touched them. */
async function syncFoldersOf(paths: readonly string[], site: PublicationSite): Promise<void> {
  const folders = [...new Set(paths.map((path) => dirname(join(site.projectRoot, path))))];
  await inBatches(folders, async (folder) => void (await orNullIfMissing(syncFolder(folder, site.fs))));
}

/** The states to record. An edit since the bytes were verified must not pass for them. */
function readStates(journal: Journal, projectRoot: string, expected: ReadonlyMap<string, FileState>): ReadonlyMap<string, FileState> {
  const states = new Map<string, FileState>();
  for (const { path } of journal.artifacts) {
    const state = readFileState(join(projectRoot, path));
    const before = expected.get(path);
    if (state === null || state.size !== before?.size || state.mtimeNs !== before.mtimeNs) {
      throw new PublicationError(path, "it was changed or removed while it was published", "Let nothing else write to artifacts, then run again.", { isInterrupted: true });
    }
    states.set(path, state);
  }
  return states;
}
