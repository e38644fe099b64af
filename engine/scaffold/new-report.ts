import { posix } from "node:path";
import type { Project, Stage } from "../project/types.js";
import { nameTitle } from "./stage-parts.js";
import type { NewFiles } from "./write-new-files.js";

/** Draws up a report that can be rendered at once: of a stage it embeds every labelled cell. */
export function draftReport(project: Project, { id, after }: { readonly id: string; readonly after: Stage | null }): { readonly template: string; readonly files: NewFiles } {
  const template = posix.join(posix.dirname(project.reports[0]?.file ?? "templates/x"), `${id}.md`);
  const labels = [...project.labels].filter(([, { stage }]) => stage === after?.id).map(([label]) => label);
  const datasets = after?.foreach === true ? project.datasets.map(({ name }) => `, dataset: ${JSON.stringify(name)}`) : [""];
  const text = [
    "---",
    `report: ${/^\d+$/.test(id) ? JSON.stringify(id) : id}`,
    `title: ${JSON.stringify(nameTitle(id))}`,
    `outputs: { markdown: reports/${id}.md, html: reports/${id}.html, images: reports/images-${id} }`,
    "---",
    "Write what was found, and quote the numbers: a file under `inputs`, then its name in double braces.",
    ...labels.flatMap((label) => datasets.map((dataset) => `\n{% embed ${JSON.stringify(label)}${dataset} %}`)),
    "",
  ].join("\n");
  return { template, files: { [template]: text } };
}
