import type { DifferencePlace } from "../../checkpoint/compare-artifacts.js";
import type { Place } from "../../project/types.js";

/** One artifact or displayed output that came out differently. */
export type FoundDifference = {
  /** Project path; null for a displayed output. */
  readonly artifact: string | null;
  /** Label of the cell; null for an artifact. */
  readonly label: string | null;
  readonly place: DifferencePlace;
  readonly recorded: string | null;
  readonly found: string | null;
  /** What probably is the cause, and what to do. */
  readonly hint: string;
};

/** What a second execution of a task showed. */
export type Verdict = {
  readonly task: string;
  /** `taken`: a source outside of the project, taken as it is. */
  readonly verdict: "same" | "differs" | "failed" | "taken";
  /** Whether a difference is no failure: the stage says `idempotent: false`. */
  readonly isTolerated: boolean;
  readonly artifacts: number;
  readonly outputs: number;
  readonly differences: readonly FoundDifference[];
  readonly failure: { readonly kind: string; readonly message: string; readonly place: Place | null; readonly hint: string | null } | null;
  readonly durationMs: number;
};

/** Whether a verdict proves anything to the contrary. */
export function isProved({ verdict, isTolerated }: Verdict): boolean {
  return verdict === "same" || verdict === "taken" || (verdict === "differs" && isTolerated);
}
