import { basename, join } from "node:path";
import type { CodeRevision, RunEntry, RunHead, RunState } from "./entry.js";
import { isGoodRun } from "./entry.js";
import { LINE_VERSION, type HistoryLine } from "./line.js";
import { addRun, digestMetrics, emptySeries, readSeries, writeSeries, type MetricSeries } from "./metric-series.js";
import { digestOf, sealLine } from "./sealed-line.js";
import { appendText, firstLineBytes, listSegments, makeFolder, readSegment, readTail, trimSegments, type Segment } from "./segments.js";
import { diffStates, wholeState } from "./state-delta.js";

/** All past runs together take no more than this; the oldest go first. */
const mostBytes = 256 * 1024 * 1024;
/** A segment is read whole when a run changed something, so it stays small. */
const segmentBytes = 256 * 1024;
/** With a state that is large itself, a segment holds some changes of it all the same. */
const linesOfAWhole = 4;

/** Absolute path of the history's folder. @param stateFolder absolute path of `.stitchbook/` */
export function historyFolder(stateFolder: string): string {
  return join(stateFolder, "history");
}

/** A run to append. */
export type NewRun = {
  readonly head: RunHead;
  /** Names the state without making it: the same text is the same state. */
  readonly stateKey: string;
  /** Makes the state. @param before the state after the run before; null where that is not known */
  readonly makeState: (before: RunState | null) => RunState;
  /** Whether it must survive a power failure at once. */
  readonly isDurable: boolean;
};

/**
 * Appends a run. Called by one process at a time: whoever holds the project's lock. A run that changed nothing costs one
 * look at the last line and one short line; a crash can only lose the run that is being appended.
 *
 * @param folder as {@link historyFolder} gives it
 * @throws the file system's error
 */
export function appendRun(folder: string, { head, stateKey, makeState, isDurable }: NewRun): void {
  const file = listSegments(folder).at(-1);
  const key = digestOf(stateKey);
  const isGood = isGoodRun(head);
  const tail = file === undefined ? null : readTail(file);
  const isFull = file === undefined || tail === null || (tail.size >= segmentBytes && tail.size >= linesOfAWhole * firstLineBytes(file));
  if (!isFull && tail.line?.key === key) {
    const { metrics } = tail.line;
    const good = isGood ? metrics : tail.line.good;
    if (good === tail.line.good) return appendText(file, sealLine({ v: LINE_VERSION, head, key, metrics, good } satisfies HistoryLine), isDurable);
  }
  makeFolder(folder);
  const segment = file === undefined ? null : readSegment(file);
  const state = makeState(segment?.state ?? null);
  const metrics = digestMetrics(state.metrics);
  const good = isGood ? metrics : (lastGoodDigest(folder, segment) ?? "");
  const before = isFull ? null : (segment?.state ?? null);
  const line: HistoryLine = { v: LINE_VERSION, head, key, metrics, good, ...(before === null ? { whole: true, delta: wholeState(state) } : { delta: diffStates(before, state) }) };
  const series = isGood ? seriesBefore(folder, segment) : null;
  appendText(isFull ? join(folder, `${head.run}.jsonl`) : file, `${!isFull && !tail.isEnded ? "\n" : ""}${sealLine(line)}`, isDurable);
  if (series !== null && series.digest !== metrics) writeSeries(folder, addRun(series, state.metrics));
  if (isFull) trimSegments(folder, mostBytes);
}

/** The code of the last run; null where it is not known. */
export function lastRevision(folder: string): CodeRevision | null {
  const file = listSegments(folder).at(-1);
  return file === undefined ? null : (readTail(file).line?.head.revision ?? null);
}

/** Past runs, the newest first. Read bit by bit: whoever wants a few reads a few. */
export function* readRuns(folder: string): Generator<RunEntry> {
  for (const file of listSegments(folder).reverse()) {
    const { entries } = readIfThere(file);
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const entry = entries[index];
      if (entry !== undefined) yield entry;
    }
  }
}

/** The last good run: what a later one may be held against. Null where there is none. */
export function lastGoodRun(folder: string): RunEntry | null {
  for (const entry of readRuns(folder)) if (isGoodRun(entry)) return entry;
  return null;
}

/** The last values that a metric or anything else had in good runs, the newest first; null where a run had none. */
export function lastValues<T>(folder: string, count: number, pick: (entry: RunEntry) => T): readonly { readonly run: string; readonly value: T }[] {
  const found: { run: string; value: T }[] = [];
  for (const entry of readRuns(folder)) {
    if (found.length >= count) break;
    if (isGoodRun(entry)) found.push({ run: entry.run, value: pick(entry) });
  }
  return found;
}

/** A run by its id, read from its own segment alone; null where history has no such run. */
export function findRun(folder: string, run: string): RunEntry | null {
  const file = listSegments(folder).findLast((each) => basename(each, ".jsonl") <= run);
  return file === undefined ? null : (readIfThere(file).entries.find((entry) => entry.run === run) ?? null);
}

/** The values that every metric had in good runs, as far as they changed. Made anew from all runs where the kept ones are not those of the last run. */
export function loadSeries(folder: string): MetricSeries {
  const file = listSegments(folder).at(-1);
  if (file === undefined) return emptySeries;
  const { line } = readTail(file);
  return seriesFor(folder, line?.good ?? lastGoodDigest(folder, readIfThere(file)) ?? "");
}

function seriesBefore(folder: string, segment: Segment | null): MetricSeries {
  return seriesFor(folder, lastGoodDigest(folder, segment) ?? "");
}

function seriesFor(folder: string, digest: string): MetricSeries {
  if (digest === "") return emptySeries;
  const kept = readSeries(folder);
  return kept !== null && kept.digest === digest ? kept : rebuildSeries(folder);
}

function rebuildSeries(folder: string): MetricSeries {
  let series = emptySeries;
  for (const file of listSegments(folder)) {
    for (const entry of readIfThere(file).entries) if (isGoodRun(entry)) series = addRun(series, entry.state.metrics);
  }
  return series;
}

/** Digest of the metrics of the last good run; null where there is none. */
function lastGoodDigest(folder: string, segment: Segment | null): string | null {
  if (segment?.last != null) return segment.last.good;
  const entry = lastGoodRun(folder);
  return entry === null ? null : digestMetrics(entry.state.metrics);
}

/** A segment may be trimmed while somebody reads without the lock. */
function readIfThere(file: string): Segment {
  try {
    return readSegment(file);
  } catch {
    return { entries: [], state: null, last: null };
  }
}

