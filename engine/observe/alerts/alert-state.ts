import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isListOf, isObject, isString } from "../../checkpoint/record-shape.js";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import { writeCacheFile } from "../../project/cache-file.js";
import type { ChannelName } from "./types.js";

/*
 * What people know, for each key (a rule for a dataset, a task):
 *
 *            holds                      a message was delivered
 *   (none) --------> open, told nobody ------------------------> open, told {slack, email}
 *     ^                    |                                            |
 *     |   over, told nobody|                       over, and delivered  |
 *     +--------------------+<-------------------------------------------+
 *
 * A delivery that failed is tried again by the next run in which the state still lasts, or is still to be called off.
 */

/** Key -> since when (RFC 3339), which run began it, and which channels know. */
export type AlertState = Readonly<Record<string, OpenAlert>>;

export type OpenAlert = { readonly since: string; readonly run: string; readonly told: readonly ChannelName[] };

/** What earlier runs left; nothing where it is missing or damaged: then what lasts is told once more. */
export function readAlertState(stateFolder: string): AlertState {
  try {
    const state = unsealText(readFileSync(stateFile(stateFolder)));
    return isState(state) ? state.open : {};
  } catch {
    return {};
  }
}

export function writeAlertState(stateFolder: string, open: AlertState): void {
  writeCacheFile(stateFile(stateFolder), sealText({ version: 1, open }));
}

function isState(value: unknown): value is { readonly open: AlertState } {
  return isObject(value) && value["version"] === 1 && isObject(value["open"]) && Object.values(value["open"]).every(isOpenAlert);
}

function isOpenAlert(value: unknown): value is OpenAlert {
  return isObject(value) && isString(value["since"]) && isString(value["run"]) && isListOf(value["told"], (name) => name === "slack" || name === "email");
}

function stateFile(stateFolder: string): string {
  return join(stateFolder, "alerts.json");
}
