import { existsSync } from "node:fs";
import { join } from "node:path";
import { askDirty, readHead } from "../../observe/code-revision.js";
import type { RunStatus } from "../../observe/events.js";
import type { CodeRevision, RunHead, RunState } from "../../observe/history/entry.js";
import { appendRun, findRun, historyFolder, lastRevision, readRuns } from "../../observe/history/history.js";
import { metricKey } from "../../observe/metrics.js";
import type { TaskRecord } from "../../plan/types.js";
import { listMetricFiles } from "../../project/metric-files.js";
import type { Project } from "../../project/types.js";
import { describeState } from "../describe-state.js";
import { explainFileError } from "../publish/file-system.js";
import type { RunOptions } from "../execute-run.js";
import { digestNow, readMetricFile } from "./metric-reader.js";
import type { PlannedRun } from "../prepare-run.js";
import { provenancePaths, writeProvenance } from "./provenance-file.js";
import type { RunDeeds } from "./run-deeds.js";

/** A run that will be remembered. */
export type Remembering = {
  /** Appends it to the history. That it can't be is a warning, and no failure of the run. */
  readonly keep: (how: { readonly status: RunStatus; readonly durationMs: number; readonly notRun: readonly string[] }) => Promise<void>;
};

type Options = Pick<RunOptions, "request" | "outputFolder"> & { readonly deeds: RunDeeds; readonly startedAt: number };

/** Begins to remember a run: the code is asked for now, since it is what executes. */
export function remember(context: PlannedRun, options: Options): Remembering {
  const folder = historyFolder(context.stateFolder);
  const revision = askRevision(context, folder).catch(() => null);
  return {
    keep: async (how) => {
      try {
        const head = describeRun(context, { ...options, ...how, revision: await revision });
        appendRun(folder, { head, ...stateOf(context, folder, head), isDurable: Object.keys(head.deeds).length > 0 });
        await tellProvenance(context, folder, head);
      } catch (error) {
        context.emit({ event: "run.warning", message: `this run could not be added to the history: ${explainFileError(error).reason}` });
      }
    },
  };
}

/** The commit, and whether sources differ from it. Where nothing is stale and the commit is that of the last run, so is the answer. */
async function askRevision({ project, plan, isUpToDate }: PlannedRun, folder: string): Promise<CodeRevision | null> {
  const head = readHead(project.root);
  if (head === null) return null;
  const last = isUpToDate ? lastRevision(folder) : null;
  if (last !== null && last.dirty !== null && last.commit === head.commit) return { ...head, dirty: last.dirty };
  const codes = await Promise.all(project.stages.map((stage) => plan.cache.code(project, stage)));
  const modules = codes.flatMap(({ parts }) => Object.keys(parts).flatMap((key) => /^code:(.+\.[A-Za-z]+)$/.exec(key)?.[1] ?? []));
  return { ...head, dirty: await askDirty(project.root, [...new Set([...sourceFiles(project), ...modules])]) };
}

function sourceFiles(project: Project): string[] {
  const nodes = [...project.stages, ...project.reports].map(({ file }) => file);
  return ["stitchbook.yaml", "package.json", "package-lock.json", ...nodes, ...Object.keys(project.partials)];
}

/** Where something was made, or the file is gone. */
async function tellProvenance({ project, place, records }: PlannedRun, folder: string, { deeds }: RunHead): Promise<void> {
  const isThere = provenancePaths(project).every((path) => existsSync(join(place.root, path)));
  if (Object.keys(deeds).length === 0 && isThere) return;
  const [last] = readRuns(folder);
  await writeProvenance(project, { root: place.root, records, state: last?.state ?? null });
}

type Known = Options & { readonly status: RunStatus; readonly durationMs: number; readonly notRun: readonly string[]; readonly revision: CodeRevision | null };

function describeRun({ runId, overrides }: PlannedRun, { request, outputFolder, deeds, startedAt, status, durationMs, notRun, revision }: Known): RunHead {
  const reason = deeds.failures.length > 0 ? deeds.failures.join("; ").slice(0, 1000) : status === "stopped" ? "stopped" : null;
  return {
    run: runId,
    started: new Date(startedAt).toISOString(),
    duration_ms: durationMs,
    status,
    ...(reason === null ? {} : { reason }),
    revision,
    ...(overrides.length === 0 ? {} : { params: overrides }),
    ...((request?.targets ?? []).length === 0 ? {} : { targets: request?.targets ?? [] }),
    ...(request?.selection === undefined ? {} : { selection: request.selection }),
    ...(outputFolder === undefined ? {} : { output_dir: outputFolder }),
    deeds: deeds.deeds,
    fresh: deeds.fresh(),
    ...(notRun.length === 0 ? {} : { not_run: notRun }),
  };
}

/** What names the state, and what makes it where it is new. */
function stateOf(context: PlannedRun, folder: string, head: RunHead) {
  const { project, records, place } = context;
  const made = new Map([...records.values()].flatMap(({ artifacts }) => artifacts.map(({ path, sha256 }) => [path, sha256] as const)));
  const files = listMetricFiles(project).map(({ path, watched }) => ({ path, watched, sha256: made.get(path) ?? digestNow(place.locate(path)) }));
  const tasks = project.tasks.flatMap(({ id }) => {
    const record = records.get(id);
    return record === undefined ? [] : [[id, record.fingerprint.hash, record.run, record.artifacts.map(({ sha256, rows, schemaHash }) => [sha256, rows, schemaHash])]];
  });
  return {
    stateKey: JSON.stringify([files.map(({ path, watched, sha256 }) => [path, [...watched], sha256]), tasks]),
    makeState: (before: RunState | null): RunState => {
      const metrics = files.flatMap(({ path, watched, sha256 }) => {
        const found = sha256 === null ? null : readMetricFile(place.locate(path), sha256, watched);
        return Object.entries(found ?? {}).map(([metric, value]) => [metricKey(path, metric), value] as const);
      });
      return describeState({ project, records, metrics: Object.fromEntries(metrics), revisionOf: (record) => revisionOf(record, { head, before, folder }) });
    },
  };
}

type Runs = { readonly head: RunHead; readonly before: RunState | null; readonly folder: string };

/** The code of an execution: of this run, or as the history tells. */
function revisionOf({ task, run }: TaskRecord, { head, before, folder }: Runs): CodeRevision | null {
  if (run === head.run) return head.revision;
  const known = before !== null && Object.hasOwn(before.tasks, task) ? before.tasks[task] : undefined;
  if (known?.run === run) return known.revision;
  return findRun(folder, run)?.revision ?? null;
}
