import type { Reason, ReasonKind } from "../observe/events.js";
import type { Task } from "../project/types.js";
import { quoteKey } from "./report-fingerprint.js";
import type { CodeNames } from "./stored-names.js";
import type { FingerprintParts } from "./types.js";
import { compareCodeUnits } from "../project/compare-code-units.js";

/** Where the parts of a stage's code stand. */
export type CodePlaces = {
  /** Position of the cell that is `code:cell 1`, and so on. */
  readonly cells: readonly number[];
  readonly reachedFrom: Readonly<Record<string, readonly number[]>>;
  /** What modules declare and declared; without it a changed module is named and no more. */
  readonly names?: CodeNames;
  /** Package -> how the code comes to it. */
  readonly packages?: ReadonlyMap<string, string>;
};

export type DifferenceContext = {
  readonly task: Task;
  readonly code?: CodePlaces | undefined;
  readonly unknownTasks?: ReadonlySet<string> | undefined;
};

const KINDS: ReadonlySet<string> = new Set<ReasonKind>(["code", "packages", "params", "env", "input", "artifact", "engine"]);

/** Parts over a whole. They are named only where nothing within it is. */
const NETS: ReadonlySet<string> = new Set(["code:bundle", "packages:resolution"]);

const CELL = /^code:cell (\d+)$/;

/** Explains in which parts two fingerprints differ; empty where all that is known of them is equal. */
export function explainDifference(before: FingerprintParts, after: FingerprintParts, context: DifferenceContext): Reason[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareCodeUnits);
  const changed = keys.filter((key) => before[key] !== after[key] && !isUnknown(key, before, after, context));
  const exact = changed.filter((key) => !NETS.has(key));
  const named = changed.filter((key) => !NETS.has(key) || !exact.some((other) => kindOf(other) === kindOf(key) && !CELL.test(other)));
  return [
    ...(named.some((key) => CELL.test(key)) ? explainCells(before, after, context.code) : []),
    ...named.filter((key) => !CELL.test(key)).sort((a, b) => rank(a, context) - rank(b, context)).map((key) => explainPart(key, [before[key], after[key]], context)),
  ];
}

/** A package that the code imports tells more than one that came with it. */
function rank(key: string, { code }: DifferenceContext): number {
  return kindOf(key) === "packages" && code?.packages?.get(subjectOf(key))?.startsWith("through") === true ? 1 : 0;
}

/** Whether a part hangs on a result that is not there yet. */
function isUnknown(key: string, before: FingerprintParts, after: FingerprintParts, { task, unknownTasks }: DifferenceContext): boolean {
  if (unknownTasks === undefined || !key.startsWith("input:")) return false;
  const subject = subjectOf(key);
  for (const id of unknownTasks) {
    if (subject.startsWith(`${id}#`) || subject === quoteKey(id.split("@")[0] ?? id)) return true;
  }
  const isBoth = before[key] !== undefined && after[key] !== undefined;
  return isBoth && task.inputs.some(({ path, producer }) => path === subject && producer !== null && unknownTasks.has(producer));
}

