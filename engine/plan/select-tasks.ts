import { posix } from "node:path";
import type { Project, Task } from "../project/types.js";

/** What of the graph a command is about, as it was asked for. A name is a stage, a report, a task or an artifact. */
export type SelectionRequest = {
  /** With all that they need; the same as `until`. */
  readonly targets: readonly string[];
  /** These alone. */
  readonly only: readonly string[];
  /** These and all after them. */
  readonly from: readonly string[];
  /** These and all that they need. */
  readonly until: readonly string[];
  /** Of fan-outs only the tasks for these datasets. */
  readonly datasets: readonly string[];
  /** Where relative paths may also start: project path of a folder, empty for the root; null outside of the project. */
  readonly folder: string | null;
};

/** Nothing that can be run was asked for. `known` are the names that would have been understood instead of `found`. */
export class SelectionError extends Error {
  override readonly name = "SelectionError";
  constructor(
    message: string,
    readonly found: string = "",
    readonly known: readonly string[] = [],
  ) {
    super(message);
  }
}

type Graph = Pick<Project, "root" | "tasks" | "datasets">;

/**
 * Selects tasks. Repeats of one option unite; `from` and what is wanted (`targets`, `until`) intersect.
 *
 * @returns in dependency order; `project.tasks` itself where all are selected
 * @throws SelectionError for a name or a dataset that is not known, and where nothing is left
 */
export function selectTasks(project: Graph, request: SelectionRequest): readonly Task[] {
  const { only, from, datasets } = request;
  const wanted = [...request.targets, ...request.until];
  if (only.length + from.length + wanted.length + datasets.length === 0) return project.tasks;
  if (only.length > 0 && from.length + wanted.length > 0) throw new SelectionError("--only names all that is to run; leave out --from, --until and targets");
  const find = createFinder(project, request.folder);
  const limits = [
    ...(only.length > 0 ? [findAll(only, find)] : []),
    ...(from.length > 0 ? [followers(project.tasks, findAll(from, find))] : []),
    ...(wanted.length > 0 ? [needs(project.tasks, findAll(wanted, find))] : []),
  ];
  const kept = readDatasets(project, datasets);
  const selected = project.tasks.filter(({ id, dataset }) => limits.every((limit) => limit.has(id)) && (kept === null || dataset === null || kept.has(dataset.name)));
  if (selected.length === 0 && project.tasks.length > 0) throw new SelectionError(`nothing is selected: no task is part of all of ${describeRequest(request)}`);
  return selected.length === project.tasks.length ? project.tasks : selected;
}

/** Whether a selection leaves anything out. */
export function isWhole(project: Pick<Project, "tasks">, selected: readonly Task[]): boolean {
  return selected.length === project.tasks.length;
}

/** The options of a request as they would be typed. */
export function describeRequest(request: SelectionRequest): string {
  const flag = (name: string, values: readonly string[]) => values.map((value) => `--${name} ${value}`);
  return [...request.targets, ...flag("only", request.only), ...flag("from", request.from), ...flag("until", request.until), ...flag("dataset", request.datasets)].join(" ");
}

type Find = (name: string) => readonly string[];

function findAll(names: readonly string[], find: Find): ReadonlySet<string> {
  return new Set(names.flatMap(find));
}

/** A stage or task goes before an artifact of the same name, which `./name` means. */
function createFinder({ root, tasks }: Graph, folder: string | null): Find {
  const byName = new Map<string, string[]>();
  const byPath = new Map<string, string>();
  const imageFolders: (readonly [string, string])[] = [];
  for (const { id, node, outputs } of tasks) {
    byName.set(node.id, [...(byName.get(node.id) ?? []), id]);
    for (const { path } of outputs) byPath.set(path, id);
    if (node.kind === "report") imageFolders.push([node.outputs.images, id]);
  }
  for (const { id } of tasks) if (!byName.has(id)) byName.set(id, [id]);
  const makerOf = (path: string) => byPath.get(path) ?? imageFolders.find(([images]) => path === images || path.startsWith(`${images}/`))?.[1];
  return (name) => {
    const named = byName.get(name);
    if (named !== undefined) return named;
    for (const path of readPaths(name, root, folder)) {
      const maker = makerOf(path);
      if (maker !== undefined) return [maker];
    }
    throw new SelectionError(`there is no stage, report, task or artifact ${name}`, name, [...byName.keys(), ...byPath.keys()]);
  };
}

/** The project paths that a written path can mean: from the root, or from the folder one is in. */
function readPaths(written: string, root: string, folder: string | null): string[] {
  const name = written.normalize("NFC");
  if (name.startsWith("/")) return [posix.relative(root, name)];
  return [posix.normalize(name), ...(folder === null ? [] : [posix.normalize(posix.join(folder, name))])];
}

function followers(tasks: readonly Task[], first: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set(first);
  for (const { id, dependsOn } of tasks) if (dependsOn.some((each) => found.has(each))) found.add(id);
  return found;
}

function needs(tasks: readonly Task[], last: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set(last);
  for (let index = tasks.length - 1; index >= 0; index -= 1) {
    const task = tasks[index];
    if (task !== undefined && found.has(task.id)) for (const each of task.dependsOn) found.add(each);
  }
  return found;
}

function readDatasets({ datasets }: Graph, asked: readonly string[]): ReadonlySet<string> | null {
  if (asked.length === 0) return null;
  const known = datasets.map(({ name }) => name);
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SelectionError(known.length === 0 ? `--dataset ${unknown}: the project has no datasets` : `there is no dataset ${unknown}`, unknown, known);
  return new Set(asked);
}
