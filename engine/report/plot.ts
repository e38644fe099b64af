import type { Spec, View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import type { JsonValue, Problem } from "../project/types.js";
import { isSafeLink, refusedAddress, refusedLink } from "./chart-check.js";
import { chartConfig, plotWidth } from "./chart-theme.js";
import { showTimesInUtc } from "./chart-utc.js";
import { estimateTextWidth } from "./text-width.js";

/** A problem of a chart, wherever that stands. */
export type PlotProblem = Omit<Problem, "place">;

export type Plot = {
  /** As Vega draws it; empty where there is an error. */
  readonly svg: string;
  /** Compiled Vega; null where there is an error. */
  readonly vega: JsonValue | null;
  readonly problems: readonly PlotProblem[];
};

/** Plots a Vega-Lite spec that passed `checkChart`. */
export type PlotChart = (spec: JsonValue) => Promise<Plot>;

/**
 * Plots a chart. The same spec gives the same bytes in every process, time zone and machine; nothing is loaded, and links
 * to scripts are refused.
 * @param spec Vega-Lite, version 3 or later, with its data inside
 */
export const plotChart: PlotChart = (spec) => {
  // Vega counts ids for the whole process: one drawing at a time.
  const drawing = queue.then(() => plot(spec));
  queue = drawing.catch(() => undefined);
  return drawing;
};

let queue: Promise<unknown> = Promise.resolve();

async function plot(spec: JsonValue): Promise<Plot> {
  const [vega, { expressionInterpreter }] = await Promise.all([loadVega(), import("vega-interpreter")]);
  const problems: PlotProblem[] = [];
  const warn = (message: string) => void problems.push({ severity: "warning", code: "chart-warning", message: `the chart: ${message}` });
  const fail = (found: readonly PlotProblem[]) => ({ svg: "", vega: null, problems: found });
  let view: View | null = null;
  try {
    const asked: string[] = [];
    const compiled = await fitWidth(vega, spec, await compileChart(spec, warn));
    vega.setRandom(vega.randomLCG(1));
    vega.resetSVGDefIds();
    view = new vega.View(vega.parse(compiled, {}, { ast: true }), {
      renderer: "none", expr: expressionInterpreter, loader: refuseAll(asked), logger: collectWarnings(warn),
    });
    await view.runAsync();
    const links = unsafeLinks(view.scenegraph());
    const refused = [...asked.map(refusedAddress), ...links.map(refusedLink)];
    if (refused.length > 0) return fail(refused);
    const svg = await view.toSVG();
    if (asked.length > 0) return fail(asked.map(refusedAddress));
    return { svg, vega: toJson(compiled), problems };
  } catch (error) {
    return fail([{ severity: "error", code: "chart-invalid", message: `the chart can't be drawn: ${error instanceof Error ? error.message : String(error)}` }]);
  } finally {
    view?.finalize();
  }
}

/** Vega-Lite to Vega, with the default look, all times in UTC. */
async function compileChart(spec: JsonValue, warn: (message: string) => void): Promise<Spec> {
  const { compile } = await import("vega-lite");
  const sized = isObject(spec) && spec.width === "container" ? { ...spec, width: plotWidth } : spec;
  // The spec comes from a cell: Vega-Lite itself says what is wrong with it.
  const compiled = compile(sized as unknown as TopLevelSpec, { config: chartConfig, logger: collectWarnings(warn) });
  return showTimesInUtc(toJson(compiled.spec)) as unknown as Spec;
}

/** Narrower than this, a plot looks lost in its column. */
const narrowestPlot = 280;

/**
 * A plot whose width follows from the number of its categories gets a width in numbers, between narrow and the whole
 * column: it isn't cut off, and the page can make it fit.
 */
async function fitWidth(vega: Vega, spec: JsonValue, compiled: Spec): Promise<Spec> {
  const follows = compiled.width === undefined && (compiled.signals ?? []).some(({ name }) => name === "width");
  if (!follows || !isObject(spec) || spec.width !== undefined) return compiled;
  const { expressionInterpreter } = await import("vega-interpreter");
  const view = new vega.View(vega.parse(compiled, {}, { ast: true }), { renderer: "none", expr: expressionInterpreter, loader: refuseAll([]), logger: collectWarnings(() => undefined) });
  try {
    await view.runAsync();
    const width = Math.round(Math.min(plotWidth, Math.max(narrowestPlot, view.width())));
    return await compileChart({ ...spec, width }, () => undefined);
  } finally {
    view.finalize();
  }
}

type Vega = Awaited<ReturnType<typeof loadVega>>;

/** Vega with texts measured the same way everywhere, whether or not a canvas is installed. */
async function loadVega() {
  const vega = await import("vega");
  vega.textMetrics.canvas(false);
  vega.textMetrics.width = (item, text) => estimateTextWidth(String(text ?? "").trim(), Number(item.fontSize ?? 11));
  return vega;
}

/** A loader that loads nothing and notes what it was asked for. Links are let through: they were checked before. */
function refuseAll(asked: string[]) {
  const refuse = async (address: string): Promise<never> => {
    asked.push(address);
    throw new Error(`refused to load ${address}`);
  };
  return {
    load: refuse, http: refuse, file: refuse,
    sanitize: async (address: string, options: object) => {
      const isImage = "context" in options && options.context !== "href";
      return isImage && !/^data:image\/(png|jpeg|gif|webp);/i.test(address) ? refuse(address) : { href: address };
    },
  };
}

/** Links and images of the drawn items that may not stand in a report. Vega would throw at them where nothing can catch it. */
function unsafeLinks(scene: object): string[] {
  const links: string[] = [];
  const visit = (node: object): void => {
    const href: unknown = Reflect.get(node, "href");
    if (typeof href === "string" && !isSafeLink(href)) links.push(href);
    const items: unknown = Reflect.get(node, "items");
    if (Array.isArray(items)) items.forEach(visit);
  };
  const root: unknown = Reflect.get(scene, "root");
  if (typeof root !== "object" || root === null) throw new Error("Internal error: a drawn chart has no scene");
  visit(root);
  return links;
}

function collectWarnings(warn: (message: string) => void) {
  const logger = {
    level: () => logger,
    error: (...parts: readonly unknown[]) => { throw new Error(parts.map(String).join(" ")); },
    warn: (...parts: readonly unknown[]) => {
      const message = parts.map(String).join(" ");
      // Without a window there is nothing to follow a pointer in: no fault of the chart.
      if (!message.startsWith("Can not resolve event source")) warn(message);
      return logger;
    },
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
