import { formatPlace } from "../project/problems.js";
import type { Problem } from "../project/types.js";

/** A problem, and where GitHub is to show it: a file from the top of the repository on, its line and column. */
export type Annotation = { readonly problem: Problem; readonly file: string; readonly line?: number; readonly column?: number };

/**
 * One problem as a command that GitHub Actions shows beside the line.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
 */
export function formatAnnotation({ problem, file, line, column }: Annotation): string {
  const properties = [
    ["file", file],
    ...(line === undefined ? [] : [["line", String(line)]]),
    ...(column === undefined ? [] : [["col", String(column)]]),
    ["title", `stitchbook: ${problem.code}`],
  ].map(([name, value]) => `${name}=${escapeProperty(value ?? "")}`);
  // A notebook's cell is what its author looks for; the line of the JSON file is GitHub's.
  const where = problem.place.cell === undefined ? "" : `${formatPlace(problem.place)}: `;
  const text = [`${where}${problem.message}`, ...(problem.hint === undefined ? [] : [problem.hint])].join("\n");
  return `::${problem.severity} ${properties.join(",")}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
