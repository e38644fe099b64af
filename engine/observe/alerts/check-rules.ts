import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeWarning } from "../../project/problems.js";
import { suggestName } from "../../project/suggest-name.js";
import type { AlertRule, Problem, Project } from "../../project/types.js";
import { historyFolder, readRuns } from "../history/history.js";
import { readMetrics } from "../metrics.js";
import { formatNumber } from "./judge-rules.js";
import { rehearseRules, type Rehearsal } from "./rehearse-rules.js";
import type { Watched } from "./types.js";
import { listWatched } from "./watched.js";

/** How many past runs rules are held against. */
const mostRuns = 1000;

export type RuleCheck = { readonly warnings: readonly Problem[]; readonly rehearsals: readonly Rehearsal[] };

/** What can be said of alert rules before a run: metrics that aren't there, and how often each rule would have fired. */
export function checkRules({ root, alerts, datasets }: Project, stateFolder: string): RuleCheck {
  const rules = alerts?.rules ?? [];
  if (rules.length === 0) return { warnings: [], rehearsals: [] };
  const runs = [];
  for (const run of readRuns(historyFolder(stateFolder))) {
    if (runs.length === mostRuns) break;
    runs.push(run);
  }
  return {
    warnings: rules.flatMap((rule) => listWatched([rule], datasets).flatMap((watched) => findMissing(root, watched, rule) ?? [])),
    rehearsals: rehearseRules(listWatched(rules, datasets), runs.reverse()),
  };
}

function findMissing(root: string, { metric, path }: Watched, { place }: AlertRule): Problem | null {
  const file = join(root, path);
  if (!existsSync(file)) return makeWarning({ code: "rule-without-file", place, message: `\`${path}\` is not there yet, so this rule watches nothing`, hint: "run once" });
  if (metric === null) return null;
  const found = readMetrics(readFileSync(file, "utf8"), new Set([metric]));
  if (found === null) return makeWarning({ code: "rule-without-metric", place, message: `\`${path}\` is not JSON, so it holds no number \`${metric}\`` });
  if (Object.hasOwn(found, metric)) return null;
  const near = suggestName(metric, Object.keys(found));
  const names = Object.keys(found).slice(0, 8).map((name) => `\`${name}\``);
  const hint = near !== null ? `did you mean \`${near}\`?` : names.length === 0 ? undefined : `it holds ${names.join(", ")}`;
  return makeWarning({ code: "rule-without-metric", place, message: `\`${path}\` holds no number \`${metric}\``, ...(hint === undefined ? {} : { hint }) });
}

/** `r2 of model/metrics.json below 0.75: would have fired in 3 of 41 recorded runs`. */
export function formatRehearsal({ watched, fired, runs }: Rehearsal): string {
  const { name, metric, path, below, above, change } = watched;
  const conditions = [
    ...(below === null ? [] : [`below ${formatNumber(below)}`]),
    ...(above === null ? [] : [`above ${formatNumber(above)}`]),
    ...(change === null ? [] : [`changed by more than ${formatNumber(change * 100)}%`]),
  ];
  const about = `${metric === null ? "rows" : name} of ${path} ${conditions.join(" or ")}`;
  return `${about}: ${runs === 0 ? "no recorded run tells whether it would have fired" : `would have fired in ${fired} of ${runs} recorded ${runs === 1 ? "run" : "runs"}`}`;
}
