import { dirname, sep } from "node:path";
import type { Place } from "../../project/types.js";
import { formatPlace } from "../../project/problems.js";
import type { SourcePlaces } from "./source-places.js";

/** One call of a stack. `hidden` ones are the engine's and Node's inner works. */
export type Frame = {
  readonly kind: "author" | "package" | "node" | "hidden";
  readonly functionName: string | null;
  readonly place: Place | null;
  /** The line as it is shown, indented. */
  readonly text: string;
};

const remembered = new WeakMap<object, readonly Frame[]>();

/** Deep library calls would otherwise hide the author's own line. */
const stackTraceLimit = 50;

/**
 * Makes every stack in this process tell the author's own places, also where his code prints `error.stack`.
 *
 * @param places Knows the compiled code.
 * @returns A function that restores what was before.
 */
export function installStackTraces(places: SourcePlaces): () => void {
  const { prepareStackTrace: previous, stackTraceLimit: previousLimit } = Error;
  const classify = createClassifier(places, previous);
  Error.stackTraceLimit = Math.max(previousLimit, stackTraceLimit);
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map(classify);
    remembered.set(error, frames);
    if (!frames.some((frame) => frame.kind === "author")) {
      return previous === undefined ? [headerOf(error), ...sites.map((site) => `    at ${String(site)}`)].join("\n") : previous(error, sites);
    }
    return [headerOf(error), ...visibleFrames(frames).map((frame) => frame.text)].join("\n");
  };
  return () => {
    Error.prepareStackTrace = previous;
    Error.stackTraceLimit = previousLimit;
  };
}

/** All frames of an error's stack, or null where it was not made under {@link installStackTraces}. */
export function framesOf(error: Error): readonly Frame[] | null {
  // The stack is put into words at its first reading.
  void error.stack;
  return remembered.get(error) ?? null;
}

/** The frames worth showing: from the top to the author's outermost call, without inner works. */
export function visibleFrames(frames: readonly Frame[]): readonly Frame[] {
  const last = frames.map((frame) => frame.kind).lastIndexOf("author");
  const shown = last === -1 ? frames : frames.slice(0, last + 1);
  return shown.filter((frame) => frame.kind !== "hidden");
}

function headerOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function createClassifier(places: SourcePlaces, previous: typeof Error.prepareStackTrace): (site: NodeJS.CallSite) => Frame {
  const isEngineFile = createEngineTest(previous);
  return (site) => {
    const file = plainPath(site.getFileName() ?? "");
    const functionName = nameOf(site);
    const place = places.find(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
    if (place !== null) return frame("author", { site, functionName, where: formatPlace(place), place });
    if (file === "" || file === "node:vm" || file.startsWith("node:internal/") || isEngineFile(file)) {
      return { kind: "hidden", functionName, place: null, text: "" };
    }
    if (file.startsWith("node:")) return frame("node", { site, functionName, where: file, place });
    return frame("package", { site, functionName, where: `${shortPath(file)}:${site.getLineNumber() ?? 1}`, place });
  };
}

type FrameParts = { readonly site: NodeJS.CallSite; readonly functionName: string | null; readonly where: string; readonly place: Place | null };

function frame(kind: Frame["kind"], { site, functionName, where, place }: FrameParts): Frame {
  const prefix = `${site.isAsync() ? "async " : ""}${site.isConstructor() ? "new " : ""}`;
  return { kind, functionName, place, text: `    at ${prefix}${functionName === null ? where : `${functionName} (${where})`}` };
}

function nameOf(site: NodeJS.CallSite): string | null {
  const name = site.getFunctionName()?.replace(/^(?:module\.)?exports\./, "") ?? null;
  if (name === null || name === "" || site.isToplevel() || site.isConstructor()) return name === "" ? null : name;
  const type = site.getTypeName();
  const isPlain = type === null || ["Object", "Module", "global", "Function"].includes(type);
  return isPlain || name.includes(".") ? name : `${type}.${name}`;
}

/** Bundled, the engine is what lies beside the bundle; from source, it is `engine/notebook`. */
function createEngineTest(previous: typeof Error.prepareStackTrace): (file: string) => boolean {
  Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName();
  const found: unknown = new Error("where am I").stack;
  Error.prepareStackTrace = previous;
  const own = plainPath(typeof found === "string" ? found : "");
  const source = own.lastIndexOf("/engine/notebook/");
  const folder = source === -1 ? dirname(own) + sep : own.slice(0, source + "/engine/notebook/".length);
  return (file) => file.startsWith(folder) && !file.slice(folder.length).includes("/node_modules/");
}

function plainPath(file: string): string {
  return file.startsWith("file://") ? decodeURIComponent(file.slice("file://".length)) : file;
}

function shortPath(file: string): string {
  const marker = "/node_modules/";
  const at = file.lastIndexOf(marker);
  return at === -1 ? file : file.slice(at + marker.length);
}
