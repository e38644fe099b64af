import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { digestFile, readFileState, type FileDigest } from "../../checkpoint/file-state.js";
import type { FileState } from "../../plan/types.js";
import { explainFileError, fileSystem, type FileSystem } from "../publish/file-system.js";
import { inBatches } from "../in-batches.js";
import { taskFileName, temporaryFolderName } from "./task-folder-names.js";

/** What a task was given for one input. */
export type InputDigest = FileDigest & {
  /** State of the project's own file, read before it was copied: a record may trust it with this digest. */
  readonly source: FileState;
  /** State of the copy in the task's folder once it was hashed. */
  readonly copy: FileState;
  /** Milliseconds since 1970 when `copy` was read. */
  readonly copiedAtMs: number;
};

/** Project path -> what was given. */
export type InputDigests = ReadonlyMap<string, InputDigest>;

export type TaskFolder = {
  /** Absolute. */
  readonly path: string;
  readonly digests: InputDigests;
};

/** A declared input could not be put into the task's folder. */
export class TaskFolderError extends Error {
  override readonly name = "TaskFolderError";
  constructor(
    /** Project path of the input. */
    readonly path: string,
    reason: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(`The input ${path} could not be given to the task: ${reason}.`, { cause });
  }
}

export type FillOptions = {
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute path of an input that may lie elsewhere than in the project. */
  readonly locate?: (path: string) => string;
  /** Project paths. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly fs?: FileSystem;
};

/** Creates a task's folder and fills it. */
export async function prepareTaskFolder(options: FillOptions & { readonly taskFolders: string; readonly task: string }): Promise<TaskFolder> {
  const path = await createTaskFolder(options);
  return { path, ...(await fillTaskFolder(path, options)) };
}

/**
 * Creates an empty folder for one attempt of a task, with `.tmp` in it.
 *
 * @param options - `taskFolders`: absolute, where it is made; made itself if missing
 * @returns the absolute path
 */
export async function createTaskFolder(options: { readonly taskFolders: string; readonly task: string; readonly fs?: FileSystem }): Promise<string> {
  const fs = options.fs ?? fileSystem;
  await fs.mkdir(options.taskFolders, { recursive: true });
  const folder = await fs.mkdtemp(join(options.taskFolders, `${taskFileName(options.task).slice(0, 100)}-`));
  await fs.mkdir(join(folder, temporaryFolderName));
  return folder;
}

/**
 * Copies a task's declared inputs into its folder and makes the folders of its outputs. Digests are those of the
 * copies, so that an edit meanwhile can't part what was hashed from what the task reads.
 *
 * @throws {TaskFolderError} when an input is missing, no file, can't be read, or the disk is full
 */
export async function fillTaskFolder(folder: string, options: FillOptions): Promise<{ readonly digests: InputDigests }> {
  const fs = options.fs ?? fileSystem;
  const parents = new Set([...options.inputs, ...options.outputs].map((path) => dirname(path)));
  for (const parent of parents) await fs.mkdir(join(folder, parent), { recursive: true });
  const locate = options.locate ?? ((path: string) => join(options.projectRoot, path));
  const given = new Map<string, InputDigest>();
  await inBatches(options.inputs, async (path) => {
    given.set(path, await giveInput(path, { from: locate(path), to: join(folder, path), fs }));
  });
  // Copies are done in any order; records and provenance are not to depend on it.
  const inOrder = options.inputs.flatMap((path) => {
    const digest = given.get(path);
    return digest === undefined ? [] : [[path, digest] as const];
  });
  return { digests: new Map(inOrder) };
}

async function giveInput(path: string, copying: { readonly from: string; readonly to: string; readonly fs: FileSystem }): Promise<InputDigest> {
  const { from, to, fs } = copying;
  try {
    const source = readFileState(from);
    if (source === null) throw await explainUnusable(path, from, fs);
    await fs.copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const digest = await digestFile(to);
    const copy = readFileState(to);
    if (copy === null) throw new Error(`Internal error: ${to} went away`);
    return { ...digest, source, copy, copiedAtMs: Date.now() };
  } catch (error) {
    if (error instanceof TaskFolderError) throw error;
    const { reason, hint } = explainFileError(error);
    throw new TaskFolderError(path, reason, hint, error);
  }
}

/** Copying a pipe would wait for ever, so anything but a regular file is refused first. */
async function explainUnusable(path: string, absolute: string, fs: FileSystem): Promise<TaskFolderError> {
  const isThere = await fs.lstat(absolute).then((stats) => stats, () => null);
  if (isThere === null) return new TaskFolderError(path, "it does not exist", "Create it, or correct `inputs` in the front matter.");
  if (isThere.isSymbolicLink()) return new TaskFolderError(path, "it is a link that leads to no file", "Mend the link.");
  return new TaskFolderError(path, "it is not a regular file", "Declare files, or a glob such as `folder/*.csv`.");
}

export { inspectTaskFolder, type FolderFindings } from "./inspect-task-folder.js";
export { removeLeftTaskFolders, removeTaskFolder } from "./remove-task-folder.js";
