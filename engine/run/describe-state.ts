import { emptyState, type CodeRevision, type RunState, type TaskState } from "../observe/history/entry.js";
import { hashText } from "../plan/canonical.js";
import type { TaskRecord } from "../plan/types.js";
import type { Project, Task } from "../project/types.js";

export type StateSources = {
  readonly project: Project;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly metrics: RunState["metrics"];
  /** The code of a record's execution; null where it is not known. */
  readonly revisionOf: (record: TaskRecord) => CodeRevision | null;
};

/** The state of a project, as its records tell it. */
export function describeState({ project, records, metrics, revisionOf }: StateSources): RunState {
  const found = project.tasks.flatMap((task) => {
    const record = records.get(task.id);
    return record === undefined ? [] : [{ task, record }];
  });
  return {
    ...emptyState,
    metrics,
    tasks: Object.fromEntries(found.map(({ record }) => [record.task, describeTask(record, revisionOf(record))])),
    params: nameParameters(found),
    packages: unitePackages(found),
    code: Object.fromEntries(found.flatMap(({ task, record }) => partsOf(record, "code").filter(([subject]) => subject !== "bundle").map(([subject, value]) => [`${task.node.id}: ${subject}`, shorten(value)]))),
    env: Object.fromEntries(found.flatMap(({ task, record }) => describeEnvironment(task, record))),
  };
}

function describeTask(record: TaskRecord, revision: CodeRevision | null): TaskState {
  const artifacts = record.artifacts.map(({ path, sha256, bytes, rows, schemaHash }) => ({ path, sha256, bytes, rows, schema_hash: schemaHash }));
  return { fingerprint: record.fingerprint.hash, run: record.run, revision, artifacts };
}

/** The parts of a kind in a record's fingerprint: subject and value. */
export function partsOf(record: TaskRecord, kind: string): readonly (readonly [subject: string, value: string])[] {
  return Object.entries(record.fingerprint.parts).flatMap(([key, value]) => (key.startsWith(`${kind}:`) ? [[key.slice(kind.length + 1), value] as const] : []));
}

type Found = readonly { readonly task: Task; readonly record: TaskRecord }[];

/** A value that all tasks of a stage share is told once. */
function nameParameters(found: Found): Record<string, string> {
  const values = new Map<string, Map<string, string>>();
  for (const { task, record } of found) {
    for (const [name, value] of partsOf(record, "params")) {
      if (name === "{dataset}") continue;
      const key = `${task.node.id}.${name}`;
      values.set(key, (values.get(key) ?? new Map()).set(`${task.id}.${name}`, value));
    }
  }
  return Object.fromEntries([...values].flatMap(([key, tasks]) => {
    const [first, ...others] = new Set(tasks.values());
    return first !== undefined && others.length === 0 ? [[key, first] as const] : [...tasks];
  }));
}

/** Where tasks were made with different versions all are told. */
function unitePackages(found: Found): Record<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { record } of found) {
    for (const [name, version] of partsOf(record, "packages")) if (name !== "resolution") versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return Object.fromEntries([...versions].map(([name, all]) => [name, [...all].sort().join("; ")]));
}

function describeEnvironment({ node }: Task, record: TaskRecord): [string, string][] {
  return [
    ...partsOf(record, "env").map(([name, value]): [string, string] => (name === "time zone" ? [name, value] : [`${node.id}: ${name}`, shorten(value)])),
    ...partsOf(record, "engine").map(([name, value]): [string, string] => [name, value]),
  ];
}

function shorten(value: string): string {
  return (/^[0-9a-f]{64}$/.test(value) ? value : hashText(value)).slice(0, 12);
}
