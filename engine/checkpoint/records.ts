import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskRecord } from "../plan/types.js";
import { rememberLatest } from "../project/remember-latest.js";
import { isTaskRecord } from "./record-shape.js";
import { openSeal, sealText } from "./sealed-text.js";

export { RECORD_VERSION } from "./record-shape.js";

const MOST_NAME_CHARACTERS = 100;

/**
 * Where a task's record lies. The name ends in a hash of the id, since names of datasets may differ only in case where
 * the file system makes no difference.
 *
 * @param stateFolder The project's `.stitchbook` folder.
 */
export function recordPath(stateFolder: string, task: string): string {
  return join(stateFolder, "records", `${task.slice(0, MOST_NAME_CHARACTERS)}-${hash("sha256", task, "hex").slice(0, 12)}.json`);
}

/** The text of a record's file: the record, and before it the digest of its text, by which any damage is found. */
export function recordText(record: TaskRecord): string {
  return sealRecord(record);
}

/** The same for a record whose shape only its writer knows. */
export function sealRecord(record: object): string {
  return sealText(record);
}

/**
 * Reads a task's last record.
 *
 * @returns null where there is none, and where the file is damaged in any way, of another version, or of another task:
 * the task then counts as never run.
 */
export function readRecord(stateFolder: string, task: string): TaskRecord | null {
  const record = parseFile(recordPath(stateFolder, task));
  return record?.task === task ? record : null;
}

/** Reads the records of many tasks; those without one are left out. */
export function readAllRecords(stateFolder: string, tasks: Iterable<string>): ReadonlyMap<string, TaskRecord> {
  const records = new Map<string, TaskRecord>();
  for (const task of tasks) {
    const record = readRecord(stateFolder, task);
    if (record !== null) records.set(task, record);
  }
  return records;
}

/** Reads every record that is there, also those of tasks that are no more. Damaged ones are left out. */
export function readEveryRecord(stateFolder: string): Map<string, TaskRecord> {
  const folder = join(stateFolder, "records");
  const records = new Map<string, TaskRecord>();
  for (const name of listFolder(folder)) {
    if (!name.endsWith(".json")) continue;
    const record = parseFile(join(folder, name));
    if (record !== null && recordPath(stateFolder, record.task) === join(folder, name)) records.set(record.task, record);
  }
  return records;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function parseFile(path: string): TaskRecord | null {
  try {
    const seal = openSeal(readFileSync(path));
    return seal === null ? null : rememberRecord(path, seal.digest, () => readShape(JSON.parse(seal.body.toString("utf8"))));
  } catch {
    return null;
  }
}

const rememberRecord = rememberLatest<TaskRecord | null>();

function readShape(value: unknown): TaskRecord | null {
  return isTaskRecord(value) ? value : null;
}
