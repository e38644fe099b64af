import { isArtifactDescription, isCount, isListOf, isObject, isOutput, isString } from "../checkpoint/record-shape.js";
import type { ContentKey, StoredCell, StoredResult } from "./types.js";

/** The version of what results hold. Results of another version are as good as none. */
export const RESULT_VERSION = 1;

/** Whether a parsed JSON value is a result of the present version, in every part that the engine relies on. */
export function isStoredResult(value: unknown): value is StoredResult {
  return (
    isObject(value) &&
    value["version"] === RESULT_VERSION &&
    ["task", "fingerprint", "contract", "run", "startedAt", "finishedAt"].every((key) => isString(value[key])) &&
    isCount(value["durationMs"]) &&
    isListOf(value["artifacts"], isArtifactDescription) &&
    value["artifacts"].every(isContentKey) &&
    isListOf(value["inputs"], isInput) &&
    (value["cells"] === null || isContentKey(value["cells"]))
  );
}

export function isStoredCell(value: unknown): value is StoredCell {
  return isObject(value) && isCount(value["durationMs"]) && isListOf(value["outputs"], isOutput);
}

function isContentKey(value: unknown): value is ContentKey {
  return isObject(value) && isDigest(value["sha256"]) && isCount(value["bytes"]);
}

function isInput(value: unknown): value is StoredResult["inputs"][number] {
  return isObject(value) && isString(value["path"]) && isString(value["sha256"]);
}

/** It becomes the name of a file. */
function isDigest(value: unknown): boolean {
  return isString(value) && /^[0-9a-f]{64}$/.test(value);
}
