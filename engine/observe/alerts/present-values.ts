import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeArtifact } from "../../checkpoint/describe.js";
import type { TaskRecord } from "../../plan/types.js";
import type { Project } from "../../project/types.js";
import type { AlertTally } from "./alert-tally.js";
import type { Present } from "./judge-rules.js";
import type { Watched } from "./types.js";
import { readMetric } from "./watched.js";

export type PresentOptions = {
  readonly project: Pick<Project, "tasks">;
  /** Absolute path of the folder that holds the artifacts. */
  readonly artifactRoot: string;
  readonly records: ReadonlyMap<string, Pick<TaskRecord, "artifacts">>;
  readonly tally: Pick<AlertTally, "done" | "renewed">;
};

/** Reads what is watched. A file whose task is not up to date says nothing. */
export async function readPresent(watched: readonly Watched[], options: PresentOptions): Promise<Present> {
  const owners = new Map(options.project.tasks.flatMap((task) => task.outputs.map(({ path }) => [path, task.id] as const)));
  const documents = new Map<string, unknown>();
  const values = new Map<string, { readonly value: number | null; readonly isNew: boolean }>();
  for (const each of watched) {
    const owner = owners.get(each.path);
    if (owner !== undefined && !options.tally.done.has(owner)) continue;
    const file = join(options.artifactRoot, each.path);
    if (!existsSync(file)) continue;
    if (each.metric !== null && !documents.has(each.path)) documents.set(each.path, parse(file));
    const value = each.metric === null ? await countRows(each, { file, owner, records: options.records }) : readMetric(documents.get(each.path), each.metric);
    values.set(each.key, { value, isNew: owner === undefined || options.tally.renewed.has(owner) });
  }
  return { read: ({ key }) => values.get(key) ?? null };
}

/** A file that is no JSON holds no metric. */
function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
  } catch {
    return null;
  }
}

async function countRows({ path }: Watched, { file, owner, records }: { readonly file: string; readonly owner: string | undefined; readonly records: PresentOptions["records"] }): Promise<number | null> {
  const recorded = owner === undefined ? undefined : records.get(owner)?.artifacts.find((artifact) => artifact.path === path);
  return recorded === undefined ? (await describeArtifact({ absolute: file, path })).description.rows : recorded.rows;
}
