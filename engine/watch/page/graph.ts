import { formatDuration } from "../../observe/format.js";
import { escapeHtml } from "../../report/html.js";
import type { TaskState, TaskView } from "../pipeline-state.js";
import { stateWords } from "./words.js";

/** A stage or a report, with all its tasks. */
type Node = { readonly id: string; readonly kind: "stage" | "report"; readonly title: string; readonly state: TaskState; readonly more: string; readonly target: string; readonly needs: ReadonlySet<string> };

const size = { width: 132, height: 46, gapX: 14, gapY: 26, margin: 4, /** Room for edges that pass beside nodes. */ aside: 26 };

/** The state that tells most about several tasks. */
const order: readonly TaskState[] = ["failed", "running", "waiting", "kept", "unknown", "done", "restored", "fresh"];

/** The graph of stages and reports, what comes first at the top. Every node is a link to its tasks in the list below. */
export function graphSvg(tasks: readonly TaskView[]): string {
  const nodes = uniteTasks(tasks);
  if (nodes.length === 0) return "";
  const layers = layOut(nodes);
  const widest = Math.max(...layers.map((layer) => layer.length));
  const width = widest * (size.width + size.gapX) - size.gapX + 2 * size.margin + 2 * size.aside;
  const height = layers.length * (size.height + size.gapY) - size.gapY + 2 * size.margin;
  const places = new Map(layers.flatMap((layer, row) => layer.map((node, column) => [node.id, {
    x: (width - layer.length * (size.width + size.gapX) + size.gapX) / 2 + column * (size.width + size.gapX),
    y: size.margin + row * (size.height + size.gapY),
  }] as const)));
  const edges = [...reduceEdges(nodes)].flatMap(([id, needs]) => needs.map((from) => edgeSvg(places.get(from), places.get(id))));
  const drawn = nodes.map((node) => nodeSvg(node, places.get(node.id) ?? { x: 0, y: 0 }));
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="Graph of the pipeline">${edges.join("")}${drawn.join("")}</svg>`;
}

function uniteTasks(tasks: readonly TaskView[]): Node[] {
  const groups = groupById(tasks);
  const nodeOf = new Map(tasks.map(({ task }) => [task.id, task.node.id]));
  return [...groups].map(([id, views]) => {
    const states = new Set(views.map(({ state }) => state));
    const state = order.find((each) => states.has(each)) ?? "unknown";
    const needs = new Set(views.flatMap(({ task }) => task.dependsOn.flatMap((each) => nodeOf.get(each) ?? [])));
    needs.delete(id);
    const [first] = views;
    if (first === undefined) throw new Error("Internal error: a node without tasks");
    return { id, kind: first.task.node.kind, title: first.task.node.title, state, more: describe(views, state), target: (views.find((view) => view.state === state) ?? first).task.id, needs };
  });
}

function groupById(tasks: readonly TaskView[]): Map<string, TaskView[]> {
  const groups = new Map<string, TaskView[]>();
  for (const view of tasks) groups.set(view.task.node.id, [...(groups.get(view.task.node.id) ?? []), view]);
  return groups;
}

function describe(views: readonly TaskView[], state: TaskState): string {
  const many = views.length === 1 ? "" : `${views.filter((view) => view.state === state).length} of ${views.length} `;
  const durationMs = Math.max(...views.map((view) => view.durationMs ?? 0));
  return `${many}${stateWords[state][1]}${state === "done" && durationMs > 0 ? ` · ${formatDuration(durationMs)}` : ""}`;
}

/** Each node one row below the lowest of those it needs. */
function layOut(nodes: readonly Node[]): Node[][] {
  const depths = new Map<string, number>();
  const layers: Node[][] = [];
  for (const node of nodes) {
    const depth = Math.max(-1, ...[...node.needs].map((id) => depths.get(id) ?? -1)) + 1;
    depths.set(node.id, depth);
    (layers[depth] ??= []).push(node);
  }
  return layers;
}

/** Node -> those it needs, without what it needs through others anyway: the cards name all of them. */
function reduceEdges(nodes: readonly Node[]): Map<string, string[]> {
  const behind = new Map<string, ReadonlySet<string>>();
  const edges = new Map<string, string[]>();
  for (const { id, needs } of nodes) {
    const through = new Set([...needs].flatMap((each) => [...(behind.get(each) ?? [])]));
    edges.set(id, [...needs].filter((each) => !through.has(each)));
    behind.set(id, new Set([...needs, ...through]));
  }
  return edges;
}

type Point = { readonly x: number; readonly y: number };

function edgeSvg(from: Point | undefined, to: Point | undefined): string {
  if (from === undefined || to === undefined) return "";
  const [x1, y1, x2, y2] = [from.x + size.width / 2, from.y + size.height, to.x + size.width / 2, to.y];
  const rows = Math.round((y2 - y1) / (size.height + size.gapY));
  // Past the rows between, beside them and not through them.
  if (rows > 0 && Math.abs(x1 - x2) < size.width / 2) {
    const x = Math.max(x1, x2) + size.width / 2 + size.aside * 0.6;
    const bend = size.gapY * 0.7;
    return `<path class="edge" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x} ${y1 + bend / 2} ${x} ${y1 + size.gapY + bend}L${x} ${y2 - size.gapY - bend}C${x} ${y2 - bend / 2} ${x2} ${y2 - bend} ${x2} ${y2}"/>`;
  }
  const bend = Math.max(size.gapY * 0.7, (y2 - y1) * 0.4);
  return `<path class="edge" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/>`;
}

function nodeSvg({ id, kind, title, state, more, target }: Node, { x, y }: Point): string {
  const name = id.length > 17 ? `${id.slice(0, 16)}…` : id;
  return (
    `<a href="#task-${escapeHtml(target)}" class="${kind} ${state}" aria-label="${escapeHtml(`${id}: ${more}`)}"><title>${escapeHtml(title)}</title>` +
    `<rect x="${x}" y="${y}" width="${size.width}" height="${size.height}" rx="6"/>` +
    `<text x="${x + size.width / 2}" y="${y + 20}">${escapeHtml(name)}</text>` +
    `<text class="more" x="${x + size.width / 2}" y="${y + 36}"><tspan class="mark">${stateWords[state][0]}</tspan> ${escapeHtml(more)}</text></a>`
  );
}
