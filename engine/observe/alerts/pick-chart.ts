import type { Project } from "../../project/types.js";
import type { News } from "./types.js";

/** A labelled chart of a task. */
export type ChartChoice = { readonly label: string; readonly task: string };

/**
 * The chart that shows what happened: the first one that a report embeds from a stage which reads or makes the file that a
 * rule watches, or else the first that a report embeds.
 *
 * @returns the candidates, the best first; none where no rule speaks
 */
export function pickCharts(project: Project, news: readonly News[]): readonly ChartChoice[] {
  const watched = news.flatMap((each) => (each.kind === "rule" ? [each.finding.watched] : []));
  if (watched.length === 0) return [];
  const paths = new Set(watched.map(({ path }) => path));
  const embedded = project.reports.flatMap((report) => report.references.embeds).flatMap(({ label, dataset }) => {
    const stage = project.labels.get(label)?.stage;
    const tasks = project.tasks.filter((task) => task.node.id === stage && (dataset === null || task.dataset?.name === dataset));
    return tasks.map((task) => ({ label, task }));
  });
  const isNear = ({ task }: (typeof embedded)[number]) => [...task.inputs, ...task.outputs].some(({ path }) => paths.has(path));
  return [...embedded.filter(isNear), ...embedded.filter((each) => !isNear(each))].map(({ label, task }) => ({ label, task: task.id }));
}
