import { emptyState, stateSections, type RunState } from "./entry.js";

type Section = Readonly<Record<string, unknown>>;

/** What of a state is another than before: for each section the keys that were set, and those that are gone. */
export type StateDelta = { readonly [S in keyof RunState]?: { readonly set?: Partial<RunState[S]>; readonly gone?: readonly string[] } };

/** The difference between two states. The whole state is its difference from the empty one. */
export function diffStates(before: RunState, after: RunState): StateDelta {
  const found = stateSections.flatMap((section) => {
    const change = diffSection(before[section], after[section]);
    return change === null ? [] : [[section, change] as const];
  });
  return Object.fromEntries(found);
}

/** The state after a difference; sections that it leaves alone are shared. */
export function applyDelta(before: RunState, delta: StateDelta): RunState {
  return {
    tasks: applySection(before.tasks, delta.tasks),
    metrics: applySection(before.metrics, delta.metrics),
    params: applySection(before.params, delta.params),
    packages: applySection(before.packages, delta.packages),
    code: applySection(before.code, delta.code),
    env: applySection(before.env, delta.env),
  };
}

/** A state as its difference from nothing. */
export function wholeState(state: RunState): StateDelta {
  return diffStates(emptyState, state);
}

function diffSection(before: Section, after: Section): { set?: Section; gone?: string[] } | null {
  const set = Object.entries(after).filter(([key, value]) => !isSame(Object.hasOwn(before, key) ? before[key] : undefined, value));
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  if (set.length === 0 && gone.length === 0) return null;
  return { ...(set.length === 0 ? {} : { set: Object.fromEntries(set) }), ...(gone.length === 0 ? {} : { gone }) };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}

function applySection<S extends Section>(before: S, change: { readonly set?: Partial<S>; readonly gone?: readonly string[] } | undefined): S {
  if (change === undefined) return before;
  const after: S = { ...before, ...change.set };
  for (const key of change.gone ?? []) Reflect.deleteProperty(after, key);
  return after;
}
