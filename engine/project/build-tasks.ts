import { sortGraph } from "./graph.js";
import { makeError, removeRepeats } from "./problems.js";
import { followReport } from "./templates/report-links.js";
import { resolveTaskInputs } from "./task-inputs.js";
import type { LinkContext } from "./templates/report-links.js";
import type { InputContext } from "./task-inputs.js";
import type { TaskSeed } from "./tasks.js";
import type { Place, Problem, Task } from "./types.js";
import { compareCodeUnits } from "./compare-code-units.js";

export type BuiltTasks = {
  /** In dependency order; ties by code unit. Tasks of a cycle, and what follows them, are missing. */
  readonly tasks: readonly Task[];
  readonly problems: readonly Problem[];
};

/** Finds the inputs of every task and what it depends on, and sorts the tasks. */
export async function buildTasks(seeds: readonly TaskSeed[], context: InputContext & LinkContext): Promise<BuiltTasks> {
  const built = await Promise.all(seeds.map((seed) => buildTask(seed, context)));
  const problems = removeRepeats(built.flatMap((each) => each.problems));
  const { order, cycles } = sortGraph(built.map(({ task }) => task));
  const byId = new Map(built.map(({ task }) => [task.id, task]));
  return { tasks: order, problems: [...problems, ...describeCycles(cycles, byId)] };
}

async function buildTask(seed: TaskSeed, context: InputContext & LinkContext): Promise<{ task: Task; problems: Problem[] }> {
  const { inputs, problems } = await resolveTaskInputs(seed, context);
  const links = seed.node.kind === "report" ? followReport(seed.node, context) : { dependsOn: [], problems: [] };
  const producers = inputs.flatMap(({ producer }) => producer ?? []);
  const dependsOn = [...new Set([...producers, ...links.dependsOn])].sort(compareCodeUnits);
  return { task: { ...seed, inputs, dependsOn }, problems: [...problems, ...links.problems] };
}

/** A cycle that every dataset goes through in the same way is told once. */
function describeCycles(cycles: readonly (readonly string[])[], byId: ReadonlyMap<string, Task>): Problem[] {
  const told = new Set<string>();
  return cycles.flatMap((cycle) => {
    const key = cycle.map((id) => byId.get(id)?.node.id).join(" -> ");
    if (told.has(key)) return [];
    told.add(key);
    const steps = cycle.slice(1).flatMap((id, index) => describeStep(byId.get(id), cycle[index] ?? ""));
    const first = byId.get(cycle[1] ?? "");
    const message = `these tasks wait for each other: ${cycle.join(" -> ")} (${steps.join("; ")})`;
    return [makeError({ code: "cycle", place: placeOfEdge(first, cycle[0] ?? ""), message, hint: "take one of these inputs away" })];
  });
}

function describeStep(task: Task | undefined, before: string): string[] {
  if (task === undefined) return [];
  const input = task.inputs.find(({ producer }) => producer === before);
  return [input === undefined ? `${task.id} quotes or embeds ${before}` : `${task.id} reads ${input.path} of ${before}`];
}

/** The declared input that makes the edge; the node itself where none can be told. */
function placeOfEdge(task: Task | undefined, before: string): Place {
  const path = task?.inputs.find(({ producer }) => producer === before)?.path;
  const patterns = task === undefined ? [] : task.node.kind === "stage" ? task.node.inputs : Object.values(task.node.inputs);
  const pattern = patterns.find((each) => each.pattern === path) ?? (patterns.length === 1 ? patterns[0] : undefined);
  return pattern?.place ?? task?.node.place ?? { file: "stitchbook.yaml" };
}
