import { join } from "node:path";
import { readFileState } from "../checkpoint/file-state.js";
import type { TaskRecord } from "../plan/types.js";
import { makeError } from "../project/problems.js";
import type { Place, Problem, Project, Report, Task } from "../project/types.js";

/**
 * Finds what selected tasks need of tasks that are not selected and that is not there: artifacts, and for reports what
 * those tasks displayed when they last ran.
 *
 * @param selected In dependency order.
 */
export function findMissing(project: Project, selected: readonly Task[], records: ReadonlyMap<string, TaskRecord>): Problem[] {
  const isSelected = new Set(selected.map(({ id }) => id));
  const told = new Set<string>();
  return selected.flatMap((task) => [
    ...task.inputs.flatMap(({ path, producer }) => {
      if (producer === null || isSelected.has(producer) || told.has(path) || readFileState(join(project.root, path)) !== null) return [];
      told.add(path);
      return [describe(task.node.place, `${task.id} needs ${path}, which is not there; ${producer} makes it and is not selected`, producer)];
    }),
    ...(task.node.kind === "report" ? findUntold(project, task.node, { isSelected, records }) : []),
  ]);
}

type Known = { readonly isSelected: ReadonlySet<string>; readonly records: ReadonlyMap<string, TaskRecord> };

/** Embedded figures and quoted checkpoints come from records. */
function findUntold(project: Project, report: Report, { isSelected, records }: Known): Problem[] {
  const { embeds, stages } = report.references;
  const missing = (id: string, place: Place, what: string) => (isSelected.has(id) ? [] : [describe(place, `${report.id} needs ${what} of ${id}, which is not on record, and ${id} is not selected`, id)]);
  return [
    ...embeds.flatMap(({ label, dataset, place }) => {
      const stage = project.labels.get(label)?.stage ?? "";
      const id = dataset === null ? stage : `${stage}@${dataset}`;
      return records.get(id)?.labels.some((output) => output.label === label) === true ? [] : missing(id, place, `the output labelled ${label}`);
    }),
    ...stages.flatMap(({ id: stage, path, place }) =>
      project.tasks
        .filter(({ id, node, outputs }) => node.id === stage && (path === null || outputs.some((output) => output.path === path)) && !records.has(id))
        .flatMap(({ id }) => missing(id, place, "the checkpoint")),
    ),
  ];
}

function describe(place: Place, message: string, task: string): Problem {
  return makeError({ code: "missing-artifact", place, message, hint: `run it first: stitchbook run ${task}` });
}
