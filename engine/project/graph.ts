import { compareCodeUnits } from "./compare-code-units.js";

/** What the order of tasks depends on. */
export type GraphNode = { readonly id: string; readonly dependsOn: readonly string[] };

/**
 * Sorts nodes so that each comes after those it depends on; ties by code unit of the id.
 * @returns `cycles` holds one way around for each knot, in the direction of the data, first id repeated at the end; nodes in or behind a knot are not in `order`
 */
export function sortGraph<N extends GraphNode>(nodes: readonly N[]): { order: N[]; cycles: string[][] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const followers = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const { id, dependsOn } of nodes) {
    const known = [...new Set(dependsOn)].filter((each) => byId.has(each));
    waiting.set(id, known.length);
    for (const each of known) followers.set(each, [...(followers.get(each) ?? []), id]);
  }
  const ready = nodes.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id).sort(compareCodeUnits);
  const order: N[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    const node = byId.get(id);
    if (node !== undefined) order.push(node);
    for (const follower of followers.get(id) ?? []) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) insertSorted(ready, follower);
    }
  }
  const done = new Set(order.map(({ id }) => id));
  return { order, cycles: findCycles(nodes.filter(({ id }) => !done.has(id)).map(({ id }) => id), followers) };
}

function insertSorted(names: string[], name: string): void {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCodeUnits(names[middle] ?? "", name) < 0) low = middle + 1;
    else high = middle;
  }
  names.splice(low, 0, name);
}

/** For each knot a shortest way around through its first node. */
function findCycles(stuck: readonly string[], followers: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const told = new Set<string>();
  for (const start of [...stuck].sort(compareCodeUnits)) {
    if (told.has(start)) continue;
    const cycle = findWayAround(start, followers);
    if (cycle === null) continue;
    cycles.push(cycle);
    for (const id of knotOf(start, followers)) told.add(id);
  }
  return cycles;
}

function findWayAround(start: string, followers: ReadonlyMap<string, readonly string[]>): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const next of [...(followers.get(id) ?? [])].sort(compareCodeUnits)) {
      if (next === start) return [...traceBack(id, cameFrom), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, id);
      queue.push(next);
    }
  }
  return null;
}

function traceBack(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = [];
  for (let id: string | undefined = end; id !== undefined; id = cameFrom.get(id)) way.unshift(id);
  return way;
}

/** All that can be reached from `start` and can reach it. */
function knotOf(start: string, followers: ReadonlyMap<string, readonly string[]>): string[] {
  const backwards = new Map<string, string[]>();
  for (const [id, nexts] of followers) for (const next of nexts) backwards.set(next, [...(backwards.get(next) ?? []), id]);
  const forth = reach(start, followers);
  const back = reach(start, backwards);
  return [...forth].filter((id) => back.has(id));
}

function reach(start: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set([start]);
  for (const id of seen) for (const next of edges.get(id) ?? []) seen.add(next);
  return seen;
}
