import type { TaskLineage } from "../run/memory/lineage.js";
import type { TracedPlace } from "../run/memory/trace-place.js";
import { formatRows } from "./format.js";
import { formatRevision } from "./history/history-table.js";

/** Opened when it is drawn, so that what counts as told stands above. */
type Node = () => { readonly text: string; readonly children: readonly Node[] };

/** The way back from a place to the raw data, as a tree. What was told above is not told again. */
export function formatTrace(place: TracedPlace, lineage: readonly TaskLineage[]): string {
  const byId = new Map(lineage.map((each) => [each.task, each]));
  const told = new Set<string>();
  const taskNode = (id: string): Node => () => {
    const task = byId.get(id);
    if (task === undefined) return leaf(`${id} (no result on record)`)();
    if (told.has(id)) return leaf(`${id} (see above)`)();
    told.add(id);
    return { text: describeTask(task), children: childrenOf(task) };
  };
  const inputNode = ({ path, sha256, from }: TaskLineage["inputs"][number]): Node =>
    from === null ? leaf(`${path}  source, sha256 ${sha256.slice(0, 12)}`) : () => ({ text: describeArtifact(path, byId.get(from)), children: [taskNode(from)] });
  const childrenOf = (task: TaskLineage): Node[] => [
    ...Object.entries(task.parameters).map(([name, value]) => leaf(`${name} = ${JSON.stringify(value)}`)),
    ...task.inputs.map(inputNode),
    ...task.shows.map(taskNode),
  ];
  return [...describePlace(place, byId), ...drawNodes(place.tasks.map(taskNode), "")].map((line) => `${line}\n`).join("");
}

function leaf(text: string): Node {
  return () => ({ text, children: [] });
}

function drawNodes(nodes: readonly Node[], indent: string): string[] {
  return nodes.flatMap((open, index) => {
    const { text, children } = open();
    const isLast = index === nodes.length - 1;
    return [`${indent}${isLast ? "└─" : "├─"} ${text}`, ...drawNodes(children, `${indent}${isLast ? "   " : "│  "}`)];
  });
}

function describePlace(place: TracedPlace, byId: ReadonlyMap<string, TaskLineage>): string[] {
  switch (place.kind) {
    case "artifact":
      return [describeArtifact(place.path, byId.get(place.tasks[0] ?? ""))];
    case "source":
      return [`${place.path}  source: no task makes it`];
    case "label":
      return [`${place.label}  displayed by cell ${place.cell}`];
    case "metric":
      return [`${place.path}: ${place.metric} = ${place.value}`];
    case "task":
      return [];
  }
}

function describeArtifact(path: string, maker: TaskLineage | undefined): string {
  const output = maker?.outputs.find((each) => each.path === path);
  if (output === undefined) return path;
  return [path, ...(output.rows === null ? [] : [formatRows(output.rows)]), `sha256 ${output.sha256.slice(0, 12)}`].join("  ");
}

function describeTask({ task, file, fingerprint, revision }: TaskLineage): string {
  return [task, file, `fingerprint ${fingerprint.slice(0, 12)}`, ...(revision === null ? [] : [`code ${formatRevision(revision)}`])].join("  ");
}
