import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeArtifact } from "../checkpoint/describe.js";
import type { Reason } from "../observe/events.js";
import { fingerprintForRecord } from "../plan/plan-run.js";
import { formatPlace } from "../project/problems.js";
import type { Problem, Report, Task } from "../project/types.js";
import { publishTask } from "./publish/publish-task.js";
import { gatherReportInputs, type GatheredReport } from "./report-inputs.js";
import type { RunContext } from "./run-context.js";
import { emitCheckpoint } from "./run-stage.js";
import { TaskFailure } from "./task-failure.js";
import { prepareTaskFolder, removeTaskFolder } from "./task-folder/task-folder.js";
import { taskFolders } from "./task-folder/task-folder-names.js";

/** A task that is a report. */
export type ReportTask = Task & { readonly node: Report };

/**
 * Renders a report from its declared inputs and the records of what it embeds, and publishes its files.
 *
 * @throws TaskFailure of kind `render` where the text names something that is not there
 */
export async function runReport(context: RunContext, task: ReportTask, reasons: readonly Reason[]): Promise<{ readonly rows: number | null }> {
  context.emit({ event: "task.start", task: task.id, attempt: 1, reasons });
  const { project, stateFolder } = context;
  const report = task.node;
  const startedAt = context.now();
  const inputs = task.inputs.map((input) => input.path);
  const folder = await prepareTaskFolder({ taskFolders: taskFolders(stateFolder), task: task.id, projectRoot: project.root, locate: context.place.locate, inputs, outputs: task.outputs.map((output) => output.path) });
  try {
    const gathered = await gatherReportInputs(project, report, { records: context.records, text: context.plan.cache.text, stateFolder });
    const fingerprint = await fingerprintForRecord(context.plan, task, new Map([...folder.digests].map(([path, { sha256 }]) => [path, sha256])));
    const files = await renderFiles(context, report, { folder: folder.path, gathered, startedAt });
    for (const [path, content] of files) {
      await mkdir(dirname(join(folder.path, path)), { recursive: true });
      await writeFile(join(folder.path, path), content);
    }
    const artifacts = [];
    for (const path of files.keys()) artifacts.push((await describeArtifact({ absolute: join(folder.path, path), path })).description);
    emitCheckpoint(context, task, artifacts);
    const remove = await staleImages(context, report, new Set(files.keys()));
    await publishTask(context, task, { folder: folder.path, artifacts, digests: folder.digests, fingerprint, labels: [], startedAt, remove });
    return { rows: null };
  } finally {
    await removeTaskFolder(folder.path);
  }
}

type Rendering = {
  /** Absolute; holds the inputs. */
  readonly folder: string;
  readonly gathered: GatheredReport;
  /** Milliseconds since 1970: what the text gets as `run.date`, and the record keeps. */
  readonly startedAt: number;
};

/**
 * Renders a report.
 *
 * @returns project path -> content of every file of it
 * @throws TaskFailure of kind `render`
 */
export async function renderFiles(context: Pick<RunContext, "project" | "runId" | "artist" | "emit">, report: Report, { folder, gathered, startedAt }: Rendering): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const [{ renderReport }, { RenderError }] = await Promise.all([import("../report/render-report.js"), import("../report/render-error.js")]);
  try {
    const { files, problems } = await renderReport({
      report,
      partials: new Map(Object.entries(context.project.partials)),
      inputs: folder,
      embedded: gathered.embedded,
      stages: gathered.stages,
      run: { id: context.runId, date: new Date(startedAt).toISOString() },
      previous: gathered.recalled.previous(),
      trends: gathered.recalled.trends,
      notes: gathered.notes,
      metrics: gathered.recalled.present,
      plot: context.artist.plot,
      frame: gathered.frame,
    });
    for (const problem of problems) context.emit({ event: "run.warning", task: report.id, message: `${formatPlace(problem.place)}: ${problem.message}` });
    return files;
  } catch (error) {
    if (error instanceof RenderError) throw failureOf(error.problems, error);
    throw error;
  }
}

function failureOf(problems: readonly Problem[], cause: unknown): TaskFailure {
  const [first, ...others] = problems;
  const more = others.map((problem) => `${formatPlace(problem.place)}: ${problem.message}`);
  return new TaskFailure("render", [first?.message ?? "the report could not be rendered", ...more].join("\n"), { place: first?.place ?? null, hint: first?.hint ?? null, cause });
}

/** `<label>[@dataset].svg` */
const chartName = /^[A-Za-z][\w-]*(@[\w.-]+)?\.svg$/;

/**
 * The report owns its images folder: charts that it does not draw any more go, also those of a time that is forgotten;
 * not in somebody's own folder, and no photograph or text that it never made.
 */
export async function staleImages(context: RunContext, report: Report, files: ReadonlySet<string>): Promise<string[]> {
  if (context.place.isElsewhere) return [];
  const folder = join(context.place.root, report.outputs.images);
  const made = new Set(context.records.get(report.id)?.artifacts.map(({ path }) => path));
  const names = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  return names.flatMap((entry) => {
    const path = `${report.outputs.images}/${entry.name}`;
    return entry.isFile() && !files.has(path) && (made.has(path) || chartName.test(entry.name)) ? [path] : [];
  });
}
