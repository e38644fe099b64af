import { join } from "node:path";
import { describeArtifact } from "../checkpoint/describe.js";
import { formatMisses } from "../checkpoint/format-miss.js";
import { recordPath, recordText } from "../checkpoint/records.js";
import type { ArtifactDescription } from "../checkpoint/types.js";
import type { Reason } from "../observe/events.js";
import { contractHash } from "../plan/contract-hash.js";
import type { TaskRecord } from "../plan/types.js";
import type { Task } from "../project/types.js";
import { writeDurably } from "./publish/durable-file.js";
import type { RunContext } from "./run-context.js";
import { TaskFailure } from "./task-failure.js";

/**
 * Describes the outputs of a task and holds them against their contract.
 *
 * @param folder - absolute path of the folder that holds them under their project paths
 * @throws TaskFailure of kind `contract`, saying expected and found with the first offending rows
 */
export async function describeOutputs(folder: string, task: Task): Promise<readonly ArtifactDescription[]> {
  const described = [];
  for (const output of task.outputs) described.push(await describeArtifact({ absolute: join(folder, output.path), path: output.path, contract: output }));
  const misses = described.flatMap((each) => each.misses);
  if (misses.length > 0) {
    const place = task.outputs.find((output) => output.path === misses[0]?.path)?.place ?? task.node.place;
    throw new TaskFailure("contract", formatMisses(misses), { place, hint: "Mend the stage, or the contract in its front matter." });
  }
  return described.map((each) => each.description);
}

/** An artifact as the log tells it. */
export function toEventArtifact({ path, bytes, sha256, rows, schema, schemaHash }: ArtifactDescription) {
  return { path, bytes, sha256, rows, schema, schema_hash: schemaHash };
}

/**
 * Verifies the artifacts that are there against a contract that changed, and puts it on record. Nothing executes.
 *
 * @throws TaskFailure of kind `contract`
 */
export async function verifyAgain(context: RunContext, task: Task, reasons: readonly Reason[]): Promise<{ readonly rows: number | null }> {
  const record = context.records.get(task.id);
  if (record === undefined) throw new Error(`Internal error: ${task.id} has no record`);
  context.emit({ event: "task.start", task: task.id, attempt: 1, reasons });
  const described = new Map((await describeOutputs(context.project.root, task)).map((artifact) => [artifact.path, artifact]));
  const edited = record.artifacts.find(({ path, sha256 }) => described.get(path)?.sha256 !== sha256);
  if (edited !== undefined) {
    throw new TaskFailure("publication", `${edited.path} was changed while it was verified`, { hint: "Run again: it is made anew." });
  }
  const artifacts = record.artifacts.map((artifact) => ({ ...artifact, ...described.get(artifact.path) }));
  context.emit({ event: "task.checkpoint", task: task.id, artifacts: artifacts.map(toEventArtifact), schema_changes: [] });
  await keepRecord(context, { ...record, contract: contractHash(task), artifacts });
  return { rows: artifacts.find((artifact) => artifact.rows !== null)?.rows ?? null };
}

/** Replaces a task's record where only what is said of its artifacts changed. */
export async function keepRecord(context: RunContext, record: TaskRecord): Promise<void> {
  if (!context.place.isElsewhere) await writeDurably(recordPath(context.stateFolder, record.task), recordText(record));
  context.records.set(record.task, record);
}
