import type { DifferencePlace } from "../checkpoint/compare-artifacts.js";
import type { FoundDifference, Verdict } from "../run/verify/verdict.js";
import { formatPlace } from "../project/problems.js";
import { formatDuration } from "./format.js";

/**
 * What a person sees of a verdict: one line, and where the task differs or fails some more.
 *
 * @param width - of the longest task id
 */
export function formatVerdict(verdict: Verdict, width: number): string {
  const { task, artifacts, outputs, failure, differences, durationMs } = verdict;
  const line = (state: string, rest: string) => `${state.padEnd(8)} ${task.padEnd(width)}  ${rest}`;
  switch (verdict.verdict) {
    case "taken":
      return line("taken", "as it is: it has max_age (--external executes it)");
    case "same":
      return line("same", `${counted(artifacts, "artifact")}${outputs === 0 ? "" : `, ${counted(outputs, "displayed output")}`}  ${formatDuration(durationMs)}`);
    case "failed":
      return [line("failed", failure?.kind ?? ""), ...describeFailure(failure)].join("\n");
    case "differs": {
      const tolerated = verdict.isTolerated ? "  (tolerated: idempotent is false)" : "";
      return [line("differs", `${differences.map(subjectOf).join(", ")}${tolerated}`), ...differences.flatMap(describeDifference)].join("\n");
    }
  }
}

/** `6 tasks: 4 reproducible, 1 differs, 1 taken as it is (3.2 s).` */
export function summariseVerdicts(verdicts: readonly Verdict[], durationMs: number): string {
  const count = (verdict: Verdict["verdict"], isTolerated?: boolean) => verdicts.filter((each) => each.verdict === verdict && (isTolerated === undefined || each.isTolerated === isTolerated)).length;
  const parts = [
    [count("same"), "reproducible"],
    [count("differs", false), "not reproducible"],
    [count("differs", true), "not reproducible, which is tolerated"],
    [count("failed"), "failed"],
    [count("taken"), "taken as it is"],
  ] as const;
  const told = parts.flatMap(([number, text]) => (number === 0 ? [] : [`${number} ${text}`]));
  return `${counted(verdicts.length, "task")}: ${told.join(", ")} (${formatDuration(durationMs)}).`;
}

/** Where in an artifact, or in a displayed output, a difference stands. */
export function formatDifferencePlace(place: DifferencePlace): string {
  switch (place.kind) {
    case "cell":
      return `column ${place.column}, row ${place.row}`;
    case "row":
      return `row ${place.row}`;
    case "header":
      return `column ${place.position} of the header`;
    case "json":
      return place.path;
    case "json-row":
      return `row ${place.row}, ${place.path}`;
    case "text":
      return `line ${place.line}, character ${place.character}`;
    case "byte":
      return `byte ${place.offset}`;
    case "file":
      return "the file";
  }
}

/** `out/a.csv`, or `displayed output "chart"`. */
function subjectOf({ artifact, label }: FoundDifference): string {
  return artifact ?? `displayed output "${label ?? ""}"`;
}

function describeDifference(difference: FoundDifference): string[] {
  const { place, recorded, found, hint } = difference;
  return [
    `    ${subjectOf(difference)}: ${formatDifferencePlace(place)}`,
    `      recorded  ${recorded ?? "nothing"}`,
    `      now       ${found ?? "nothing"}`,
    `    -> ${hint}`,
  ];
}

function describeFailure(failure: Verdict["failure"]): string[] {
  if (failure === null) return [];
  const { place, message, hint } = failure;
  return [...(place === null ? [] : [`    ${formatPlace(place)}`]), ...message.split("\n").map((text) => `    ${text}`), ...(hint === null ? [] : [`    -> ${hint}`])];
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
