import type { Place } from "../../project/types.js";
import type { SchemaDifference } from "../../checkpoint/types.js";

/** One thing that a rule watches: the rule's subject, for one dataset where it fans out. */
export type Watched = {
  /** Names the rule and the dataset across runs: conditions belong to it, so that another threshold is another rule. */
  readonly key: string;
  /** `r2`, `test.rmse` or `rows`. */
  readonly name: string;
  /** Null for the number of rows. */
  readonly metric: string | null;
  /** Project path, the dataset filled in. */
  readonly path: string;
  readonly dataset: string | null;
  readonly below: number | null;
  readonly above: number | null;
  /** A fraction. */
  readonly change: number | null;
};

/** What a rule has to say of this run. */
export type Finding = {
  readonly watched: Watched;
  /** Null where the run gave nothing new to judge: then it is as it was. */
  readonly isFiring: boolean | null;
  /** Null where there is no such number. */
  readonly value: number | null;
  /** In the last good run, where a change is watched. */
  readonly earlier: number | null;
  /** `0.61 is below 0.75`. */
  readonly reason: string;
};

/** A task that failed, or a run that could not go on. */
export type Failure = {
  /** Null where it is the run. */
  readonly task: string | null;
  readonly kind: string;
  readonly message: string;
  readonly place: Place | null;
  readonly hint: string | null;
};

export type SchemaChange = { readonly task: string; readonly path: string } & SchemaDifference;

/** One thing that people are told. `since`: RFC 3339, when the state began. */
export type News =
  | { readonly kind: "rule"; readonly key: string; readonly finding: Finding; readonly since: string; readonly recent: readonly number[] }
  | { readonly kind: "rule-over"; readonly key: string; readonly finding: Finding; readonly since: string; readonly recent: readonly number[] }
  | { readonly kind: "failed"; readonly key: string; readonly failure: Failure; readonly since: string }
  | { readonly kind: "recovered"; readonly key: string; readonly task: string | null; readonly since: string }
  | { readonly kind: "schema"; readonly key: string; readonly change: SchemaChange }
  | { readonly kind: "test"; readonly key: string };

/** What earlier runs say of a watched number. */
export type Past = {
  /** In the last good run; null where there is none. */
  readonly lastGood: (watched: Watched) => number | null;
  /** In earlier runs, the oldest first. */
  readonly recent: (watched: Watched, count: number) => readonly number[];
};

export type ChannelName = "slack" | "email";
