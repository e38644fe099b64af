import { join } from "node:path";
import type { TaskRecord } from "../../plan/types.js";
import type { Alerts, Project } from "../../project/types.js";
import type { RunEvent } from "../events.js";
import { type AlertState, readAlertState, writeAlertState } from "./alert-state.js";
import type { AlertTally } from "./alert-tally.js";
import type { OpenChannels } from "./channels.js";
import { failureKey, findNews, type NewsOptions, type RunOutcome } from "./find-news.js";
import { judgeRules } from "./judge-rules.js";
import type { Picture } from "./message.js";
import { pickCharts, type ChartChoice } from "./pick-chart.js";
import { readPresent } from "./present-values.js";
import type { Finding, News, Past } from "./types.js";
import { listWatched } from "./watched.js";

export type ConcludeOptions = {
  readonly project: Project;
  readonly alerts: Alerts;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
  /** `--param` values. */
  readonly overrides: readonly string[];
  /** Absolute. */
  readonly artifactRoot: string;
  /** Whether the artifacts are those of `--output-dir`: a trial, of which nobody is told. */
  readonly isTrial: boolean;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly tally: AlertTally;
  readonly past: Past;
  readonly open: OpenChannels;
  readonly mask: (text: string) => string;
  readonly emit: (event: RunEvent) => void;
  /** Draws a chart; null where it can't. */
  readonly draw: (choice: ChartChoice) => Promise<Picture | null>;
  readonly signal: AbortSignal;
};

/**
 * Judges the rules at the end of a run, and tells people what is new to them.
 *
 * @returns whether any rule holds
 */
export async function concludeRun(options: ConcludeOptions): Promise<boolean> {
  const { project, alerts, stateFolder, tally, past, open, emit, now } = options;
  for (const { name, unset } of open.off) emit({ event: "run.warning", message: `${name === "slack" ? "Slack" : "e-mail"} alerts are off: ${unset.join(" and ")} ${unset.length === 1 ? "is" : "are"} not set` });
  const watched = listWatched(alerts.rules, project.datasets);
  const findings = judgeRules(watched, await readPresent(watched, options), past);
  const time = new Date(now).toISOString();
  const outcome: RunOutcome = { run: options.run, time, findings, failures: tally.failures, done: tally.done, isWhole: true, schemaChanges: tally.schemaChanges };
  const known = new Set([...watched.map(({ key }) => key), ...project.tasks.map(({ id }) => failureKey(id)), failureKey(null)]);
  const { news, state, firing } = findNews(outcome, { state: readAlertState(stateFolder), on: alerts.on, past, known, channels: open.channels.map(({ name }) => name) });
  for (const event of firedEvents(outcome, { firing, state, on: alerts.on })) emit(event);
  if (!options.isTrial) writeAlertState(stateFolder, news.length === 0 ? state : await tell(news, state, options));
  return findings.some(({ watched: { key } }) => firing.has(key));
}

async function tell(news: ReturnType<typeof findNews>["news"], state: AlertState, options: ConcludeOptions): Promise<AlertState> {
  const { project, open, run, startedAt, now, overrides } = options;
  const picture = await findPicture(project, news.map((each) => each.news), options.draw);
  const link = open.link ?? join("logs", `${run}.jsonl`);
  const facts = { project: project.name, run, time: new Date(startedAt).toISOString(), durationMs: now - startedAt, overrides, link };
  const { tellPeople } = await import("./tell-people.js");
  return tellPeople(news, state, { ...options, channels: open.channels, run: facts, picture });
}

async function findPicture(project: Project, news: readonly News[], draw: ConcludeOptions["draw"]): Promise<Picture | null> {
  for (const choice of pickCharts(project, news).slice(0, 10)) {
    const picture = await draw(choice).catch(() => null);
    if (picture !== null) return picture;
  }
  return null;
}

type Firing = { readonly firing: ReadonlySet<string>; readonly state: AlertState; readonly on: NewsOptions["on"] };

/** All that holds, also what people know already. */
function firedEvents({ findings, failures, schemaChanges, time }: RunOutcome, { firing, state, on }: Firing): RunEvent[] {
  const sinceOf = (key: string) => state[key]?.since ?? time;
  const ofRule = ({ watched, value, reason }: Finding): RunEvent => ({
    event: "alert.fired",
    kind: watched.metric === null ? "rows" : "metric",
    subject: watched.metric === null ? watched.path : `${watched.path}, ${watched.metric}`,
    message: `${watched.name}: ${reason}`,
    value,
    since: sinceOf(watched.key),
    ...(watched.dataset === null ? {} : { dataset: watched.dataset }),
  });
  return [
    ...findings.filter(({ watched }) => firing.has(watched.key)).map(ofRule),
    ...(on.includes("failed") ? failures : []).map(({ task, message }): RunEvent => ({ event: "alert.fired", kind: "failed", subject: task ?? "run", message, value: null, since: sinceOf(failureKey(task)), ...(task === null ? {} : { task }) })),
    ...(on.includes("schema") ? schemaChanges : []).map(({ task, path }): RunEvent => ({ event: "alert.fired", kind: "schema", subject: path, message: `the schema of ${path} changed`, value: null, since: time, task })),
  ];
}
