import type { Project, Task } from "../project/types.js";

export type GraphNode = {
  readonly task: string;
  readonly stage: string;
  readonly dataset: string | null;
  readonly kind: "stage" | "report";
  readonly title: string;
  /** The notebook or template. */
  readonly file: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
};

/** `to` needs what `from` makes: the file `via`, or null for what a report embeds or quotes. */
export type GraphEdge = { readonly from: string; readonly to: string; readonly via: string | null };

export type Graph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

/** The graph of the selected tasks, and the edges among them. @param selected In dependency order. */
export function describeGraph(selected: readonly Task[]): Graph {
  const known = new Set(selected.map(({ id }) => id));
  return {
    nodes: selected.map(({ id, node, dataset, inputs, outputs }) => ({
      task: id,
      stage: node.id,
      dataset: dataset?.name ?? null,
      kind: node.kind,
      title: node.title,
      file: node.file,
      inputs: inputs.map(({ path }) => path),
      outputs: outputs.map(({ path }) => path),
    })),
    edges: selected.flatMap((task) => edgesTo(task).filter(({ from }) => known.has(from))),
  };
}

function edgesTo({ id, inputs, dependsOn }: Task): GraphEdge[] {
  const files = inputs.flatMap(({ path, producer }) => (producer === null ? [] : [{ from: producer, to: id, via: path }]));
  const producers = new Set(files.map(({ from }) => from));
  return [...files, ...dependsOn.filter((from) => !producers.has(from)).map((from) => ({ from, to: id, via: null }))];
}

/** One block a task, in the order of a run: what it reads and from whom, what it makes. */
export function drawText(project: Pick<Project, "name">, selected: readonly Task[]): string {
  const blocks = selected.map(({ id, node, inputs, outputs, dependsOn }) => {
    const producers = new Set(inputs.flatMap(({ producer }) => producer ?? []));
    const shown = dependsOn.filter((each) => !producers.has(each)).map((each) => `  <- ${each}  (what it displayed or recorded)`);
    const reads = inputs.map(({ path, producer }) => `  <- ${path}${producer === null ? "" : `  (${producer})`}`);
    return [`${id}  ${node.file}`, ...reads, ...shown, ...outputs.map(({ path }) => `  -> ${path}`)].join("\n");
  });
  return `${[project.name, ...blocks].join("\n\n")}\n`;
}

/** A flowchart in Mermaid's language. Ids are numbers, so that no name can be taken for syntax. */
export function drawMermaid({ nodes, edges }: Graph): string {
  const ids = new Map(nodes.map(({ task }, index) => [task, `t${index + 1}`]));
  const lines = nodes.map(({ task, title, stage, kind }) => {
    const label = `"${escapeLabel(title === stage ? task : `${task}: ${title}`)}"`;
    return `  ${ids.get(task)}${kind === "report" ? `[/${label}/]` : `[${label}]`}`;
  });
  const byPair = new Map<string, string[]>();
  for (const { from, to, via } of edges) {
    const pair = `${ids.get(from)} ${ids.get(to)}`;
    byPair.set(pair, [...(byPair.get(pair) ?? []), ...(via === null ? [] : [via])]);
  }
  const arrows = [...byPair].map(([pair, paths]) => {
    const [from, to] = pair.split(" ");
    const label = paths.length > 3 ? `${paths.slice(0, 2).map(escapeLabel).join("<br>")}<br>and ${paths.length - 2} more` : paths.map(escapeLabel).join("<br>");
    return paths.length === 0 ? `  ${from} -.-> ${to}` : `  ${from} -- "${label}" --> ${to}`;
  });
  return `${["flowchart LR", ...lines, ...arrows].join("\n")}\n`;
}

/** Mermaid reads entities in labels; what its syntax, its Markdown or HTML could take for their own becomes one. */
function escapeLabel(text: string): string {
  return text.replace(/[^\p{L}\p{N} @._/,:=+-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
