import { readAllRecords } from "../../checkpoint/records.js";
import type { Project } from "../../project/types.js";
import type { Needs } from "../../store/collect-garbage.js";

/** What the records of a project's present tasks need of the store. */
export function readNeeds(stateFolder: string, project: Pick<Project, "tasks">): Needs {
  const records = [...readAllRecords(stateFolder, project.tasks.map((task) => task.id)).values()];
  return {
    fingerprints: new Set(records.map((record) => record.fingerprint.hash)),
    contents: new Set(records.flatMap((record) => record.artifacts.map(({ sha256 }) => sha256))),
  };
}
