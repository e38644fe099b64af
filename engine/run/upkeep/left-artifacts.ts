import { join } from "node:path";
import { readFileState } from "../../checkpoint/file-state.js";
import type { TaskRecord } from "../../plan/types.js";

type Left = NonNullable<TaskRecord["left"]>;

/**
 * What earlier executions of a task made, that this one did not, and that is still there. It stays on record, so that
 * `status` can name it and no glob takes it for a source.
 *
 * @param root Absolute path of the project.
 * @param made Project paths of what this execution makes or removes.
 */
export function findLeft(root: string, before: TaskRecord | undefined, made: ReadonlySet<string>): Left {
  const candidates = [...(before?.left ?? []), ...(before?.artifacts ?? [])].filter(({ path }) => !made.has(path) && readFileState(join(root, path)) !== null);
  const byPath = new Map(candidates.map(({ path, sha256, state }) => [path, { path, sha256, state }]));
  return [...byPath.values()];
}
