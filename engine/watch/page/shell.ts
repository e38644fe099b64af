import { escapeHtml } from "../../report/html.js";
import type { Report } from "../../project/types.js";
import type { PipelineState } from "../pipeline-state.js";
import { filePath, renderRegions, renderTaskList, summarise } from "./regions.js";

/** Style and script come from here, the report in a frame of its own; nothing else, and no eval. */
export const shellPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page that holds the report and the pipeline. @param wanted Id of the report to show; null: the first. */
export function renderShell(state: PipelineState, { wanted, now, versions }: { readonly wanted: string | null; readonly now: number; readonly versions: ReadonlyMap<string, number> }): string {
  const regions = renderRegions(state, now);
  const { tone, isOld, title } = summarise(state);
  const reports = [...state.tasks.values()].flatMap(({ task }) => (task.node.kind === "report" ? [task.node] : []));
  const shown = reports.find(({ id }) => id === wanted) ?? reports.find(({ outputs }) => outputs.html !== null) ?? reports[0];
  const name = escapeHtml(state.project?.name ?? "Stitchbook");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/watch.css">
<script src="/watch.js" defer></script>
</head>
<body data-view="report" data-tone="${tone}" data-old="${isOld}">
<a class="skip" href="#report">Skip to the report</a>
<header>
<h1>${name}</h1>
${regions.get("state") ?? ""}
<nav aria-label="Views">${reportLinks(reports, shown)}<span class="phone" role="group" aria-label="Shown"><button type="button" data-show="report" aria-pressed="true">Report</button><button type="button" data-show="pipeline" aria-pressed="false">Pipeline</button></span><button type="button" class="wide" data-toggle="pipeline" aria-pressed="true">Pipeline</button></nav>
<p id="announce" class="sr-only" role="status"></p>
</header>
<main>
<section id="pipeline" aria-label="Pipeline" tabindex="0">
<h2 class="sr-only">Pipeline</h2>
${regions.get("graph") ?? ""}
${renderTaskList(regions)}
</section>
<section id="shown" aria-label="Report">
${regions.get("notice") ?? ""}
<div id="report" tabindex="-1"${reportAttributes(shown, versions)}><p>${escapeHtml(missingReport(shown))}</p></div>
<noscript><p>The live page needs JavaScript. The report alone does not: see the links under Pipeline.</p></noscript>
</section>
</main>
</body>
</html>
`;
}

function reportLinks(reports: readonly Report[], shown: Report | undefined): string {
  if (reports.length < 2) return "";
  return reports.map((report) => `<a class="button" href="/r/${report.id}"${report === shown ? ' aria-current="page"' : ""}>${escapeHtml(report.title)}</a>`).join("");
}

function reportAttributes(report: Report | undefined, versions: ReadonlyMap<string, number>): string {
  if (report === undefined || report.outputs.html === null) return "";
  return ` data-id="${report.id}" data-title="${escapeHtml(report.title)}" data-src="${escapeHtml(filePath(report.outputs.html))}" data-version="${versions.get(report.id) ?? 0}"`;
}

function missingReport(report: Report | undefined): string {
  if (report === undefined) return "This project has no report yet.";
  return report.outputs.html === null ? `The report ${report.id} has no page: name one with \`html\` in its outputs.` : "The report has not been built yet.";
}
