import { formatBytes, formatDuration, formatReason, formatRows } from "../../observe/format.js";
import { escapeHtml } from "../../report/html.js";
import type { TaskView } from "../pipeline-state.js";
import { errorHtml, sinceHtml, stateWords } from "./words.js";

/** Project paths that a page shows of one task, at most. */
const mostPaths = 4;

/** One task in the list: its state, why it ran, what it made, what went wrong, and where to look. */
export function taskCard(view: TaskView, { now, hasNotebook, reportPath }: { readonly now: number; readonly hasNotebook: boolean; readonly reportPath: string | null }): string {
  const { task, state, startedAt, error } = view;
  const [sign, word] = stateWords[state];
  const took = startedAt === null ? "" : ` ${sinceHtml(startedAt, now)}`;
  const title = task.node.title === task.node.id ? "" : `<p class="title">${escapeHtml(task.node.title)}</p>`;
  const links = [
    ...(hasNotebook ? [`<a href="/notebooks/${encodeURIComponent(task.id)}" target="_blank" rel="noopener">Executed notebook<span class="sr-only"> of ${escapeHtml(task.id)}</span></a>`] : []),
    ...(reportPath === null ? [] : [`<a href="${escapeHtml(reportPath)}" target="_blank" rel="noopener">Report alone<span class="sr-only"> (${escapeHtml(task.id)})</span></a>`]),
  ];
  return (
    `<li id="task-${escapeHtml(task.id)}" class="task ${state}" tabindex="-1"><h3><span>${escapeHtml(task.id)}</span> <span class="state"><span aria-hidden="true">${sign} </span>${word}${took}</span></h3>${title}` +
    (error === null ? "" : `<div class="error">${errorHtml(error)}</div>`) +
    `<dl>${rows(view).map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`).join("")}</dl>` +
    `${links.length === 0 ? "" : `<p class="links">${links.join(" · ")}</p>`}</li>`
  );
}

function rows({ task, reasons, durationMs, artifacts, state }: TaskView): (readonly [string, string])[] {
  const counted = artifacts.filter((artifact) => artifact.rows !== null);
  const why = reasons.slice(0, 3).map(formatReason).join("; ") + (reasons.length > 3 ? ` and ${reasons.length - 3} more` : "");
  const total = artifacts.reduce((sum, { bytes }) => sum + bytes, 0);
  const made = artifacts.slice(0, mostPaths).map(({ path }) => path).join(", ") + (artifacts.length > mostPaths ? ` and ${artifacts.length - mostPaths} more` : "");
  return [
    ...(why === "" || state === "fresh" ? [] : [["Why", why] as const]),
    ...(durationMs === null ? [] : [[state === "done" ? "Took" : "Last took", formatDuration(durationMs)] as const]),
    ...(counted.length === 0 ? [] : [["Rows", counted.length === 1 ? formatRows(counted[0]?.rows ?? 0) : counted.slice(0, mostPaths).map((artifact) => `${artifact.path.split("/").at(-1)} ${formatRows(artifact.rows ?? 0)}`).join(", ")] as const]),
    ...(task.dependsOn.length === 0 ? [] : [["Needs", shorten(task.dependsOn)] as const]),
    ...(artifacts.length === 0 ? [] : [["Made", `${made} (${formatBytes(total)})`] as const]),
  ];
}

function shorten(names: readonly string[]): string {
  return names.length <= mostPaths ? names.join(", ") : `${names.slice(0, mostPaths).join(", ")} and ${names.length - mostPaths} more`;
}
