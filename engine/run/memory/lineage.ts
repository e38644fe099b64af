import type { CodeRevision, RunState } from "../../observe/history/entry.js";
import type { TaskRecord } from "../../plan/types.js";
import type { Project } from "../../project/types.js";
import { partsOf } from "../describe-state.js";

/** How a task's last good result came about. */
export type TaskLineage = {
  readonly task: string;
  /** The notebook or template. */
  readonly file: string;
  readonly dataset: string | null;
  readonly fingerprint: string;
  readonly inputs: readonly { readonly path: string; readonly sha256: string; /** The task that made it; null for a source. */ readonly from: string | null }[];
  /** Tasks of which a report shows something besides its inputs. */
  readonly shows: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Git's commit when it was executed; null where that is not known. */
  readonly revision: CodeRevision | null;
  readonly packages: Readonly<Record<string, string>>;
  readonly outputs: readonly { readonly path: string; readonly sha256: string; readonly rows: number | null }[];
};

/**
 * How every task of a project that has a result came by it, in dependency order.
 *
 * @param state what the last run left, for the commits; null where no run is on record
 */
export function describeLineage(project: Project, records: ReadonlyMap<string, TaskRecord>, state: RunState | null): readonly TaskLineage[] {
  const makers = new Map([...records.values()].flatMap(({ task, artifacts }) => artifacts.map(({ path }) => [path, task] as const)));
  return project.tasks.flatMap(({ id, node, dataset, inputs, dependsOn }) => {
    const record = records.get(id);
    if (record === undefined) return [];
    const kept = state !== null && Object.hasOwn(state.tasks, id) ? state.tasks[id] : undefined;
    const producers = new Set(inputs.map(({ producer }) => producer));
    return [{
      task: id,
      file: node.file,
      dataset: dataset?.name ?? null,
      fingerprint: record.fingerprint.hash,
      inputs: record.inputs.map(({ path, sha256 }) => ({ path, sha256, from: makers.get(path) ?? null })),
      shows: dependsOn.filter((each) => !producers.has(each)),
      parameters: Object.fromEntries(partsOf(record, "params").filter(([name]) => name !== "{dataset}").map(([name, value]) => [name, parse(value)])),
      revision: kept?.run === record.run ? kept.revision : null,
      packages: Object.fromEntries(partsOf(record, "packages").filter(([name]) => name !== "resolution")),
      outputs: record.artifacts.map(({ path, sha256, rows }) => ({ path, sha256, rows })),
    }];
  });
}

/** Canonical JSON, but for numbers that JSON can't tell. */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
