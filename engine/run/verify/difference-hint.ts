import type { Difference } from "../../checkpoint/compare-artifacts.js";

/** What was other than usual when a task was executed again. */
export type Surroundings = {
  /** Absolute: the folder that it worked in. */
  readonly folder: string;
  /** Absolute: what HOME was. */
  readonly home: string;
  /** Absolute: HOME as it is. */
  readonly usualHome: string | null;
  /** What its clock said when it started and ended, in milliseconds since 1970. */
  readonly clock: readonly [startedAt: number, endedAt: number];
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Guesses why a result differs from what stands at the first difference.
 *
 * @param whole - the texts that differ, as far as they are small enough to be looked at; else null
 */
export function guessCause({ recorded, found }: Pick<Difference, "recorded" | "found">, around: Surroundings, whole: readonly [string, string] | null): string {
  const [was, is] = [recorded ?? "", found ?? ""];
  const wasInTaskFolder = was.includes(".stitchbook/tasks");
  if (is.includes(around.home) || (around.usualHome !== null && was.includes(around.usualHome) && !wasInTaskFolder)) return "It holds HOME (os.homedir()): write nothing that depends on who runs it.";
  if (is.includes(around.folder) || wasInTaskFolder) return "It holds the folder in which the stage works (process.cwd(), an absolute path): write paths relative to the project.";
  if (isTimeOf(is, around.clock)) return "It holds the date or time of the execution: take it from the data or a parameter, or leave it out.";
  if (isReordered(was, is) || (whole !== null && isReordered(...whole))) return "It holds the same in another order: sort what fs.readdir and the like list, and what finishes in any order.";
  return "It is not the folder, HOME, the order of files or the date. Look for random numbers without a seed, durations, and what is asked of other machines.";
}

/** Whether a text holds a time near the one of the execution: milliseconds or seconds since 1970, or an ISO date. */
function isTimeOf(text: string, [startedAt, endedAt]: Surroundings["clock"]): boolean {
  const isNear = (time: number, toleranceMs: number): boolean => time >= startedAt - toleranceMs && time <= endedAt + toleranceMs;
  const numbers = text.match(/\d{10,16}/g) ?? [];
  if (numbers.some((digits) => isNear(Number(digits), MINUTE_MS) || isNear(Number(digits) * 1000, MINUTE_MS))) return true;
  const days = text.match(/\d{4}-\d\d-\d\d/g) ?? [];
  // A time zone moves the date by up to a day.
  return days.some((day) => isNear(Date.parse(day), 2 * DAY_MS)) || [startedAt, endedAt].some((time) => text.includes(new Date(time).toDateString().slice(4)));
}

/** Whether two different texts consist of the same words. */
function isReordered(was: string, is: string): boolean {
  const [a, b] = [was, is].map((text) => text.split(/[^\p{L}\p{N}._/-]+/u).filter((word) => word !== ""));
  return a !== undefined && b !== undefined && a.length > 1 && a.join(" ") !== b.join(" ") && a.sort().join(" ") === b.sort().join(" ");
}
