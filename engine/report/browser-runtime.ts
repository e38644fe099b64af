import { readFile } from "node:fs/promises";
import type { JsonValue } from "../project/types.js";
import { findPackageFile } from "./package-file.js";

/** `common` leaves out the transforms that few charts need, and a fifth of the size. */
export type RuntimeSize = "common" | "all";

const entries: Readonly<Record<RuntimeSize, string>> = { common: "charts", all: "charts-all" };
const bundles = new Map<RuntimeSize, Promise<string>>();

/**
 * The script that makes a page's charts live: vega with the interpreter for expressions, minified, as one text.
 * Taken from the built package where it is there, else bundled, once a process.
 */
export function browserRuntime(size: RuntimeSize): Promise<string> {
  const known = bundles.get(size) ?? loadRuntime(size);
  bundles.set(size, known);
  return known;
}

async function loadRuntime(size: RuntimeSize): Promise<string> {
  const built = findPackageFile(`browser/${entries[size]}.js`);
  return built === null ? bundleBrowserRuntime(size) : readFile(built, "utf8");
}

/** Bundles the script from its sources. The build writes it to `dist/browser/charts.js` and `dist/browser/charts-all.js`. */
export async function bundleBrowserRuntime(size: RuntimeSize): Promise<string> {
  const entry = findPackageFile(`browser/${entries[size]}.ts`, `engine/report/browser/${entries[size]}.ts`);
  if (entry === null) throw new Error(`Internal error: the sources of the browser runtime (${entries[size]}) are not there`);
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry], bundle: true, minify: true, write: false, format: "iife", platform: "browser", target: "es2022",
    legalComments: "none", charset: "utf8", logLevel: "silent", treeShaking: true,
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("Internal error: esbuild gave no output");
  // A closing tag in a string would end the script element.
  return output.text.trim().replace(/<\/(script)/gi, "<\\/$1");
}

const rareTransforms = new Set([
  "contour", "geojson", "geopath", "geopoint", "geoshape", "graticule", "heatmap", "isocontour", "kde2d", "projection", "force",
  "nest", "pack", "partition", "stratify", "tree", "treelinks", "treemap", "label", "voronoi", "wordcloud", "crossfilter", "resolvefilter",
]);

/** Whether compiled Vega specs need more than the common transforms. */
export function runtimeSizeFor(specs: readonly JsonValue[]): RuntimeSize {
  return specs.some(needsAll) ? "all" : "common";
}

function needsAll(node: JsonValue): boolean {
  if (typeof node === "string" || typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((each: JsonValue) => needsAll(each));
  return Object.entries(node).some(([key, value]) => {
    if (key === "values") return false;
    if (key === "projections" && Array.isArray(value) && value.length > 0) return true;
    return (key === "type" && typeof value === "string" && rareTransforms.has(value)) || needsAll(value);
  });
}
