import { join } from "node:path";

/** Absolute path of the folder in which tasks work, in a state folder. */
export function taskFolders(stateFolder: string): string {
  return join(stateFolder, "tasks");
}

/** Name of the private folder for temporary files in a task's folder. */
export const temporaryFolderName = ".tmp";

/** A task's id as part of a file name: `@` stands for itself in no path that tools read, and ids hold no `+`. */
export function taskFileName(task: string): string {
  return task.replaceAll("@", "+").replaceAll(/[^A-Za-z0-9._+-]/g, "_");
}
