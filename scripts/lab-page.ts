import { realpathSync } from "node:fs";
import { posix, relative, resolve, sep } from "node:path";
import { readEveryRecord } from "../engine/checkpoint/records.js";
import { ProjectError } from "../engine/project/problems.js";
import { writeRowTypes } from "../engine/project/row-types/row-types-file.js";
import { surveyProject } from "../engine/project/read-project.js";
import type { Project } from "../engine/project/types.js";
import { madePaths } from "../engine/run/upkeep/made-paths.js";
import { nearest, UsageError } from "./command.js";
import type { Site } from "./project-commands.js";

/** What Lab opens first. */
export type LabPage = {
  /** Below `/lab`: `/tree/notebooks/a.ipynb`. */
  readonly page: string;
  /** The task whose values the notebook's kernel is to take; null where none was named. */
  readonly task: string | null;
};

/**
 * Finds the page of a stage, a report, a task or a notebook's file; without a name the folder of the notebooks. The
 * project may have errors: Lab is where they are mended.
 *
 * @throws {UsageError} naming the nearest name that is known
 */
export async function findLabPage(site: Site, name: string | undefined): Promise<LabPage> {
  const survey = await surveyProject(site.root, { orphans: madePaths(readEveryRecord(site.stateFolder)) }).catch((error: unknown) => {
    if (error instanceof ProjectError && name === undefined) return null;
    throw error;
  });
  if (survey === null) return { page: "", task: null };
  const { project, problems } = survey;
  writeRowTypes(project, site.stateFolder);
  if (name === undefined) return { page: pageOf(findNotebookFolder(project)), task: null };
  const found = findNamed(project, name);
  if (found !== null) return { page: pageOf(found.file), task: found.task };
  const known = [...new Set([...project.stages, ...project.reports].map(({ id }) => id)), ...project.tasks.filter(({ dataset }) => dataset !== null).map(({ id }) => id)];
  const near = await nearest(name, known, (each) => each);
  const isSound = problems.every(({ severity }) => severity !== "error");
  const rest = isSound ? (known.length <= 12 ? `; known: ${known.join(", ")}` : "") : "; the project has errors, and `stitchbook check` lists them";
  throw new UsageError(`there is no stage, report or task ${name}${near === "" ? rest : near}`);
}

type Named = { readonly file: string; readonly task: string | null };

function findNamed(project: Project, name: string): Named | null {
  const task = project.tasks.find(({ id }) => id === name);
  if (task !== undefined) return { file: task.node.file, task: task.node.kind === "stage" ? task.id : null };
  const nodes = [...project.stages, ...project.reports];
  const files = [...nodes.map(({ file }) => file), ...project.ignoredNotebooks];
  const written = [posix.normalize(name), relative(realpathSync(project.root), resolve(realpathSync(process.cwd()), name)).split(sep).join("/")];
  const file = nodes.find(({ id }) => id === name)?.file ?? files.find((each) => written.includes(each));
  return file === undefined ? null : { file, task: null };
}

/** The folder that all notebooks are in; empty for the root. */
function findNotebookFolder({ stages, ignoredNotebooks }: Project): string {
  const folders = new Set([...stages.map(({ file }) => posix.dirname(file)), ...ignoredNotebooks.map((file) => posix.dirname(file))]);
  const [folder] = folders;
  return folders.size === 1 && folder !== undefined && folder !== "." ? folder : "";
}

function pageOf(path: string): string {
  return path === "" ? "" : `/tree/${path.split("/").map(encodeURIComponent).join("/")}`;
}
