import { isGoodRun, type RunEntry } from "../history/entry.js";
import { judgeRules } from "./judge-rules.js";
import { valueIn } from "./past.js";
import type { Watched } from "./types.js";

/** In how many runs a rule would have fired, of those in which there was something to judge. */
export type Rehearsal = { readonly watched: Watched; readonly fired: number; readonly runs: number };

/**
 * Holds rules against past runs, as if they had been there then.
 *
 * @param runs the oldest first; those with `--param` and those that did not end well are left out
 */
export function rehearseRules(watched: readonly Watched[], runs: Iterable<RunEntry>): readonly Rehearsal[] {
  const counts = watched.map((each) => ({ watched: each, fired: 0, runs: 0, earlier: null as number | null }));
  for (const run of runs) {
    if (!isGoodRun(run)) continue;
    for (const count of counts) {
      const value = valueIn(run.state, count.watched);
      if (value === null) continue;
      const past = { lastGood: () => count.earlier, recent: () => [] };
      const [finding] = judgeRules([count.watched], { read: () => ({ value, isNew: true }) }, past);
      count.runs += 1;
      if (finding?.isFiring === true) count.fired += 1;
      count.earlier = value;
    }
  }
  return counts.map(({ watched: each, fired, runs: judged }) => ({ watched: each, fired, runs: judged }));
}
