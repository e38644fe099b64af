import { splitMetricKey } from "../metrics.js";
import type { RunEntry, RunState } from "./entry.js";

/** A run as `--json` tells of it: metrics by file, and each task with what it did and left. */
export function describeRun(entry: RunEntry) {
  const { run, started, duration_ms, status, reason, revision, params, targets, selection, output_dir, fresh, not_run, deeds, state } = entry;
  return {
    run, started, duration_ms, status,
    reason: reason ?? null,
    revision,
    params: params ?? [],
    targets: targets ?? [],
    ...(selection === undefined ? {} : { selection }),
    ...(output_dir === undefined ? {} : { output_dir }),
    ...countDeeds(entry),
    fresh,
    not_run: not_run ?? [],
    metrics: metricsByFile(state.metrics),
    tasks: [...new Set([...Object.keys(state.tasks), ...Object.keys(deeds)])].map((task) => {
      const [left, deed] = [ownValue(state.tasks, task), ownValue(deeds, task)];
      return { task, action: deed?.action ?? null, duration_ms: deed?.duration_ms ?? null, fingerprint: left?.fingerprint ?? null, run: left?.run ?? null, artifacts: left?.artifacts ?? [] };
    }),
  };
}

/** How many tasks were executed, restored, and failed. */
export function countDeeds({ deeds }: Pick<RunEntry, "deeds">): { readonly executed: number; readonly restored: number; readonly failed: number } {
  const actions = Object.values(deeds).map(({ action }) => action);
  const count = (meant: string) => actions.filter((action) => action === meant).length;
  return { executed: count("run"), restored: count("restore"), failed: count("failed") };
}

function metricsByFile(metrics: RunState["metrics"]): Record<string, Record<string, number>> {
  const files = new Map<string, [string, number][]>();
  for (const [key, value] of Object.entries(metrics)) {
    const { file, metric } = splitMetricKey(key);
    const known = files.get(file);
    if (known === undefined) files.set(file, [[metric, value]]);
    else known.push([metric, value]);
  }
  return Object.fromEntries([...files].map(([file, values]) => [file, Object.fromEntries(values)]));
}

function ownValue<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
