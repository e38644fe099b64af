import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { sealText, unsealText } from "../../checkpoint/sealed-text.js";
import { writeCacheFile } from "../../project/cache-file.js";

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

const stateShape = z.strictObject({
  version: z.literal(1),
  open: z.record(z.string(), z.strictObject({ since: z.string(), run: z.string(), told: z.array(z.enum(["slack", "email"])) })),
});

/** Key -> since when (RFC 3339), which run began it, and which channels know. */
export type AlertState = Readonly<Record<string, OpenAlert>>;

export type OpenAlert = z.output<typeof stateShape>["open"][string];

/** What earlier runs left; nothing where it is missing or damaged: then what lasts is told once more. */
export function readAlertState(stateFolder: string): AlertState {
  try {
    const parsed = stateShape.safeParse(unsealText(readFileSync(stateFile(stateFolder))));
    return parsed.success ? parsed.data.open : {};
  } catch {
    return {};
  }
}

export function writeAlertState(stateFolder: string, open: AlertState): void {
  writeCacheFile(stateFile(stateFolder), sealText({ version: 1, open }));
}

function stateFile(stateFolder: string): string {
  return join(stateFolder, "alerts.json");
}
