import { readFile } from "node:fs/promises";
import type { NotebookJson } from "../report/notebook-page.js";
import { findPackageFile } from "../report/package-file.js";
import type { Artist } from "../report/artist.js";
import { viewPagePath, viewPath } from "../run/view/view.js";
import type { Task } from "../project/types.js";
import type { PipelineState } from "./pipeline-state.js";
import { renderRegions, renderTaskList, summarise } from "./page/regions.js";
import { renderShell, shellPolicy } from "./page/shell.js";
import { watchStyle } from "./page/style.js";
import { formatEvent } from "./server/event-stream.js";
import { emptyPolicy, type Answer } from "./server/preview-server.js";
import { readServedFile } from "./server/served-file.js";

/** Pages that are open are told of changes at most this often, but at once of what somebody waits for. */
const leastMs = 60;

export type LivePageParts = {
  /** Absolute. */
  readonly root: string;
  readonly artist: Artist;
  readonly state: PipelineState;
  readonly now: () => number;
};

/** What the page is made of, and what those that are open have been told. */
export class LivePage {
  /** Report -> how often it was built since watching began. */
  readonly versions = new Map<string, number>();
  #sent: ReadonlyMap<string, string> = new Map();
  #sentSummary = "";
  #tasksSent = "";
  #timer: NodeJS.Timeout | null = null;
  #send: (message: string) => void = () => undefined;

  constructor(private readonly parts: LivePageParts) {}

  /** From now on changes are sent. */
  connect(send: (message: string) => void): void {
    this.#send = send;
  }

  /** A report's file is another one. */
  showReport(id: string): void {
    const version = (this.versions.get(id) ?? 0) + 1;
    this.versions.set(id, version);
    this.#send(formatEvent("report", { id, version }));
  }

  /** Sends what has changed; soon, or at once. */
  update(isUrgent: boolean): void {
    if (isUrgent) return this.#flush();
    this.#timer ??= setTimeout(() => this.#flush(), leastMs);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** All that a page which has just been opened, or has come back, must be told. */
  present(): readonly string[] {
    const { regions, summary } = this.#render(null);
    return [
      formatEvent("reports", this.#listReports()),
      formatEvent("parts", [...regions]),
      formatEvent("summary", JSON.parse(summary)),
      ...[...this.versions].map(([id, version]) => formatEvent("report", { id, version })),
    ];
  }

  /** What is served at a path: the page, its script and style, reports, and executed notebooks. Nothing else. */
  async answer(path: string): Promise<Answer | null> {
    const { state, now, root } = this.parts;
    const page = path === "/" ? { wanted: null } : /^\/r\/[a-z0-9-]+$/.test(path) ? { wanted: path.slice(3) } : null;
    if (page !== null) return { type: "html", policy: shellPolicy, body: renderShell(state, { ...page, now: now(), versions: this.versions }) };
    if (path === "/watch.css") return { type: "style", policy: emptyPolicy, body: watchStyle() };
    if (path === "/watch.js") return { type: "script", policy: emptyPolicy, body: await loadScript() };
    const task = this.#findNotebook(path);
    if (task !== null) return this.#answerNotebook(task);
    const report = [...state.tasks.values()].find(({ task: { node } }) => node.kind === "report" && node.outputs.html !== null && path === `/files/${node.outputs.html}`)?.task.node;
    if (report?.kind !== "report" || report.outputs.html === null) return null;
    const body = await readServedFile(root, report.outputs.html);
    return body === null ? null : { type: "html", policy: policyOf(body.toString("utf8")), body };
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { regions, summary } = this.#render(this.#tasksSent);
    const changed = [...regions].filter(([id, html]) => this.#sent.get(id) !== html);
    this.#sent = regions;
    this.#tasksSent = [...this.parts.state.tasks.keys()].join(" ");
    if (changed.length > 0) this.#send(formatEvent("parts", changed));
    if (summary !== this.#sentSummary) this.#send(formatEvent("summary", JSON.parse(summary)));
    this.#sentSummary = summary;
  }

  /** @param shown The tasks that pages list; where these are others, the whole list is sent. */
  #render(shown: string | null): { readonly regions: ReadonlyMap<string, string>; readonly summary: string } {
    const { state, now } = this.parts;
    const all = renderRegions(state, now());
    const regions = listTasks(all) === shown ? all : new Map([...[...all].filter(([id]) => !id.startsWith("task-")), ["tasks", renderTaskList(all)] as const]);
    return { regions, summary: JSON.stringify(summarise(state)) };
  }

  #listReports(): string {
    return [...this.parts.state.tasks.values()].flatMap(({ task: { node } }) => (node.kind === "report" ? [`${node.id} ${node.outputs.html ?? ""}`] : [])).join("\n");
  }

  /** Executed notebooks have an address of their own, and the one to which reports link. */
  #findNotebook(path: string): Task | null {
    const views = [...this.parts.state.tasks.values()];
    return views.find(({ task: { id, node } }) => node.kind === "stage" && (path === `/notebooks/${id}` || path === `/files/${viewPagePath(id)}`))?.task ?? null;
  }

  async #answerNotebook({ id, node }: Task): Promise<Answer | null> {
    const { root, artist } = this.parts;
    const bytes = await readServedFile(root, viewPath(id));
    if (bytes === null) return null;
    const notebook = JSON.parse(bytes.toString("utf8")) as NotebookJson;
    const { renderNotebookPage } = await import("../report/notebook-page.js");
    const body = await renderNotebookPage({ notebook, title: `${node.title} (${id})`, file: node.file, plot: artist.plot });
    return { type: "html", policy: policyOf(body), body };
  }
}

/**
 * The policy that a page carries in itself, as a header: it allows the page's own scripts by their hashes. A page without
 * one (a frame of the project's own may lack it) gets one under which no script runs.
 */
export function policyOf(page: string): string {
  const head = page.slice(0, page.search(/<body\b/i) >>> 0);
  const own = /<meta http-equiv="Content-Security-Policy" content="([^"<>]*)">/.exec(head)?.[1] ?? "";
  const isStrict = own.startsWith("default-src 'none';") && !/unsafe-(inline|eval|hashes)|https?:|\*/.test(own);
  return `${isStrict ? own : "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"}; frame-ancestors 'self'`;
}

function listTasks(regions: ReadonlyMap<string, string>): string {
  return [...regions.keys()].flatMap((id) => (id.startsWith("task-") ? [id.slice(5)] : [])).join(" ");
}

let script: Promise<string> | null = null;

function loadScript(): Promise<string> {
  const file = findPackageFile("browser/watch-page.js", "dist/browser/watch-page.js");
  if (file === null) throw new Error("Internal error: the script of the live page is missing; build the package");
  script ??= readFile(file, "utf8");
  return script;
}
