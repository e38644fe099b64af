import { join } from "node:path";
import type { ArtifactDescription } from "../checkpoint/types.js";
import { historyFolder } from "../observe/history/history.js";
import type { LabelledOutput } from "../plan/types.js";
import { listMetricFiles } from "../project/metric-files.js";
import type { JsonValue, Project, Report, Stage, StageQuote } from "../project/types.js";
import { contentPath } from "../store/contents.js";
import { storeFolderName } from "./find-stored.js";
import { readMetricFile } from "./memory/metric-reader.js";
import { recallMetrics, type Recalled } from "./memory/recall-metrics.js";

/** A displayed output with the task and the notebook that it comes from. */
export type EmbeddedSource = LabelledOutput & { readonly task: string; readonly notebook: string };

/** What a report can take of a task: a record, or what a record will hold. */
type TaskOutcome = { readonly artifacts: readonly ArtifactDescription[]; readonly labels: readonly LabelledOutput[] };

type ReportSources = {
  readonly records: { readonly get: (task: string) => TaskOutcome | undefined };
  /** Text of a project file; null where none is there. What a fingerprint counted must be what is rendered. */
  readonly text: (path: string) => string | null;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
};

/** Project path of the project's own frame of pages. */
export const framePath = "templates/page.html";

/** What a report takes from records, and from templates besides its own. */
export type GatheredReport = {
  /** What it gets to know of earlier runs. */
  readonly recalled: Recalled;
  /** `label` or `label@dataset` -> what the cell displayed. */
  readonly embedded: ReadonlyMap<string, EmbeddedSource>;
  /** Project path -> text of each partial that the template reaches. */
  readonly partials: Readonly<Record<string, string>>;
  /** Text of the project's own frame of pages; null where there is none, or no page. */
  readonly frame: string | null;
  /** Stage -> its artifacts, those of all its datasets. */
  readonly stages: Readonly<Record<string, readonly ArtifactDescription[]>>;
  /** The same as far as the text quotes it. */
  readonly quotedStages: JsonValue;
  /** People's comments as Markdown, marked where what they speak of has moved; empty where there are none. */
  readonly notes: string;
};

/**
 * Collects from the records of stages what a report embeds and quotes. Captions and alt texts are the notebook's
 * present ones: changing them executes nothing.
 *
 * @param project - as read
 * @param report - the report
 * @param sources - where records and texts come from; what has no record is left out
 */
export async function gatherReportInputs(project: Project, report: Report, { records, text, stateFolder }: ReportSources): Promise<GatheredReport> {
  const { references } = report;
  const stagesById = new Map(project.stages.map((stage) => [stage.id, stage]));
  const embedded = new Map<string, EmbeddedSource>();
  for (const { label, dataset } of references.embeds) {
    const stage = stagesById.get(project.labels.get(label)?.stage ?? "");
    if (stage === undefined) continue;
    const task = dataset === null ? stage.id : `${stage.id}@${dataset}`;
    const output = records.get(task)?.labels.find((each) => each.label === label);
    if (output !== undefined) embedded.set(dataset === null ? label : `${label}@${dataset}`, { ...presentTexts(stage, output), task, notebook: stage.file });
  }
  const quoted = new Set(references.stages.map((each) => each.id));
  const stages = Object.fromEntries(
    [...stagesById.keys()].filter((id) => quoted.has(id)).map((id) => [id, project.tasks.filter((task) => task.node.id === id).flatMap((task) => records.get(task.id)?.artifacts ?? [])]),
  );
  const quotedStages = Object.fromEntries(Object.entries(stages).map(([id, artifacts]) => [id, quoteArtifacts(artifacts, references.stages.filter((quote) => quote.id === id))]));
  const partials = Object.fromEntries(references.partials.map((path) => [path, project.partials[path] ?? ""]));
  const recalled = recallMetrics(project, report, { history: historyFolder(stateFolder), metricsOf: (path) => readPresentMetrics(project, path, { records, stateFolder }) });
  // What writes them brings the language of templates along, which a run with nothing to do has no use for.
  const notes = references.notes.length === 0 ? "" : (await import("../report/notes.js")).writeNotes(references.notes, recalled.present());
  return { recalled, embedded, partials, frame: report.outputs.html === null ? null : text(framePath), stages, quotedStages, notes };
}

/** The numbers of a file as its task made it, from the project or from the store; of a source as it is. */
function readPresentMetrics(project: Project, path: string, { records, stateFolder }: Pick<ReportSources, "records" | "stateFolder">): Readonly<Record<string, number>> | null {
  const maker = project.tasks.find(({ outputs }) => outputs.some((output) => output.path === path));
  const watched = listMetricFiles(project).find((file) => file.path === path)?.watched ?? new Set<string>();
  if (maker === undefined) return readMetricFile(join(project.root, path), null, watched);
  const made = records.get(maker.id)?.artifacts.find((artifact) => artifact.path === path);
  if (made === undefined) return null;
  return readMetricFile(join(project.root, path), made.sha256, watched) ?? readMetricFile(contentPath(join(stateFolder, storeFolderName), made.sha256), made.sha256, watched);
}

/** Of the artifacts what the text quotes and no more: a report must not follow a change that it can't show. */
function quoteArtifacts(artifacts: readonly ArtifactDescription[], quotes: readonly StageQuote[]): JsonValue {
  return artifacts.flatMap(({ path, bytes, rows, schemaHash }) => {
    const meant = quotes.filter((quote) => quote.path === null || quote.path === path);
    const values = Object.entries({ bytes, rows, schema_hash: schemaHash });
    const quoted = values.filter(([name]) => meant.some((quote) => quote.values === null || quote.values.includes(name)));
    return meant.length === 0 ? [] : [{ path, ...Object.fromEntries(quoted) }];
  });
}

function presentTexts(stage: Stage, output: LabelledOutput): LabelledOutput {
  const options = stage.cells.find((cell) => cell.options.label === output.label)?.options;
  return { ...output, caption: options?.caption ?? null, alt: options?.alt ?? null };
}
