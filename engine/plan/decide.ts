import type { Reason, ReasonKind } from "../observe/events.js";
import type { Task } from "../project/types.js";
import { explainDifference, type CodePlaces } from "./explain-difference.js";
import type { Decision, Fingerprint, TaskRecord } from "./types.js";

export type ArtifactMismatch = { readonly path: string; readonly problem: "missing" | "changed" };

export type Question = {
  readonly task: Task;
  readonly record: TaskRecord | null;
  readonly fingerprint: Fingerprint;
  /** As `contractHash` gives it. */
  readonly contract: string;
  /** The artifacts that are not as the record says. */
  readonly artifactsMatch: readonly ArtifactMismatch[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly forced: boolean;
  /** Where the parts of the code stand, for better reasons. */
  readonly code?: CodePlaces;
  /** Tasks before this one whose results are not known yet: what they make is left out of the comparison. */
  readonly unknownTasks?: ReadonlySet<string>;
};

/** Whether a task must run, and all the reasons that it has by itself, the most telling first. */
export function decideTask(question: Question): Decision {
  const { task, record, fingerprint, contract, artifactsMatch, now, forced } = question;
  const reasons: Reason[] = [];
  if (forced) reasons.push({ kind: "forced", subject: task.id, detail: "asked for" });
  if (record === null) {
    reasons.push({ kind: "never-run", subject: task.id, detail: "has no record of a good run" });
  } else {
    if (record.contract !== contract) reasons.push({ kind: "contract", subject: task.id, detail: "changed" });
    reasons.push(...explainAge(task, record, now));
    reasons.push(...explainArtifacts(artifactsMatch));
    reasons.push(...explainLabels(task, record));
    if (record.fingerprint.hash !== fingerprint.hash) reasons.push(...explainFingerprint(question, record));
  }
  reasons.sort((a, b) => TELLING.indexOf(a.kind) - TELLING.indexOf(b.kind));
  return { task: task.id, action: reasons.length === 0 ? "fresh" : "run", reasons };
}

/** True where only what is promised changed: the artifacts are to be verified again, and nothing executes. */
export function isOnlyVerified(decision: Decision): boolean {
  return decision.action === "run" && decision.reasons.every((reason) => reason.kind === "contract");
}

/** Whether a task may execute, as far as is known now: one that is only verified again keeps its bytes, if its inputs do. */
export function mayExecute(decision: Decision): boolean {
  return decision.action === "run" && (decision.isProvisional === true || !isOnlyVerified(decision));
}

/** The most telling first. */
const TELLING: readonly ReasonKind[] = ["never-run", "code", "packages", "params", "env", "input", "artifact", "contract", "engine", "upstream", "expired", "forced"];

/** Whether a task that would run may take an earlier result with its fingerprint instead. */
export function mayRestore(decision: Decision): boolean {
  return decision.action === "run" && !isOnlyVerified(decision) && !decision.reasons.some(({ kind }) => kind === "forced" || kind === "expired");
}

/** Whether the result of an execution is older than its stage lets it become. */
export function isExpired(task: Task, startedAt: string, now: number): boolean {
  // An unknown age is none to be trusted.
  return !(now <= expiryOf(task, startedAt));
}

/** Up to when the result of an execution is not too old, in milliseconds since 1970; Infinity: for ever, NaN: unknown. */
export function expiryOf(task: Task, startedAt: string): number {
  const maxAgeMs = task.node.kind === "stage" ? task.node.maxAgeMs : null;
  return maxAgeMs === null ? Infinity : Date.parse(startedAt) + maxAgeMs;
}

/** The artifacts that somebody else than the task wrote, by a decision's reasons. */
export function editedArtifacts(decision: Decision): readonly string[] {
  return decision.reasons.flatMap(({ kind, subject, detail }) => (kind === "artifact" && detail === CHANGED_BY_HAND ? [subject] : []));
}

const CHANGED_BY_HAND = "changed by hand";

function explainFingerprint({ task, fingerprint, code, unknownTasks }: Question, record: TaskRecord): Reason[] {
  const reasons = explainDifference(record.fingerprint.parts, fingerprint.parts, { task, code, unknownTasks });
  if (reasons.length > 0 || (unknownTasks !== undefined && unknownTasks.size > 0)) return reasons;
  // A record whose parts don't give its hash.
  return [{ kind: "engine", subject: "fingerprint", detail: "changed" }];
}

function explainAge(task: Task, record: TaskRecord, now: number): Reason[] {
  const maxAgeMs = task.node.kind === "stage" ? task.node.maxAgeMs : null;
  if (maxAgeMs === null || !isExpired(task, record.startedAt, now)) return [];
  const ageMs = now - Date.parse(record.startedAt);
  const age = Number.isNaN(ageMs) ? "of unknown age" : `${formatSpan(ageMs)} old`;
  return [{ kind: "expired", subject: task.id, detail: `${age}, max_age ${formatSpan(maxAgeMs)}` }];
}

function explainArtifacts(mismatches: readonly ArtifactMismatch[]): Reason[] {
  return mismatches.map(({ path, problem }) => ({ kind: "artifact", subject: path, detail: problem === "missing" ? "missing" : CHANGED_BY_HAND }));
}

/** Labels are no code, but a label that the last execution did not have has no output that a report could embed. */
function explainLabels(task: Task, record: TaskRecord): Reason[] {
  if (task.node.kind === "report") return [];
  const known = new Set(record.labels.map((output) => output.label));
  return task.node.cells.flatMap((cell) => {
    const { label } = cell.options;
    if (cell.type !== "code" || label === undefined || known.has(label)) return [];
    return [{ kind: "code", subject: `label ${label}`, detail: `new in cell ${cell.position}` } as const];
  });
}

function formatSpan(ms: number): string {
  const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;
  for (const [name, size] of units) if (ms >= size * (name === "d" ? 3 : 1)) return `${Math.round((ms / size) * 10) / 10}${name}`;
  return `${ms}ms`;
}
