import type { OutputContract, Task } from "../project/types.js";
import { hashValue } from "./canonical.js";
import { compareCodeUnits } from "../project/compare-code-units.js";

/**
 * Hash of what a task promises about its outputs: rows, columns, key and the title. When only this changes, the artifacts
 * are verified again and nothing is executed.
 */
export function contractHash(task: Task): string {
  const outputs = [...task.outputs].sort((a, b) => compareCodeUnits(a.path, b.path)).map(readTerms);
  return hashValue({ title: task.node.title, outputs });
}

function readTerms({ path, rows, columns, key }: OutputContract) {
  return { path, rows: rows === undefined ? null : [rows.min, rows.max], columns: columns ?? null, key: key ?? null };
}
