import { manyRows, tooManyRows } from "../project/chart-rows.js";
import type { JsonValue, Place, Problem } from "../project/types.js";

const safeLink = /^(?:https?:|mailto:|#|\/|\.{0,2}\/|[^:]*$)/i;

/** True for a link that may stand in a report: a script link may not. */
export function isSafeLink(href: string): boolean {
  // Browsers drop control characters and blanks before they read the scheme.
   
  return safeLink.test(href.replace(/[\u0000-\u0020\u007f]/g, ""));
}

/**
 * What can be said against a Vega-Lite spec before it is drawn: addresses to load, script links, too much data.
 * @param spec Vega-Lite
 * @param place of the cell that shows the chart
 */
export function checkChart(spec: JsonValue, place: Place): Problem[] {
  const known = typeof spec === "object" && spec !== null ? checked.get(spec) : undefined;
  const found = known ?? findFaults(spec);
  if (typeof spec === "object" && spec !== null) checked.set(spec, found);
  return found.map((fault) => ({ ...fault, place }));
}

type Fault = Omit<Problem, "place">;

/** A chart is checked when it is foreseen, plotted and embedded; its rows are many. */
const checked = new WeakMap<object, readonly Fault[]>();

function findFaults(spec: JsonValue): Fault[] {
  const problems: Fault[] = [];
  walk(spec, [], (path, key, value) => {
    if (typeof value !== "string") return;
    const inValues = path.includes("values") || path.includes("datasets");
    if (key === "url" && !inValues && path.at(-1) === "data") problems.push(refusedAddress(value));
    if (/^\s*(?:javascript|vbscript)\s*:/i.test(withoutControls(value)) && !isProse(key)) problems.push(refusedLink(value));
  });
  const rows = countRows(spec);
  if (rows > tooManyRows) {
    problems.push({ severity: "error", code: "chart-rows", message: `the chart holds ${rows} rows; more than ${tooManyRows} are not drawn`, hint: "aggregate or sample the table before showing it" });
  } else if (rows > manyRows) {
    problems.push({ severity: "warning", code: "chart-rows", message: `the chart holds ${rows} rows; over ${manyRows} make the page slow`, hint: "aggregate or sample the table before showing it" });
  }
  return problems;
}

export function refusedAddress(address: string): Fault {
  return {
    severity: "error", code: "chart-address", message: `the chart asks for ${address}; charts may load nothing`,
    hint: "declare the file as an input, read it in the cell and put the rows into `data: { values }`",
  };
}

export function refusedLink(link: string): Fault {
  return { severity: "error", code: "chart-link", message: `the chart holds the link ${link.slice(0, 80)}, which would run a script`, hint: "links begin with https:" };
}

function withoutControls(text: string): string {
   
  return text.replace(/[\u0000-\u0020\u007f]/g, "");
}

function isProse(key: string): boolean {
  return ["title", "description", "subtitle", "name"].includes(key);
}

/** Rows of all embedded tables; the ticks of an axis count too, which doesn't matter at this size. */
function countRows(spec: JsonValue): number {
  let rows = 0;
  walk(spec, [], (path, key, value) => {
    const isTable = key === "values" || path.at(-1) === "datasets";
    if (isTable && Array.isArray(value) && !path.includes("values")) rows += value.length;
  });
  return rows;
}

function walk(node: JsonValue, path: readonly string[], visit: (path: readonly string[], key: string, value: JsonValue) => void): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) node.forEach((each: JsonValue) => walk(each, path, visit));
  else for (const [key, value] of Object.entries(node)) {
    visit(path, key, value);
    walk(value, [...path, key], visit);
  }
}
