import type { RunEntry } from "./entry.js";
import { findRun, readRuns } from "./history.js";

/** What a text such as `last~1` or the beginning of an id means. */
export type ResolvedRun =
  | { readonly kind: "run"; readonly entry: RunEntry }
  | { readonly kind: "ambiguous"; readonly ids: readonly string[] }
  /** `ids`: every run there is, the newest first. */
  | { readonly kind: "unknown"; readonly ids: readonly string[] };

/** Finds the run that a reference means: `last`, `last~N`, an id, or the beginning or the end of one that is unique. */
export function resolveRun(folder: string, reference: string): ResolvedRun {
  const back = /^last(?:~(\d+))?$/.exec(reference);
  if (back !== null) return resolveLast(folder, Number(back[1] ?? 0));
  const exact = findRun(folder, reference);
  if (exact !== null) return { kind: "run", entry: exact };
  const all = [...readRuns(folder)];
  const begun = all.filter(({ run }) => run.startsWith(reference));
  const found = begun.length > 0 ? begun : all.filter(({ run }) => run.endsWith(reference));
  const [entry] = found;
  if (reference === "" || entry === undefined) return { kind: "unknown", ids: all.map(({ run }) => run) };
  return found.length === 1 ? { kind: "run", entry } : { kind: "ambiguous", ids: found.map(({ run }) => run) };
}

function resolveLast(folder: string, back: number): ResolvedRun {
  const seen: string[] = [];
  for (const entry of readRuns(folder)) {
    if (seen.length === back) return { kind: "run", entry };
    seen.push(entry.run);
  }
  return { kind: "unknown", ids: seen };
}
