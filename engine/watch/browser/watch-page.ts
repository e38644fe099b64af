/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What runs in the page that watching serves: it puts in place what the server sends. Bundled by scripts/build.js. */
import { followReport } from "./report-frame.js";

const byId = (id: string): HTMLElement | null => document.getElementById(id);

/** Puts a part of the page in the place of the earlier one, and keeps the keyboard where it was. */
function replacePart(id: string, html: string): void {
  const present = byId(id);
  if (present === null) return;
  const active = document.activeElement;
  const focused = active !== null && present.contains(active) ? pathTo(present, active) : null;
  const scrolled = present.scrollTop;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const next = holder.content.firstElementChild;
  if (next === null) return;
  present.replaceWith(next);
  next.scrollTop = scrolled;
  if (focused !== null) follow(next, focused)?.focus({ preventScroll: true });
}

/** The way down to an element, by position. */
function pathTo(root: Element, target: Element): number[] {
  const path: number[] = [];
  for (let at: Element | null = target; at !== null && at !== root; at = at.parentElement) path.unshift([...(at.parentElement?.children ?? [])].indexOf(at));
  return path;
}

function follow(root: Element, path: readonly number[]): HTMLElement | SVGElement | null {
  const found = path.reduce<Element | null>((at, index) => at?.children[index] ?? null, root);
  return found instanceof HTMLElement || found instanceof SVGElement ? found : null;
}

function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms / 100) * 100} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round(ms / 1000) % 60} s`;
}

type Summary = { readonly tone: string; readonly isOld: boolean; readonly title: string; readonly announce: string };

function summarise({ tone, isOld, title, announce }: Summary): void {
  document.title = title;
  Object.assign(document.body.dataset, { tone, old: String(isOld) });
  const told = byId("announce");
  if (told !== null && told.textContent !== announce) told.textContent = announce;
}

function listen(): void {
  const events = new EventSource("/events");
  const showReport = followReport();
  const on = <T>(name: string, act: (data: T) => void): void => events.addEventListener(name, (event: MessageEvent<string>) => act(JSON.parse(event.data) as T));
  on<readonly (readonly [string, string])[]>("parts", (parts) => parts.forEach(([id, html]) => replacePart(id, html)));
  on<Summary>("summary", summarise);
  on<{ readonly id: string; readonly version: number }>("report", ({ id, version }) => showReport(id, version));
  // Another set of reports: the page is made anew, which happens only when somebody adds or removes one.
  on<string>("reports", (reports) => {
    const before = document.body.dataset.reports;
    document.body.dataset.reports = reports;
    if (before !== undefined && before !== reports) location.reload();
  });
  events.addEventListener("error", () => {
    const isOver = events.readyState === EventSource.CLOSED;
    const text = isOver ? "Watching has ended. Start it again and open its new link." : "Connection lost; trying again.";
    replacePart("state", `<div id="state" class="failed"><span class="dot" aria-hidden="true"></span><strong>${text}</strong></div>`);
    summarise({ tone: "failed", isOld: true, title: document.title, announce: text });
  });
}

function showViews(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
    button.addEventListener("click", () => {
      document.body.dataset.view = button.dataset.show;
      for (const each of document.querySelectorAll<HTMLElement>("[data-show]")) each.setAttribute("aria-pressed", String(each === button));
    });
  }
  const toggle = document.querySelector<HTMLElement>("[data-toggle=pipeline]");
  toggle?.addEventListener("click", () => {
    const isOpen = document.body.dataset.pipeline !== "closed";
    document.body.dataset.pipeline = isOpen ? "closed" : "open";
    toggle.setAttribute("aria-pressed", String(!isOpen));
  });
}

setInterval(() => {
  for (const each of document.querySelectorAll<HTMLElement>("[data-since]")) each.textContent = formatDuration(Math.max(0, Date.now() - Number(each.dataset.since)));
}, 500);
showViews();
listen();
