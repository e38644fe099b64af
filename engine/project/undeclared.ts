import type { Project } from "./types.js";

/**
 * The files among those that runs made which no task declares any more.
 *
 * @param made Project paths. What lies in the images folder of a report is the report's own.
 */
export function findUndeclared(project: Pick<Project, "tasks" | "reports">, made: Iterable<string>): string[] {
  const declared = new Set(project.tasks.flatMap(({ outputs }) => outputs.map(({ path }) => path)));
  const folders = project.reports.map(({ outputs }) => `${outputs.images}/`);
  return [...made].filter((path) => !declared.has(path) && !folders.some((folder) => path.startsWith(folder)));
}
