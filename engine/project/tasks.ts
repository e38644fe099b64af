import { fillDataset } from "./patterns.js";
import type { Dataset, OutputContract, Report, Stage, Task } from "./types.js";
import { compareCodeUnits } from "./compare-code-units.js";

/** A task before its inputs are known. */
export type TaskSeed = Pick<Task, "id" | "node" | "dataset" | "outputs">;

/** The tasks of stages and reports, by code unit of the id. */
export function seedTasks(nodes: readonly (Stage | Report)[], datasets: readonly Dataset[]): TaskSeed[] {
  const seeds = nodes.flatMap((node): TaskSeed[] => {
    if (node.kind === "report") return [{ id: node.id, node, dataset: null, outputs: reportOutputs(node) }];
    if (!node.foreach) return [{ id: node.id, node, dataset: null, outputs: node.outputs }];
    return datasets.map((dataset) => ({ id: taskId(node.id, dataset.name), node, dataset, outputs: fillOutputs(node.outputs, dataset.name) }));
  });
  return seeds.sort((left, right) => compareCodeUnits(left.id, right.id));
}

/** `stage`, or `stage@dataset`. */
export function taskId(stage: string, dataset: string | null): string {
  return dataset === null ? stage : `${stage}@${dataset}`;
}

function reportOutputs({ outputs, place }: Report): OutputContract[] {
  const paths = outputs.html === null ? [outputs.markdown] : [outputs.markdown, outputs.html];
  return paths.map((path) => ({ path, place }));
}

function fillOutputs(outputs: readonly OutputContract[], dataset: string): OutputContract[] {
  return outputs.map((output) => ({ ...output, path: fillDataset(output.path, dataset) }));
}