/** Compares cells in their order, so that a cell put in between is not taken for a change of all that follow. */
function explainCells(before: FingerprintParts, after: FingerprintParts, code: CodePlaces | undefined): Reason[] {
  const [old, now] = [listCells(before), listCells(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  const [gone, come] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  const nameOf = (index: number): string => `cell ${code?.cells[index] ?? index + 1}`;
  const reasons: Reason[] = come.flatMap((hash, index) => {
    if (hash === gone[index]) return [];
    return [{ kind: "code", subject: nameOf(start + index), detail: gone[index] === undefined ? "added" : "changed" }];
  });
  const removed = gone.length - come.length;
  if (removed > 0) reasons.push({ kind: "code", subject: "cells", detail: `${removed} removed ${start + come.length === 0 ? "at the start" : `after ${nameOf(start + come.length - 1)}`}` });
  return reasons;
}

function listCells(parts: FingerprintParts): string[] {
  const cells: string[] = [];
  for (const [key, value] of Object.entries(parts)) {
    const number = CELL.exec(key)?.[1];
    if (number !== undefined) cells[Number(number) - 1] = value;
  }
  return cells;
}

function explainPart(key: string, [before, after]: readonly [string | undefined, string | undefined], { code }: DifferenceContext): Reason {
  const kind = kindOf(key);
  const subject = subjectOf(key);
  const how = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  switch (kind) {
    case "packages":
      return { kind, subject, detail: (how === "changed" ? describeVersions(before ?? "", after ?? "") : `${how} ${before ?? after}`) + inBrackets(code?.packages?.get(subject)) };
    case "params":
    case "engine":
      return { kind, subject, detail: how === "changed" ? `${before} -> ${after}` : how };
    case "env":
      return { kind, subject, detail: subject === "time zone" ? `${before} -> ${after}` : describeVariable(before, after) };
    case "artifact":
      return { kind, subject, detail: how === "added" ? "declared as output" : "no longer declared as output" };
    case "code":
      return explainCode(key, [before, after], code);
    default:
      return { kind, subject, detail: after === "missing" ? "missing" : how };
  }
}

function explainCode(key: string, [before, after]: readonly [string | undefined, string | undefined], code: CodePlaces | undefined): Reason {
  const subject = subjectOf(key);
  if (key === "code:bundle") return { kind: "code", subject: "imports of cells", detail: "changed" };
  const reached = code?.reachedFrom[subject];
  const exact = before === undefined || after === undefined ? null : explainNames(subject, before, code?.names);
  if (exact !== null) return { kind: "code", subject, detail: exact.text + describeReach(exact.cells.length > 0 ? exact.cells : reached) };
  return { kind: "code", subject, detail: (before === undefined ? "added" : after === undefined ? "removed" : "changed") + describeReach(reached) };
}

/** Tells which functions of a module changed; null where that is not known, or where only what has no name did. */
function explainNames(module: string, before: string, names: CodeNames | undefined): { readonly text: string; readonly cells: readonly number[] } | null {
  const [old, now] = [names?.earlier[before], names?.present[module]];
  if (old === undefined || now === undefined) return null;
  const changed = Object.keys(now).filter((name) => old[name] !== undefined && old[name] !== now[name]?.hash);
  const added = Object.keys(now).filter((name) => old[name] === undefined);
  const removed = Object.keys(old).filter((name) => now[name] === undefined);
  const told = [...list(changed, "changed"), ...list(added, "added"), ...list(removed, "removed")];
  if (told.length === 0) return null;
  // What is new counts only through what calls it.
  const touched = changed.length > 0 ? changed : added;
  return { text: told.join(", "), cells: [...new Set(touched.flatMap((name) => now[name]?.cells ?? []))].sort((a, b) => a - b) };
}

function list(names: readonly string[], how: string): string[] {
  if (names.length === 0) return [];
  const shown = names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return [`${shown} ${how}`];
}

/** Values are hashed, for they may be nobody's business. */
function describeVariable(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return "declared";
  if (after === undefined) return "no longer declared";
  return before === "unset" ? "is set now" : after === "unset" ? "is no longer set" : "changed";
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? "" : ` (${text})`;
}

function describeVersions(before: string, after: string): string {
  return before.includes("content ") || after.includes("content ") || /^[0-9a-f]{64}$/.test(after) ? "content changed" : `${before} -> ${after}`;
}

function describeReach(cells: readonly number[] | undefined): string {
  if (cells === undefined || cells.length === 0) return "";
  return ` (reached from cell${cells.length === 1 ? "" : "s"} ${cells.join(", ")})`;
}

function kindOf(key: string): ReasonKind {
  const kind = key.slice(0, key.indexOf(":"));
  return isKind(kind) ? kind : "engine";
}

function isKind(kind: string): kind is ReasonKind {
  return KINDS.has(kind);
}

function subjectOf(key: string): string {
  return key.slice(key.indexOf(":") + 1);
}
