import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { digestFile } from "../../checkpoint/file-state.js";
import type { FileState } from "../../plan/types.js";
import { syncFile, syncFolder, temporaryPathFor } from "./durable-file.js";
import { failedWith, fileSystem, type FileSystem } from "./file-system.js";
import { finishPublication, undoPublication } from "./finish-publication.js";
import { inBatches } from "../in-batches.js";
import { journalPath, readJournal, removeJournal, writeJournal, type Journal, type JournaledArtifact, type PendingRecord } from "./journal.js";
import { PublicationError, toPublicationError } from "./publication-error.js";
import { checkPlace } from "./publication-place.js";

/*
 * What is on the disk at each step; whatever stops the run in between, the next one can tell which it was.
 *
 *   journal "preparing"  ──▶ temporary files beside the targets, synced ──▶ journal "ready"
 *        (undone)                        (undone)                             (finished)
 *   ──▶ one rename an artifact ──▶ stale files go ──▶ record ──▶ journal removed
 *            (finished)             (finished)     (finished)
 */

export type PublishOptions = {
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly task: string;
  /** Absolute path of the folder that holds the artifacts under their project paths; they are moved out of it. */
  readonly folder: string;
  readonly artifacts: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  /** Project paths of files that go, such as stale images of a report; may be missing. */
  readonly remove?: readonly string[];
  /** Written last; null where the run keeps none. */
  readonly record: PendingRecord | null;
  readonly fs?: FileSystem;
};

/** What stands in place now: project path -> its state after the final rename. */
export type Published = { readonly states: ReadonlyMap<string, FileState>; /** Text of the record as written; null where there is none. */ readonly record: string | null };

/**
 * Puts a task's artifacts in their places, each by one rename, and then writes its record. Either the earlier artifacts
 * stay as they were, or the next run can finish.
 *
 * @throws {PublicationError} when the disk is full, a folder can't be written, a folder stands in the place of an artifact ...
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const fs = options.fs ?? fileSystem;
  const { projectRoot, stateFolder, task } = options;
  await discardEarlier(options, fs);
  const journal = await draftJournal(options, fs);
  try {
    await writeJournal(stateFolder, journal, fs);
    await inBatches(journal.artifacts, (artifact) => putBeside(artifact, options, fs));
    const folders = new Set(journal.artifacts.map((artifact) => dirname(join(projectRoot, artifact.path))));
    await inBatches([...folders], (folder) => syncFolder(folder, fs));
    await writeJournal(stateFolder, { ...journal, phase: "ready" }, fs);
  } catch (error) {
    await undoPublication(journal, { projectRoot, stateFolder, fs }).catch(() => undefined);
    throw toPublicationError(options.artifacts[0]?.path ?? task, error);
  }
  return finishPublication(journal, { projectRoot, stateFolder, fs });
}

/** A publication of the same task that stopped half-way is superseded; its temporary files must not stay behind. */
async function discardEarlier(options: PublishOptions, fs: FileSystem): Promise<void> {
  const { projectRoot, stateFolder, task } = options;
  try {
    const earlier = await readJournal(stateFolder, task, fs);
    if (earlier === null) await removeJournal(stateFolder, task, fs);
    else await undoPublication(earlier, { projectRoot, stateFolder, fs });
  } catch (error) {
    throw toPublicationError(journalPath(stateFolder, task), error);
  }
}

async function draftJournal(options: PublishOptions, fs: FileSystem): Promise<Journal> {
  const { projectRoot, task, record } = options;
  const published = new Set(options.artifacts.map((artifact) => artifact.path));
  const remove = (options.remove ?? []).filter((path) => !published.has(path));
  for (const path of [...published, ...remove]) {
    await checkPlace(projectRoot, path, fs).catch((error: unknown) => {
      throw toPublicationError(path, error);
    });
  }
  const artifacts = options.artifacts.map(({ path, sha256, bytes }) => ({ path, sha256, bytes, temporary: temporaryPathFor(path) }));
  return { version: 1, task, phase: "preparing", artifacts, remove, record };
}

/** Moves an artifact under its temporary name: by a rename, or through a copy where its folder is on another volume. */
async function putBeside(artifact: JournaledArtifact, options: PublishOptions, fs: FileSystem): Promise<void> {
  const from = join(options.folder, artifact.path);
  const to = join(options.projectRoot, artifact.temporary);
  try {
    const stats = await fs.lstat(from);
    if (!stats.isFile() || stats.size !== artifact.bytes) throw changedError(artifact.path);
    await fs.mkdir(dirname(to), { recursive: true });
    // What has a second name could still be changed through it.
    const isMoved = stats.nlink === 1 && (await moveOnDevice(from, to, fs));
    if (isMoved) await syncFile(to, fs);
    else await copyToDevice(artifact, { from, to, fs });
  } catch (error) {
    throw toPublicationError(artifact.path, error);
  }
}

async function moveOnDevice(from: string, to: string, fs: FileSystem): Promise<boolean> {
  try {
    await fs.rename(from, to);
    return true;
  } catch (error) {
    if (failedWith(error, "EXDEV")) return false;
    throw error;
  }
}

async function copyToDevice(artifact: JournaledArtifact, copying: { readonly from: string; readonly to: string; readonly fs: FileSystem }): Promise<void> {
  await copying.fs.copyFile(copying.from, copying.to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await syncFile(copying.to, copying.fs);
  const { sha256, bytes } = await digestFile(copying.to);
  if (bytes !== artifact.bytes || sha256 !== artifact.sha256) throw changedError(artifact.path);
}

function changedError(path: string): PublicationError {
  return new PublicationError(path, "its bytes are not those that were verified", "Let nothing write to it after the stage has ended, then run again.");
}
