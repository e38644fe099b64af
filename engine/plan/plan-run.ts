import type { JsonValue, Problem, Project, Report, Stage, Task } from "../project/types.js";
import { ProjectError } from "../project/problems.js";
import { contractHash } from "./contract-hash.js";
import { decideTask, isExpired, mayExecute, mayRestore, type ArtifactMismatch } from "./decide.js";
import { missingEnvironment, shortSecrets } from "./environment.js";
import { fingerprintTask, makeFingerprint, type InputDigests } from "./fingerprint.js";
import { createPackageReader } from "./packages.js";
import type { PlanCache } from "./plan-cache.js";
import { fingerprintReport, type ReportInputs } from "./report-fingerprint.js";
import type { Decision, Fingerprint, StoredOutcome, TaskRecord } from "./types.js";

/** All that a plan rests on. Everything that touches artifacts and records comes in here. */
export type PlanContext = {
  readonly project: Project;
  /** Task -> value of every parameter that its stage declares. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, JsonValue>>>;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly env: NodeJS.ProcessEnv;
  /** SHA-256 of a project file; null where none is there. */
  readonly digest: (path: string) => Promise<string | null>;
  /** The artifacts of a record that are not as it says. */
  readonly artifactsMatch: (record: TaskRecord) => Promise<readonly ArtifactMismatch[]>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Ids of the tasks to run whatever is there. */
  readonly force: ReadonlySet<string>;
  /** What a report takes from elsewhere; outputs of tasks that never ran are left out. `foreseen` goes before records. */
  readonly reportInputs: (task: Task & { readonly node: Report }, foreseen: ReadonlyMap<string, StoredOutcome>) => Promise<ReportInputs>;
  /** What the store holds of a task with this fingerprint's hash, looked at cheaply; null where nothing. Without a store it is absent. */
  readonly stored?: (task: Task, fingerprint: string) => Promise<StoredOutcome | null>;
  readonly cache: PlanCache;
  /** The tasks to decide for, in dependency order; what others made is taken as it is. All where absent. */
  readonly selected?: readonly Task[];
  /** What `selected` needs of the other tasks and is not there. */
  readonly findMissing?: () => Promise<readonly Problem[]>;
};

/**
 * Decides for every task what a run would do, in dependency order.
 *
 * A task with no reason of its own after one that may run has the single reason `upstream`; ask `decideOne` again when
 * that one's bytes are known. The bytes of a task that is to be restored are known.
 *
 * @throws ProjectError with everything wrong that can be known before running: imports, unset variables.
 */
export async function planRun(context: PlanContext): Promise<ReadonlyMap<string, Decision>> {
  const errors = [...(await findCodeProblems(context)), ...((await context.findMissing?.()) ?? [])].filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new ProjectError(errors);
  const decisions = new Map<string, Decision>();
  const unsettled = new Set<string>();
  const foresight = foresee(context);
  for (const task of context.selected ?? context.project.tasks) {
    const unknown = new Set(task.dependsOn.filter((id) => unsettled.has(id)));
    const { decision, stored } = await decide(foresight.context, task, { unknownTasks: unknown, foreseen: foresight.outcomes });
    decisions.set(task.id, decision);
    if (stored !== null) foresight.add(task, stored);
    else if (mayExecute(decision)) unsettled.add(task.id);
  }
  return decisions;
}

/** A context in which what is to be restored is there already. */
function foresee(context: PlanContext) {
  const outcomes = new Map<string, StoredOutcome>();
  const digests = new Map<string, string>();
  return {
    outcomes,
    context: { ...context, digest: async (path: string) => digests.get(path) ?? context.digest(path) },
    add(task: Task, outcome: StoredOutcome): void {
      outcomes.set(task.id, outcome);
      for (const { path, sha256 } of outcome.artifacts) digests.set(path, sha256);
    },
  };
}

/**
 * Decides for one task.
 *
 * @param unknownTasks Those of the tasks it depends on whose results are not known yet; none once they are up to date.
 */
export async function decideOne(context: PlanContext, task: Task, unknownTasks: ReadonlySet<string> = new Set()): Promise<Decision> {
  return (await decide(context, task, { unknownTasks, foreseen: new Map() })).decision;
}

type Before = { readonly unknownTasks: ReadonlySet<string>; readonly foreseen: ReadonlyMap<string, StoredOutcome> };

