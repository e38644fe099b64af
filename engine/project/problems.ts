import type { Place, Problem } from "./types.js";

/** The project can't be used as it stands; nothing was run. Carries every problem that was found. */
export class ProjectError extends Error {
  override readonly name = "ProjectError";
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
  }
}

/** `notebooks/02-cleaning.ipynb, cell 3, line 5, column 2`, with the parts that are known. */
export function formatPlace(place: Place): string {
  const parts = [place.file];
  if (place.cell !== undefined) parts.push(`cell ${place.cell}`);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  return parts.join(", ");
}

/** One problem as a person reads it: place, message, and what to do. */
export function formatProblem(problem: Problem): string {
  const hint = problem.hint === undefined ? "" : `\n  ${problem.hint}`;
  return `${formatPlace(problem.place)}: ${problem.message}${hint}`;
}

/** A problem that stops everything. */
export function makeError(problem: Omit<Problem, "severity">): Problem {
  return { severity: "error", ...problem };
}

/** A problem that is told and stops nothing. */
export function makeWarning(problem: Omit<Problem, "severity">): Problem {
  return { severity: "warning", ...problem };
}

/** A fan-out would say the same once for every dataset; the first one stands for all. */
export function removeRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, place }) => {
    const key = JSON.stringify([code, place]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
