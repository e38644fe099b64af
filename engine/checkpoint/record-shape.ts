import type { CellOutput } from "../notebook/types.js";
import type { FileState, LabelledOutput, TaskRecord } from "../plan/types.js";
import type { ArtifactDescription, FoundColumn } from "./types.js";

/** The version of what records hold. Records of another version are as good as none. */
export const RECORD_VERSION = 1;

/** Tells whether a parsed JSON value has a shape. */
export type Guard<T> = (value: unknown) => value is T;

/** Whether a parsed JSON value is a record of the present version, in every part that the engine relies on. */
export function isTaskRecord(value: unknown): value is TaskRecord {
  return (
    isObject(value) &&
    value["version"] === RECORD_VERSION &&
    ["task", "contract", "run", "startedAt", "finishedAt"].every((key) => isString(value[key])) &&
    isCount(value["durationMs"]) &&
    (value["statesAt"] === undefined || isString(value["statesAt"])) &&
    (value["overrides"] === undefined || isListOf(value["overrides"], isString)) &&
    (value["usual"] === undefined || isListOf(value["usual"], isSchemaOfPath)) &&
    (value["left"] === undefined || isListOf(value["left"], isHashedFile)) &&
    isFingerprint(value["fingerprint"]) &&
    isListOf(value["artifacts"], isArtifact) &&
    isListOf(value["inputs"], isHashedFile) &&
    isListOf(value["labels"], isLabelledOutput)
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const isString: Guard<string> = (value): value is string => typeof value === "string";
export const isCount: Guard<number> = (value): value is number => typeof value === "number" && value >= 0;

export function isListOf<T>(value: unknown, isItem: Guard<T>): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isNullOr<T>(value: unknown, isItem: Guard<T>): value is T | null {
  return value === null || isItem(value);
}

function isFingerprint(value: unknown): boolean {
  return isObject(value) && isString(value["hash"]) && isObject(value["parts"]) && Object.values(value["parts"]).every(isString);
}

function isState(value: unknown): value is FileState {
  return isObject(value) && isCount(value["size"]) && [value["inode"], value["mtimeNs"], value["ctimeNs"]].every((part) => isString(part) && /^-?\d+$/.test(part));
}

function isHashedFile(value: unknown): value is TaskRecord["inputs"][number] {
  return isObject(value) && isString(value["path"]) && isString(value["sha256"]) && isState(value["state"]);
}

const COLUMN_TYPES: ReadonlySet<unknown> = new Set<FoundColumn["type"]>(["string", "number", "integer", "boolean", "date", "null", "object"]);

function isColumn(value: unknown): value is FoundColumn {
  return isObject(value) && isString(value["name"]) && COLUMN_TYPES.has(value["type"]);
}

function isColumnList(value: unknown): value is readonly FoundColumn[] {
  return isListOf(value, isColumn);
}

function isSchemaOfPath(value: unknown): value is Pick<ArtifactDescription, "path" | "schema"> {
  return isObject(value) && isString(value["path"]) && isNullOr(value["schema"], isColumnList);
}

/** Whether a value is the description of an artifact. */
export function isArtifactDescription(value: unknown): value is ArtifactDescription {
  return (
    isObject(value) && isString(value["path"]) && isString(value["sha256"]) &&
    isCount(value["bytes"]) && isNullOr(value["rows"], isCount) &&
    isNullOr(value["schema"], isColumnList) && isNullOr(value["schemaHash"], isString)
  );
}

function isArtifact(value: unknown): value is TaskRecord["artifacts"][number] {
  return isArtifactDescription(value) && isHashedFile(value);
}

function isLabelledOutput(value: unknown): value is LabelledOutput {
  return (
    isObject(value) && isString(value["label"]) && isCount(value["cell"]) &&
    isNullOr(value["caption"], isString) && isNullOr(value["alt"], isString) && isListOf(value["outputs"], isOutput)
  );
}

/** Whether a value is an output as nbformat has it. */
export function isOutput(value: unknown): value is CellOutput {
  if (!isObject(value)) return false;
  switch (value["output_type"]) {
    case "stream":
      return (value["name"] === "stdout" || value["name"] === "stderr") && isString(value["text"]);
    case "display_data":
      return isObject(value["data"]) && isObject(value["metadata"]);
    case "execute_result":
      return isCount(value["execution_count"]) && isObject(value["data"]) && isObject(value["metadata"]);
    case "error":
      return isString(value["ename"]) && isString(value["evalue"]) && isListOf(value["traceback"], isString);
    default:
      return false;
  }
}