/** @returns `stored`: what is to be restored; null where nothing is */
async function decide(context: PlanContext, task: Task, before: Before): Promise<{ readonly decision: Decision; readonly stored: StoredOutcome | null }> {
  const { unknownTasks } = before;
  const record = context.records.get(task.id) ?? null;
  const [fingerprint, artifactsMatch] = await Promise.all([
    computeFingerprint(context, task, { ...before, digests: await digestInputs(context, task, unknownTasks) }),
    record === null ? [] : context.artifactsMatch(record),
  ]);
  const own = decideTask({
    task,
    record,
    fingerprint,
    contract: contractHash(task),
    artifactsMatch,
    now: context.now,
    forced: context.force.has(task.id),
    unknownTasks,
    ...(isStageTask(task) && record !== null && record.fingerprint.hash !== fingerprint.hash ? { code: await context.cache.places(context.project, task.node) } : {}),
  });
  const first = task.dependsOn.find((id) => unknownTasks.has(id));
  if (first !== undefined) {
    // With inputs that are yet to be made the fingerprint is not known.
    const upstream = { task: task.id, action: "run", reasons: [{ kind: "upstream", subject: first, detail: "may change its outputs" }] } as const;
    return { decision: { ...(own.action === "fresh" ? upstream : own), isProvisional: true }, stored: null };
  }
  const stored = mayRestore(own) ? ((await context.stored?.(task, fingerprint.hash)) ?? null) : null;
  if (stored === null || isExpired(task, stored.startedAt, context.now)) return { decision: own, stored: null };
  return { decision: { ...own, action: "restore" }, stored };
}

/**
 * The fingerprint to record for a task whose inputs have all been made. A package that was exchanged since the plan was
 * made, so that nobody knows which one ran, gives it a part that no plan ever has: the next run executes the task.
 *
 * @param digests Of the very bytes that the task was given.
 */
export async function fingerprintForRecord(context: PlanContext, task: Task, digests: InputDigests): Promise<Fingerprint> {
  const missing = task.inputs.find(({ path }) => typeof digests.get(path) !== "string");
  if (missing !== undefined) throw new Error(`Internal error: the digest of ${missing.path} is not known to ${task.id}`);
  const fingerprint = await computeFingerprint(context, task, { digests, unknownTasks: new Set(), foreseen: new Map() });
  return isStageTask(task) ? markExchanged(context, task.node, fingerprint) : fingerprint;
}

async function markExchanged({ project, cache }: PlanContext, stage: Stage, fingerprint: Fingerprint): Promise<Fingerprint> {
  const { packages } = await cache.code(project, stage);
  const present = createPackageReader(project.root).describe(packages);
  const exchanged = Object.entries(present).filter(([key, description]) => fingerprint.parts[key] !== description);
  if (exchanged.length === 0) return fingerprint;
  const marked = exchanged.map(([key, description]) => [key, `${fingerprint.parts[key] ?? "absent"}, then ${description}`] as const);
  return makeFingerprint({ ...fingerprint.parts, ...Object.fromEntries(marked) });
}

/** What is wrong with the code and the environment of stages, for `check` and before a run. */
export async function findCodeProblems({ project, cache, env, selected = project.tasks }: Pick<PlanContext, "project" | "cache" | "env" | "selected">): Promise<Problem[]> {
  const stages = stagesOf(project, selected);
  const codes = await Promise.all(stages.map((stage) => cache.code(project, stage)));
  const seen = new Set<string>();
  const problems = codes.flatMap((code) => code.problems).filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
  return [...problems, ...missingEnvironment({ stages }, env), ...shortSecrets({ stages }, env)];
}

/** The stages that have a selected task; all of them, also those without any task, where nothing is left out. */
function stagesOf(project: Project, selected: readonly Task[]): readonly Stage[] {
  if (selected.length === project.tasks.length) return project.stages;
  const nodes = new Set(selected.map(({ node }) => node.id));
  return project.stages.filter(({ id }) => nodes.has(id));
}

async function computeFingerprint(context: PlanContext, task: Task, known: Before & { readonly digests: InputDigests }): Promise<Fingerprint> {
  const { project, parameters, env, cache } = context;
  const inputDigests = known.digests;
  const recorded = context.records.get(task.id)?.fingerprint;
  if (isStageTask(task)) return fingerprintTask({ project, task, parameters: parameters.get(task.id) ?? {}, env, inputDigests, cache, recorded });
  if (!isReportTask(task)) throw new Error(`Internal error: ${task.id} is neither stage nor report`);
  return fingerprintReport({ ...(await context.reportInputs(task, known.foreseen)), project, task, inputDigests, unknownTasks: known.unknownTasks, recorded });
}

async function digestInputs(context: PlanContext, task: Task, unknownTasks: ReadonlySet<string>): Promise<InputDigests> {
  const known = task.inputs.filter(({ producer }) => producer === null || !unknownTasks.has(producer));
  return new Map(await Promise.all(known.map(async ({ path }) => [path, await context.digest(path)] as const)));
}

function isStageTask(task: Task): task is Task & { readonly node: Stage } {
  return task.node.kind === "stage";
}

function isReportTask(task: Task): task is Task & { readonly node: Report } {
  return task.node.kind === "report";
}
