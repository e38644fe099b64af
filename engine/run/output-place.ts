import { mkdir, rmdir } from "node:fs/promises";
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { digestFile, readFileState } from "../checkpoint/file-state.js";
import { findReserved } from "../project/patterns.js";
import type { Project } from "../project/types.js";
import { explainFileError } from "./publish/file-system.js";
import { recoverPublications } from "./publish/recover-publications.js";

/** Where the artifacts of a run appear: in the project, or with `--output-dir` in a folder of their own. */
export type OutputPlace = {
  /** Absolute; what project paths of artifacts and executed notebooks start from. */
  readonly root: string;
  /** Absolute path of the folder that holds the journal of publications. */
  readonly stateFolder: string;
  /** True where the project's artifacts and records stay as they are. */
  readonly isElsewhere: boolean;
  /** Absolute path of an input: of what this run made where it did, else of the project's own file. */
  readonly locate: (path: string) => string;
  /** Notes what this run made. */
  readonly add: (paths: Iterable<string>) => void;
};

/** The usual place: the project itself. */
export function projectPlace(root: string, stateFolder: string): OutputPlace {
  return { root, stateFolder, isElsewhere: false, locate: (path) => join(root, path), add: () => undefined };
}

/** The folder to publish to can't be made. */
export class OutputFolderError extends Error {
  override readonly name = "OutputFolderError";
  readonly hint: string;
  constructor(
    /** Absolute. */
    readonly folder: string,
    cause: unknown,
  ) {
    const { reason, hint } = explainFileError(cause);
    super(`The folder ${folder} could not be made: ${reason}. Nothing was run.`, { cause });
    this.hint = hint;
  }
}

const journalFolder = ".stitchbook-publication";

/**
 * Another folder. What an interrupted run left half-published in it is finished first.
 *
 * @param folder Absolute; made where it is missing.
 */
export async function openOutputFolder(root: string, folder: string): Promise<OutputPlace> {
  const stateFolder = join(folder, journalFolder);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new OutputFolderError(folder, error);
  });
  await recoverPublications({ projectRoot: folder, stateFolder });
  const made = new Set<string>();
  return {
    root: folder,
    stateFolder,
    isElsewhere: true,
    locate: (path) => join(made.has(path) ? folder : root, path),
    add: (paths) => {
      for (const path of paths) made.add(path);
    },
  };
}

/** Leaves nothing but artifacts in another folder. */
export async function closeOutputFolder(place: OutputPlace): Promise<void> {
  if (!place.isElsewhere) return;
  // A journal that is still there belongs to a publication that was interrupted: the next run finishes it.
  await rmdir(join(place.stateFolder, "journal")).catch(() => undefined);
  await rmdir(place.stateFolder).catch(() => undefined);
}

/** Makes a function that answers the digest of an input, wherever it lies; what lies in the project is asked of `digest`. */
export function digestFrom(place: OutputPlace, root: string, digest: (path: string) => Promise<string | null>): (path: string) => Promise<string | null> {
  if (!place.isElsewhere) return digest;
  return async (path) => {
    const absolute = place.locate(path);
    if (absolute === join(root, path)) return digest(path);
    return readFileState(absolute) === null ? null : (await digestFile(absolute)).sha256;
  };
}

/**
 * Why a folder can't be the place for artifacts; null where it can.
 *
 * @param folder Absolute; may be missing.
 */
export function findOutputFolderProblem(project: Pick<Project, "root" | "tasks" | "stages" | "reports">, folder: string): string | null {
  const root = realpathSync(project.root);
  const way = relative(root, realpathOfNearest(folder));
  if (way === "" || way.split(sep).every((part) => part === "..")) return "it holds the project itself, whose artifacts are to be left alone";
  if (way === ".." || way.startsWith(`..${sep}`)) return null;
  const inside = way.split(sep).join("/");
  const reserved = findReserved(inside);
  if (reserved !== null) return `it lies in ${reserved}`;
  const sources = [...project.stages, ...project.reports].map(({ file }) => file);
  const own = new Set([...sources, ...project.tasks.flatMap((task) => [...task.outputs, ...task.inputs].map(({ path }) => path))]);
  const clash = project.tasks.flatMap(({ outputs }) => outputs).find(({ path }) => own.has(`${inside}/${path}`));
  return clash === undefined ? null : `${clash.path} would be written to ${inside}/${clash.path}, which is a file of the project`;
}

function realpathOfNearest(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return dirname(folder) === folder ? folder : join(realpathOfNearest(dirname(folder)), basename(folder));
  }
}
