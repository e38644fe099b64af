import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellOutput, ExecutedCell, ExecutionResult, MimeBundle } from "../../notebook/types.js";
import type { JsonValue, Project, Stage } from "../../project/types.js";
import { checkChart } from "../../report/chart-check.js";
import { chartOf } from "../../report/chart-output.js";
import type { Plot } from "../../report/plot.js";
import { temporaryPathFor } from "../publish/durable-file.js";
import { executedNotebook } from "./executed-notebook.js";
import type { RunContext } from "../run-context.js";

/** Project path of the folder of executed notebooks. */
export const viewFolder = "reports/notebooks";

/** Project path of the executed notebook of a task. */
export function viewPath(task: string): string {
  return `${viewFolder}/${task}.ipynb`;
}

/** Project path of the same as a page. */
export function viewPagePath(task: string): string {
  return `${viewFolder}/${task}.html`;
}

type Attempt = { readonly task: string; readonly result: ExecutionResult };

/**
 * Writes what an attempt left for people to look at: the notebook with its outputs and, where a report has figures of it,
 * the same as a page. Nothing waits for that but the end of the run, and a later attempt of the same task.
 */
export function writeView(context: RunContext, stage: Stage, attempt: Attempt): void {
  const { views } = context;
  const earlier = views.get(attempt.task) ?? Promise.resolve();
  const writing = earlier.then(() => draw(context, stage, attempt));
  views.set(attempt.task, writing.catch((error: unknown) => context.emit({ event: "run.warning", task: attempt.task, message: `its view could not be written: ${String(error)}` })));
}

/** Has a chart plotted as soon as its cell shows it, if a report or a picture will need it. */
export function foreseePlot(context: RunContext, stage: Stage, shown: { readonly position: number; readonly output: CellOutput }): void {
  const isLabelled = stage.cells.some((cell) => cell.position === shown.position && cell.options.label !== undefined);
  const spec = isLabelled ? specOf(shown.output) : null;
  // What is wrong with it shows where it is needed.
  if (spec !== null && isPlottable(spec)) void context.artist.plot(spec).catch(() => undefined);
}

async function draw(context: RunContext, stage: Stage, { task, result }: Attempt): Promise<void> {
  const about = { task, status: result.failure === null ? "ok" : "failed" } as const;
  const labelled = new Set(stage.cells.flatMap((cell) => (cell.options.label === undefined ? [] : [cell.position])));
  const addPictures = async (cell: ExecutedCell) => (labelled.has(cell.position) ? { ...cell, outputs: await Promise.all(cell.outputs.map((output) => addPicture(context, output))) } : cell);
  const document = executedNotebook(stage, await Promise.all(result.cells.map(addPictures)), about);
  await replaceFile(join(context.place.root, viewPath(task)), `${JSON.stringify(document, null, 1)}\n`);
  if (!hasFigures(context.project, stage)) return;
  const notebook = executedNotebook(stage, result.cells, about);
  const plots = await plotAll(context, result.cells);
  const page = await context.artist.page({ notebook, title: `${stage.title} (${task})`, file: stage.file, plots });
  await replaceFile(join(context.place.root, viewPagePath(task)), page);
}

/** Programs that draw no Vega-Lite show the picture. */
async function addPicture({ artist }: RunContext, output: CellOutput): Promise<CellOutput> {
  const spec = specOf(output);
  if (spec === null || !isPlottable(spec) || !("data" in output)) return output;
  const { svg } = await artist.plot(spec);
  if (svg === "") return output;
  const data: MimeBundle = { ...output.data, "image/png": await artist.picture(svg) };
  return { ...output, data };
}

async function plotAll({ artist }: RunContext, cells: readonly ExecutedCell[]): Promise<(readonly [string, Plot])[]> {
  const specs = cells.flatMap((cell) => cell.outputs.flatMap((output) => specOf(output) ?? [])).filter(isPlottable);
  return Promise.all(specs.map(async (spec) => [JSON.stringify(spec), await artist.plot(spec)] as const));
}

function specOf(output: CellOutput): JsonValue | null {
  return output.output_type === "display_data" || output.output_type === "execute_result" ? chartOf(output.data) : null;
}

function isPlottable(spec: JsonValue): boolean {
  return checkChart(spec, { file: "" }).every((problem) => problem.severity !== "error");
}

/** Whether a report embeds something of a stage: its figures then link to the page. */
export function hasFigures({ reports, labels }: Project, stage: Stage): boolean {
  return reports.some((report) => report.references.embeds.some(({ label }) => labels.get(label)?.stage === stage.id));
}

/** A view can be made again, so it need not survive a power failure; but nobody sees half of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = temporaryPathFor(path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, text);
  await rename(temporary, path);
}
