import type { ArtifactDescription } from "../checkpoint/types.js";
import type { TaskRecord } from "../plan/types.js";

/** The schemas that a task's tables usually have: those of its last record made without `--param`. */
export function usualSchemas(record: TaskRecord | undefined): readonly Pick<ArtifactDescription, "path" | "schema">[] {
  if (record === undefined) return [];
  return record.overrides === undefined ? record.artifacts.map(({ path, schema }) => ({ path, schema })) : (record.usual ?? []);
}
