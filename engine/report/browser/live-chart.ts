import type { Spec } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { parse } from "vega-parser";
import { View } from "vega-view";
import { addDownloads } from "./downloads.js";
import { followPointer } from "./tooltip.js";

/** What each chart has begun that must end when it leaves the page. */
type Lives = Map<HTMLElement, AbortController>;

/**
 * Turns every drawn chart of the page into a live one when it comes near the reader's eye. A chart that fails stays as
 * drawn. Whoever puts other charts into the page tells it by the event `stitchbook:charts`.
 */
export function startCharts(): void {
  const lives: Lives = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      observer.unobserve(target);
      void bringToLife(target, lives.get(target)?.signal).catch((error: unknown) => console.warn("A chart stays as drawn:", error));
    }
  }, { rootMargin: "600px" });
  const follow = (): void => {
    for (const [host, life] of lives) {
      if (host.isConnected) continue;
      life.abort();
      observer.unobserve(host);
      lives.delete(host);
    }
    for (const host of document.querySelectorAll<HTMLElement>(".plot[data-chart]")) {
      if (lives.has(host)) continue;
      lives.set(host, new AbortController());
      addDownloads(host, readSpec(host));
      observer.observe(host);
    }
  };
  follow();
  document.addEventListener("stitchbook:charts", follow);
  document.documentElement.dataset.charts = "live";
}

function readSpec(host: HTMLElement): Spec {
  const text = document.getElementById(`spec-${host.dataset.chart ?? ""}`)?.textContent;
  if (text === null || text === undefined) throw new Error(`no data for the chart ${host.dataset.chart ?? ""}`);
  return JSON.parse(text) as Spec;
}

async function bringToLife(host: HTMLElement, signal: AbortSignal | undefined): Promise<void> {
  const spec = readSpec(host);
  const stage = document.createElement("div");
  // The host is an image with a text alternative; what vega says of every mark would be noise.
  stage.setAttribute("aria-hidden", "true");
  const view = new View(parse(spec, {}, { ast: true }), {
    renderer: "svg", container: stage, hover: true, expr: expressionInterpreter, loader: refuseAll(), tooltip: () => undefined,
  });
  await view.runAsync();
  await fit(view, { spec, stage, room: host.clientWidth });
  // It left the page meanwhile.
  if (signal?.aborted === true) return void view.finalize();
  host.replaceChildren(stage);
  const stopFollowing = followPointer(view, host);
  let width = host.clientWidth;
  const resizes = new ResizeObserver(() => {
    if (host.clientWidth === width) return;
    width = host.clientWidth;
    requestAnimationFrame(() => void fit(view, { spec, stage, room: width }));
  });
  resizes.observe(host);
  signal?.addEventListener("abort", () => {
    resizes.disconnect();
    stopFollowing();
    view.finalize();
  });
  host.dataset.live = "true";
}

/** Gives the plots the width they ask for, or what the column has room for. Where even that is too much, the chart scrolls. */
async function fit(view: View, { spec, stage, room }: { spec: Spec; stage: HTMLElement; room: number }): Promise<void> {
  const widths = plotWidths(spec);
  if (widths.length === 0 || room <= 0) return;
  const drawAt = async (factor: number): Promise<number> => {
    for (const { name, value } of widths) view.signal(name, Math.max(90, Math.floor(value * factor)));
    await view.resize().runAsync();
    return Number(stage.querySelector("svg")?.getAttribute("width") ?? 0);
  };
  const whole = await drawAt(1);
  if (whole <= room) return;
  // What stands beside the plots keeps its width: two drawings tell how much that is.
  const half = await drawAt(0.5);
  const perFactor = (whole - half) / 0.5;
  if (perFactor > 0) await drawAt((room - (whole - perFactor)) / perFactor);
}

/** The signals that set how wide plots are. */
function plotWidths(spec: Spec): { name: string; value: number }[] {
  if (typeof spec.width === "number") return [{ name: "width", value: spec.width }];
  return (spec.signals ?? []).flatMap((signal) => {
    const value: unknown = Reflect.get(signal, "value");
    return /(^|_)width$/i.test(signal.name) && typeof value === "number" ? [{ name: signal.name, value }] : [];
  });
}

function refuseAll() {
  const refuse = (address: string): Promise<never> => Promise.reject(new Error(`refused to load ${address}`));
  return { load: refuse, http: refuse, file: refuse, sanitize: (href: string) => Promise.resolve({ href }) };
}
