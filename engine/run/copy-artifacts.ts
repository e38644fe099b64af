import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestFile } from "../checkpoint/file-state.js";
import type { Task } from "../project/types.js";
import { publish } from "./publish/publish.js";
import type { RunContext } from "./run-context.js";
import { TaskFailure } from "./task-failure.js";
import { createTaskFolder, removeTaskFolder } from "./task-folder/task-folder.js";
import { taskFolders } from "./task-folder/task-folder-names.js";

/** Publishes the artifacts of a task that is up to date to the folder that the run writes to. */
export async function copyArtifacts(context: RunContext, task: Task): Promise<void> {
  const { place, project, stateFolder } = context;
  const artifacts = context.records.get(task.id)?.artifacts ?? [];
  const folder = await createTaskFolder({ taskFolders: taskFolders(stateFolder), task: task.id });
  try {
    for (const { path, sha256 } of artifacts) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await copyFile(join(project.root, path), join(folder, path), constants.COPYFILE_FICLONE);
      if ((await digestFile(join(folder, path))).sha256 !== sha256) throw new TaskFailure("publication", `${path} was changed while it was copied`, { hint: "Let nothing else write to artifacts, then run again." });
    }
    await publish({ projectRoot: place.root, stateFolder: place.stateFolder, task: task.id, folder, artifacts, record: null });
    place.add(artifacts.map(({ path }) => path));
  } finally {
    await removeTaskFolder(folder);
  }
}
