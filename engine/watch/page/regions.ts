import { formatDuration } from "../../observe/format.js";
import { escapeHtml } from "../../report/html.js";
import type { PipelineState } from "../pipeline-state.js";
import { graphSvg } from "./graph.js";
import { taskCard } from "./task-card.js";
import { describeChanges, errorHtml, formatClock, sinceHtml } from "./words.js";

/** The parts of the page that change, by the id of their element. */
export type Regions = ReadonlyMap<string, string>;

/** What the page is told besides: for its title, its marks, and for those who listen to it. */
export type PageSummary = { readonly tone: string; readonly isOld: boolean; readonly title: string; readonly announce: string };

/** Makes every part from the present state. */
export function renderRegions(state: PipelineState, now: number): Regions {
  const tasks = [...state.tasks.values()];
  const cards = tasks.map((view) => {
    const { node, id } = view.task;
    const hasNotebook = node.kind === "stage" && (view.artifacts.length > 0 || view.state === "failed");
    const html = node.kind === "report" && view.artifacts.length > 0 ? node.outputs.html : null;
    return [`task-${id}`, taskCard(view, { now, hasNotebook, reportPath: html === null ? null : filePath(html) })] as const;
  });
  return new Map([
    ["state", stateHtml(state, now)],
    ["notice", noticeHtml(state)],
    ["graph", `<div id="graph" class="graph">${graphSvg(tasks)}</div>`],
    ...cards,
  ]);
}

/** The list of tasks, for a page that has none of them or others. */
export function renderTaskList(regions: Regions): string {
  return `<ol id="tasks" class="tasks">${[...regions].flatMap(([id, html]) => (id.startsWith("task-") ? [html] : [])).join("")}</ol>`;
}

/** Where a file of the project is served. */
export function filePath(path: string): string {
  return `/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function summarise(state: PipelineState): PageSummary {
  const { phase, project } = state;
  const failed = [...state.tasks.values()].filter((view) => view.state === "failed").map(({ task }) => task.id);
  const name = project?.name ?? "Stitchbook";
  switch (phase.kind) {
    case "starting":
    case "waiting":
    case "running":
      return { tone: "running", isOld: false, title: `▶ ${name}`, announce: phase.kind === "waiting" ? phase.message : "Running." };
    case "current":
      return { tone: "done", isOld: false, title: name, announce: "Up to date." };
    case "failed":
      return { tone: "failed", isOld: true, title: `✗ ${name}`, announce: `Failed: ${failed.join(", ")}.` };
    case "broken":
      return { tone: "failed", isOld: true, title: `✗ ${name}`, announce: `${counted(phase.problems.length, "error")}; nothing was run.` };
    case "error":
      return { tone: "failed", isOld: true, title: `✗ ${name}`, announce: phase.message.split("\n", 1)[0] ?? "" };
  }
}

function stateHtml(state: PipelineState, now: number): string {
  const { phase, changes, durationMs, roundAt } = state;
  const tasks = [...state.tasks.values()];
  const took = durationMs === null ? "" : ` in ${formatDuration(durationMs)}`;
  const what = describeChanges(changes);
  const wrap = (tone: string, strong: string, more: string) => `<div id="state" class="${tone}"><span class="dot" aria-hidden="true"></span><strong>${escapeHtml(strong)}</strong>${more === "" ? "" : `<span class="more">${more}</span>`}</div>`;
  switch (phase.kind) {
    case "starting":
      return wrap("running", "Starting", "");
    case "waiting":
      return wrap("running", "Waiting", escapeHtml(phase.message));
    case "running": {
      const running = tasks.filter((view) => view.state === "running").map((view) => view.task.id);
      const over = tasks.filter((view) => ["fresh", "done", "restored", "failed"].includes(view.state)).length;
      const bar = tasks.length === 0 ? "" : `<progress max="${tasks.length}" value="${over}" aria-label="${over} of ${counted(tasks.length, "task")} done"></progress> `;
      const names = running.length === 0 ? "" : `${escapeHtml(running.slice(0, 3).join(", "))}${running.length > 3 ? ` and ${running.length - 3} more` : ""} `;
      return wrap("running", "Running", `${bar}${names}${sinceHtml(roundAt, now)}`);
    }
    case "current":
      return wrap("done", "Up to date", escapeHtml(`${formatClock(state.currentAt ?? now)}${took}${what === "" ? "" : ` · ${what}`}`));
    case "failed":
      return wrap("failed", `${counted(tasks.filter((view) => view.state === "failed").length, "task")} failed`, escapeHtml(`${formatClock(roundAt)}${took}`));
    case "broken":
      return wrap("failed", counted(phase.problems.length, "error"), escapeHtml(`nothing was run · ${formatClock(roundAt)}`));
    case "error":
      return wrap("failed", "Error", escapeHtml(`nothing was run · ${formatClock(roundAt)}`));
  }
}

/** What is wrong, above the report; and since when that is old. */
function noticeHtml(state: PipelineState): string {
  const { phase, currentAt } = state;
  const old = `<p class="old">Not current: below is what was built ${currentAt === null ? "before" : `at ${formatClock(currentAt)}`}.</p>`;
  const wrap = (heading: string, items: readonly string[]) => `<section id="notice" class="failed" aria-label="What is wrong" tabindex="-1"><h2>${escapeHtml(heading)}</h2>${old}<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul></section>`;
  switch (phase.kind) {
    case "failed": {
      const failed = [...state.tasks.values()].filter((view) => view.state === "failed");
      return wrap(`Failed: ${failed.map(({ task }) => task.id).join(", ")}`, failed.flatMap(({ error }) => (error === null ? [] : [errorHtml(error)])));
    }
    case "broken":
      return wrap(`${counted(phase.problems.length, "error")}; nothing was run`, phase.problems.map((problem) => errorHtml(problem)));
    case "error":
      return wrap("Nothing was run", [errorHtml({ place: null, message: phase.message, hint: phase.hint })]);
    default: {
      if (state.warnings.length === 0) return '<section id="notice"></section>';
      const items = state.warnings.map(({ task, message }) => `<li class="place">${escapeHtml(task === null ? message : `${task}: ${message}`)}</li>`);
      return `<section id="notice" class="waiting" aria-label="Warnings"><ul>${items.join("")}</ul></section>`;
    }
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
