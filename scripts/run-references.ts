import type { RunEntry } from "../engine/observe/history/entry.js";
import { resolveRun } from "../engine/observe/history/resolve-run.js";
import { nearest, UsageError } from "./command.js";

/**
 * Finds the past run that a reference means.
 *
 * @param reference `last`, `last~1`, an id, or a part of one that is unique
 * @throws UsageError naming the nearest
 */
export async function findPastRun(folder: string, reference: string): Promise<RunEntry> {
  const found = resolveRun(folder, reference);
  if (found.kind === "run") return found.entry;
  throw new UsageError(await explainReference(reference, found));
}

/** Why a reference means no run, or several. */
export async function explainReference(reference: string, found: { readonly kind: "ambiguous" | "unknown"; readonly ids: readonly string[] }): Promise<string> {
  const { kind, ids } = found;
  if (kind === "ambiguous") return `${reference} is the beginning of ${ids.length} runs: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? " ..." : ""}`;
  if (ids.length === 0) return "no run is on record yet";
  if (reference.startsWith("last~")) return `there is no ${reference}: ${ids.length === 1 ? "1 run is" : `${ids.length} runs are`} on record`;
  return `there is no run ${reference}${(await nearest(reference, ["last", ...ids], (id) => id)) || `; the last one is ${ids[0]}`}`;
}
