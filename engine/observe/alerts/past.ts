import { historyFolder, lastGoodRun, readRuns } from "../history/history.js";
import { isGoodRun, type RunState } from "../history/entry.js";
import { metricKey } from "../metrics.js";
import type { Past, Watched } from "./types.js";

/** How far back values are looked for: most runs change nothing. */
const mostRuns = 500;

/** What the history says of watched numbers. Read when it is asked for. */
export function readPast(stateFolder: string): Past {
  const folder = historyFolder(stateFolder);
  let good: RunState | null | undefined;
  return {
    lastGood: (watched) => {
      if (good === undefined) good = lastGoodRun(folder)?.state ?? null;
      return good === null ? null : valueIn(good, watched);
    },
    recent: (watched, count) => {
      const values: number[] = [];
      let seen = 0;
      for (const run of readRuns(folder)) {
        if (values.length === count || seen === mostRuns) break;
        seen += 1;
        const value = isGoodRun(run) ? valueIn(run.state, watched) : null;
        if (value !== null && value !== values.at(-1)) values.push(value);
      }
      return values.reverse();
    },
  };
}

/** A watched number in the state that a run left; null where it had none. */
export function valueIn({ metrics, tasks }: RunState, { metric, path }: Watched): number | null {
  if (metric !== null) return metrics[metricKey(path, metric)] ?? null;
  for (const { artifacts } of Object.values(tasks)) {
    const found = artifacts.find((artifact) => artifact.path === path);
    if (found !== undefined) return found.rows;
  }
  return null;
}
