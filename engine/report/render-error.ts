import { formatProblem } from "../project/problems.js";
import type { Problem } from "../project/types.js";

/** The report can't be rendered: a name, a label or a value that its template asks for isn't there. Carries every problem that was found. */
export class RenderError extends Error {
  override readonly name = "RenderError";
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
  }
}
