import { inspect, types } from "node:util";
import type { CellOutput } from "../types.js";
import type { Place } from "../../project/types.js";
import { type FileAccess, fileAccesses } from "./file-access.js";
import { framesOf, visibleFrames } from "./stack-frames.js";

/** Something that was thrown, in words and data; all of it is JSON. */
export type DescribedError = {
  readonly ename: string;
  readonly evalue: string;
  /** Name and message, the frames, then the causes; one line each. */
  readonly traceback: readonly string[];
  /** The innermost place in the author's own source. */
  readonly place: Place | null;
  /** The innermost cell on the stack. */
  readonly cell: number | null;
  /** Accesses to files that failed: of the error, its causes, and the errors it gathers. */
  readonly accesses: readonly FileAccess[];
  /** False where the error says that trying again is pointless. */
  readonly retryable?: boolean;
  /** How long the error asks to wait before another attempt. */
  readonly retryAfterMs?: number;
};

/** How deep causes of causes are followed. */
const maxDepth = 8;
/** How many of the errors that an AggregateError gathers are shown. */
const maxGathered = 10;
/** Frames shown of an error that never passed the author's code. */
const maxForeignFrames = 5;

/** Describes anything that can be thrown. */
export function describeError(thrown: unknown): DescribedError {
  const seen = new Set<unknown>();
  const traceback = explain(thrown, seen, 0);
  const errors = [...seen].filter(isError);
  const places = errors.flatMap((error) => authorPlaces(error));
  return {
    ename: nameOf(thrown),
    evalue: messageOf(thrown),
    traceback,
    place: places[0] ?? null,
    cell: places.find((place) => place.cell !== undefined)?.cell ?? null,
    accesses: errors.flatMap((error) => fileAccesses(error, framesOf(error) ?? [])),
    ...retryAdvice(thrown),
  };
}

/** What a thrown error says of another attempt, by the properties `retryable: false` and `retryAfterMs`. */
function retryAdvice(thrown: unknown): Pick<DescribedError, "retryable" | "retryAfterMs"> {
  if (!isError(thrown)) return {};
  const isPointless = "retryable" in thrown && thrown.retryable === false;
  const wait = "retryAfterMs" in thrown ? thrown.retryAfterMs : undefined;
  return { ...(isPointless ? { retryable: false } : {}), ...(typeof wait === "number" && wait >= 0 && wait <= maxTimerMs ? { retryAfterMs: wait } : {}) };
}

/** Node's timers hold no more. */
const maxTimerMs = 2 ** 31 - 1;

/** The `error` output of a cell. */
export function errorOutput({ ename, evalue, traceback }: DescribedError): CellOutput {
  return { output_type: "error", ename, evalue, traceback };
}

function explain(thrown: unknown, seen: Set<unknown>, depth: number): string[] {
  seen.add(thrown);
  const lines = [...headerOf(thrown).split("\n"), ...frameLines(thrown)];
  if (!isError(thrown) || depth >= maxDepth) return lines;
  const { cause } = thrown;
  if (cause !== undefined && !seen.has(cause)) lines.push(...captioned("Caused by: ", explain(cause, seen, depth + 1)));
  const gathered = gatheredErrors(thrown).filter((each) => !seen.has(each));
  for (const [index, each] of gathered.slice(0, maxGathered).entries()) {
    lines.push(...captioned(`Error ${index + 1} of ${gathered.length}: `, explain(each, seen, depth + 1)));
  }
  return lines;
}

function captioned(caption: string, [first = "", ...rest]: readonly string[]): string[] {
  return [caption + first, ...rest];
}

function gatheredErrors(error: Error): readonly unknown[] {
  return "errors" in error && Array.isArray(error.errors) ? error.errors : [];
}

function headerOf(thrown: unknown): string {
  const [name, message] = [nameOf(thrown), messageOf(thrown)];
  return message === "" ? name : `${name}: ${message}`;
}

function frameLines(thrown: unknown): readonly string[] {
  if (!isError(thrown)) return [];
  const frames = framesOf(thrown);
  if (frames === null) return foreignStackLines(thrown);
  const visible = visibleFrames(frames);
  const hasAuthor = visible.some((frame) => frame.kind === "author");
  return (hasAuthor ? visible : visible.slice(0, maxForeignFrames)).map((frame) => frame.text);
}

/** Of an error that was made elsewhere (another context or thread) only the text of its stack is known. */
function foreignStackLines({ stack }: Error): readonly string[] {
  const lines = typeof stack === "string" ? stack.split("\n") : [];
  return lines.filter((line) => /^\s+at /.test(line) && !line.includes("node:internal")).slice(0, maxForeignFrames);
}

function authorPlaces(error: Error): readonly Place[] {
  return (framesOf(error) ?? []).flatMap((frame) => frame.place ?? []);
}

function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

function nameOf(thrown: unknown): string {
  if (!isError(thrown)) return "Thrown value";
  const own = textOf(() => thrown.name);
  if (own !== "" && own !== "Error") return own;
  const made = textOf(() => thrown.constructor.name);
  return made === "" || made === "Object" ? "Error" : made;
}

function messageOf(thrown: unknown): string {
  if (!isError(thrown)) return typeof thrown === "string" ? thrown : textOf(() => inspect(thrown, { depth: 2 }));
  if ("code" in thrown && thrown.code === "ERR_ACCESS_DENIED" && "resource" in thrown && "permission" in thrown) {
    const verb = thrown.permission === "FileSystemWrite" ? "write" : "read";
    return `access denied, ${verb} '${String(thrown.resource)}'`;
  }
  return textOf(() => thrown.message);
}

/** Reads a text that an author's getter may spoil. */
function textOf(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === "string" ? value : String(value ?? "");
  } catch {
    return "";
  }
}
