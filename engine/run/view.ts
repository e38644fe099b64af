import { dirname, join } from "node:path";
import { mkdir } from "node:fs/promises";
import type { CellOutput, ExecutedCell, ExecutionResult } from "../notebook/types.js";
import type { Stage } from "../project/types.js";
import { writeDurably } from "./durable-file.js";
import { executedNotebook } from "./executed-notebook.js";
import type { RunContext } from "./run-context.js";

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

/**
 * Writes what an attempt left for people to look at: the notebook with its outputs, at once; its charts as pictures,
 * and the page, once nothing waits for it any more.
 */
export async function writeView(context: RunContext, stage: Stage, attempt: { readonly task: string; readonly result: ExecutionResult }): Promise<void> {
  const { task, result } = attempt;
  const status = result.failure === null ? "ok" : "failed";
  const write = async (cells: readonly ExecutedCell[]) => {
    const document = executedNotebook(stage, cells, { task, status });
    await writeText(context, viewPath(task), `${JSON.stringify(document, null, 1)}\n`);
    return document;
  };
  const document = await write(result.cells);
  context.afterwards.push(async () => {
    const labelled = new Set(stage.cells.flatMap((cell) => (cell.options.label === undefined ? [] : [cell.position])));
    const cells = await Promise.all(result.cells.map(async (cell) => (labelled.has(cell.position) ? { ...cell, outputs: await Promise.all(cell.outputs.map(addPicture)) } : cell)));
    if (cells.some((cell, index) => cell.outputs.some((output, at) => output !== result.cells[index]?.outputs[at]))) await write(cells);
    const { renderNotebookPage } = await import("../report/notebook-page.js");
    await writeText(context, viewPagePath(task), await renderNotebookPage({ notebook: document, title: `${stage.title} (${task})`, file: stage.file }));
  });
}

async function writeText(context: RunContext, path: string, text: string): Promise<void> {
  const absolute = join(context.project.root, path);
  await mkdir(dirname(absolute), { recursive: true });
  await writeDurably(absolute, text);
}

const vegaLiteType = "application/vnd.vegalite.v5+json";

/** Programs that draw no Vega-Lite show the picture. */
async function addPicture(output: CellOutput): Promise<CellOutput> {
  if (output.output_type !== "display_data" && output.output_type !== "execute_result") return output;
  const spec = output.data[vegaLiteType];
  if (spec === undefined) return output;
  const [{ drawChart }, { svgToPng }] = await Promise.all([import("../report/chart.js"), import("../report/png.js")]);
  const { svg } = await drawChart(spec, { id: "view", place: { file: "" } });
  if (svg === "") return output;
  const png = await svgToPng(svg, { width: 1280 });
  return { ...output, data: { ...output.data, "image/png": Buffer.from(png).toString("base64") } };
}
