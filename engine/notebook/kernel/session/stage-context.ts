import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { resolveParameters } from "../../../project/parameters/parameter-values.js";
import { readParameterCell } from "../../../project/parameters/parameter-cell.js";
import type { JsonValue, ParameterDeclaration, Problem, Project, Stage, Task } from "../../../project/types.js";
import { toProjectPath } from "../../compile/resolve-local.js";

/** The stage that a kernel's notebook is, for one task. */
export type StageContext = {
  readonly project: Project;
  readonly stage: Stage;
  /** null where the stage fans out and the project has no dataset. */
  readonly task: Task | null;
};

/**
 * Finds the stage of a notebook.
 *
 * @param file Project path of the notebook.
 * @param wanted Id of the task, or of the stage; null takes the stage's first task.
 * @returns null where the notebook is no stage
 */
export function findStage(project: Project, file: string, wanted: string | null): StageContext | null {
  const stage = project.stages.find((each) => each.file === file);
  if (stage === undefined) return null;
  const tasks = project.tasks.filter(({ node }) => node === stage || node.id === stage.id);
  return { project, stage, task: tasks.find(({ id }) => id === wanted) ?? tasks[0] ?? null };
}

/**
 * The notebook that a Jupyter server started a kernel for.
 *
 * @param root Absolute.
 * @param named `JPY_SESSION_NAME`: a path, absolute or relative to the kernel's folder.
 * @param folder Absolute: where the kernel was started.
 * @returns Project path; null where it lies outside of the project.
 */
export function notebookPath(root: string, named: string, folder: string): string | null {
  const path = toProjectPath(root, resolve(folder, named));
  return path.startsWith("../") || path === ".." || !path.endsWith(".ipynb") ? null : path;
}

/** Makes the folders that the task's outputs are written to. */
export function makeOutputFolders({ project, task }: StageContext): void {
  for (const { path } of task?.outputs ?? []) mkdirSync(dirname(join(project.root, path)), { recursive: true });
}

export type AppliedParameters = {
  /** Value of every parameter that the cell declares. */
  readonly values: Readonly<Record<string, JsonValue>>;
  /** Those whose value is another than the cell's. */
  readonly changed: readonly { readonly name: string; readonly value: JsonValue; readonly inCell: JsonValue }[];
  readonly problems: readonly Problem[];
};

/** The values that a parameters cell's variables get, as in a run; of the cell as it was executed, not as it is saved. */
export function applyParameters({ project, stage, task }: StageContext, source: string, position: number): AppliedParameters {
  const { parameters, problems } = readParameterCell(source, { file: stage.file, cell: position });
  if (problems.length > 0 || task === null) return { values: {}, changed: [], problems };
  const edited: Stage = { ...stage, parameters };
  const resolved = resolveParameters({ ...project, stages: project.stages.map((each) => (each.id === stage.id ? edited : each)), tasks: [{ ...task, node: edited }] }, []);
  const values = resolved.values.get(task.id) ?? {};
  const changed = parameters.flatMap((parameter) => findChange(parameter, values));
  return { values, changed, problems: resolved.problems };
}

function findChange({ name, value: inCell }: ParameterDeclaration, values: Readonly<Record<string, JsonValue>>): AppliedParameters["changed"] {
  const value = values[name];
  return value === undefined || JSON.stringify(value) === JSON.stringify(inCell) ? [] : [{ name, value, inCell }];
}
