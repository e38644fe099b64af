import type { AlertState, OpenAlert } from "./alert-state.js";
import type { ChannelName, Failure, Finding, News, Past, SchemaChange } from "./types.js";

/** How one run ended, as far as alerts care. */
export type RunOutcome = {
  readonly run: string;
  /** RFC 3339. */
  readonly time: string;
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  /** Tasks that are up to date now. */
  readonly done: ReadonlySet<string>;
  /** Whether the run as a whole went on to its end. */
  readonly isWhole: boolean;
  readonly schemaChanges: readonly SchemaChange[];
};

export type NewsOptions = {
  readonly state: AlertState;
  readonly on: readonly ("failed" | "recovered" | "schema")[];
  readonly past: Past;
  /** Keys of rules and tasks that the project still has; others are forgotten. */
  readonly known: ReadonlySet<string>;
  readonly channels: readonly ChannelName[];
};

/** `to`: the channels that don't know yet. */
export type AddressedNews = { readonly news: News; readonly to: readonly ChannelName[] };

/** How many earlier values an alert shows beside the present one. */
const shownValues = 5;

/**
 * What is to be said after a run, and to whom, and the state before anything was delivered.
 *
 * @returns `firing`: keys of all that holds now, told or not
 */
export function findNews(outcome: RunOutcome, options: NewsOptions): { readonly news: readonly AddressedNews[]; readonly state: AlertState; readonly firing: ReadonlySet<string> } {
  const { state, on, past, known, channels } = options;
  const next: Record<string, OpenAlert> = Object.fromEntries(Object.entries(state).filter(([key]) => known.has(key)));
  const news: AddressedNews[] = [];
  const firing = new Set<string>();

  const begin = (key: string, make: (since: string) => News): void => {
    const open = next[key] ?? { since: outcome.time, run: outcome.run, told: [] };
    next[key] = open;
    firing.add(key);
    news.push({ news: make(open.since), to: channels.filter((name) => !open.told.includes(name)) });
  };
  const end = (key: string, make: (since: string) => News): void => {
    const open = next[key];
    if (open === undefined) return;
    const to = on.includes("recovered") ? open.told.filter((name) => channels.includes(name)) : [];
    if (to.length === 0) delete next[key];
    else news.push({ news: make(open.since), to });
  };

  for (const finding of outcome.findings) {
    const { key } = finding.watched;
    const recent = finding.value === null ? past.recent(finding.watched, shownValues) : [...past.recent(finding.watched, shownValues), finding.value];
    const isFiring = finding.isFiring ?? next[key] !== undefined;
    if (isFiring) begin(key, (since) => ({ kind: "rule", key, finding, since, recent }));
    else end(key, (since) => ({ kind: "rule-over", key, finding, since, recent }));
  }
  if (on.includes("failed")) for (const failure of outcome.failures) begin(failureKey(failure.task), (since) => ({ kind: "failed", key: failureKey(failure.task), failure, since }));
  for (const task of outcome.done) end(failureKey(task), (since) => ({ kind: "recovered", key: failureKey(task), task, since }));
  if (outcome.isWhole) end(failureKey(null), (since) => ({ kind: "recovered", key: failureKey(null), task: null, since }));
  if (on.includes("schema")) for (const change of outcome.schemaChanges) news.push({ news: { kind: "schema", key: schemaKey(change), change }, to: channels });
  return { news: news.filter(({ to }) => to.length > 0), state: next, firing };
}

/** The state once some news reached a channel. */
export function noteDelivery(state: AlertState, { news }: AddressedNews, channel: ChannelName): AlertState {
  const open = state[news.key];
  if (open === undefined) return state;
  if (news.kind === "rule" || news.kind === "failed") return { ...state, [news.key]: { ...open, told: [...open.told, channel] } };
  const told = open.told.filter((name) => name !== channel);
  const { [news.key]: _, ...others } = state;
  return told.length === 0 ? others : { ...others, [news.key]: { ...open, told } };
}

/** @param task null for the run as a whole */
export function failureKey(task: string | null): string {
  return JSON.stringify(["failed", task]);
}

function schemaKey({ path }: SchemaChange): string {
  return JSON.stringify(["schema", path]);
}
