import type { TaskRecord } from "../../plan/types.js";

/** All that runs made, as far as it is on record. */
export function madePaths(records: ReadonlyMap<string, TaskRecord>): ReadonlySet<string> {
  const made = new Set<string>();
  for (const { artifacts, left } of records.values()) {
    for (const { path } of artifacts) made.add(path);
    for (const { path } of left ?? []) made.add(path);
  }
  return made;
}
