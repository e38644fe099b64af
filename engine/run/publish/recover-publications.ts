import { dirname, join } from "node:path";
import { digestFile, readFileState } from "../../checkpoint/file-state.js";
import type { FileState } from "../../plan/types.js";
import { removeStrayTemporaries } from "./durable-file.js";
import { fileSystem, orNullIfMissing, removeFile, type FileSystem } from "./file-system.js";
import { finishPublication, undoPublication, type PublicationSite } from "./finish-publication.js";
import { readJournals, type Journal, type JournaledArtifact } from "./journal.js";
import { PublicationError } from "./publication-error.js";
import { checkPlace } from "./publication-place.js";

/** What was done about a publication that an earlier run did not finish. */
export type RecoveredPublication = {
  /** Task id; the journal's file where it was too damaged to tell. */
  readonly task: string;
  /** Project paths. */
  readonly artifacts: readonly string[];
  /**
   * `finished`: all artifacts and the record are the new ones. `undone`: all are the earlier ones. `abandoned`: some
   * artifacts are new, and the rest was lost; they match no record, so the task will run again.
   */
  readonly outcome: "finished" | "undone" | "abandoned";
  /** Why it was not finished; null where it was. */
  readonly reason: string | null;
};

/**
 * Finishes the publications that an earlier run was interrupted in, or undoes them where they were not yet complete.
 * Called while holding the lock, before anything is planned.
 *
 * @param options - absolute paths
 * @throws {PublicationError} when the disk does not let a publication be finished
 */
export async function recoverPublications(options: {
  readonly projectRoot: string;
  readonly stateFolder: string;
  readonly fs?: FileSystem;
}): Promise<readonly RecoveredPublication[]> {
  const site = { ...options, fs: options.fs ?? fileSystem };
  const recovered: RecoveredPublication[] = [];
  for (const { file, journal } of await readJournals(site.stateFolder, site.fs)) {
    if (journal !== null) recovered.push(await recover(journal, site));
    else {
      await removeFile(site.fs, file);
      recovered.push({ task: file, artifacts: [], outcome: "abandoned", reason: "its journal is damaged" });
    }
  }
  return recovered;
}

async function recover(journal: Journal, site: PublicationSite): Promise<RecoveredPublication> {
  const about = { task: journal.task, artifacts: journal.artifacts.map((artifact) => artifact.path) };
  if (journal.phase === "preparing") {
    await undoPublication(journal, site);
    return { ...about, outcome: "undone", reason: "the run ended before its artifacts were complete on the disk" };
  }
  if (journal.record !== null) await removeStrayTemporaries(dirname(join(site.stateFolder, journal.record.path)), site.fs);
  const found = await Promise.all(journal.artifacts.map((artifact) => findArtifact(artifact, site)));
  const inPlace = new Map(found.flatMap((each) => (each.stage === "in-place" ? [[each.path, each.state] as const] : [])));
  const lost = found.find((each) => each.stage === "lost");
  const obstacle = lost === undefined ? await findObstacle(journal, site) : `the new bytes of ${lost.path} are gone or damaged`;
  if (obstacle === null) {
    await finishPublication(journal, site, inPlace);
    return { ...about, outcome: "finished", reason: null };
  }
  await undoPublication(journal, site);
  return { ...about, outcome: inPlace.size > 0 ? "abandoned" : "undone", reason: obstacle };
}

type FoundArtifact =
  | { readonly path: string; readonly stage: "waiting" | "lost" }
  | { readonly path: string; readonly stage: "in-place"; readonly state: FileState };

/** How far an artifact had got. */
async function findArtifact(artifact: JournaledArtifact, site: PublicationSite): Promise<FoundArtifact> {
  const { path, temporary } = artifact;
  if ((await verify(join(site.projectRoot, temporary), artifact, site.fs)) !== null) return { path, stage: "waiting" };
  const state = await verify(join(site.projectRoot, path), artifact, site.fs);
  return state === null ? { path, stage: "lost" } : { path, stage: "in-place", state };
}

/** The state in which a file was found to hold the artifact's bytes, read before them; null if it doesn't. */
async function verify(path: string, artifact: JournaledArtifact, fs: FileSystem): Promise<FileState | null> {
  const stats = await orNullIfMissing(fs.lstat(path));
  if (stats === null || !stats.isFile() || stats.size !== artifact.bytes) return null;
  const state = readFileState(path);
  const digest = await orNullIfMissing(digestFile(path));
  return digest?.sha256 === artifact.sha256 ? state : null;
}

async function findObstacle(journal: Journal, site: PublicationSite): Promise<string | null> {
  try {
    for (const { path } of journal.artifacts) await checkPlace(site.projectRoot, path, site.fs);
    return null;
  } catch (error) {
    if (error instanceof PublicationError) return error.message;
    throw error;
  }
}
