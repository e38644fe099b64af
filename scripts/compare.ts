import { compareRuns, isSameState } from "../engine/observe/history/compare-runs.js";
import { describeRun } from "../engine/observe/history/describe-run.js";
import { formatComparison, formatComparisonMarkdown } from "../engine/observe/history/format-comparison.js";
import { historyFolder } from "../engine/observe/history/history.js";
import { type Command, type CommandInput, exitCodes, UsageError } from "./command.js";
import { findSite } from "./project-commands.js";
import { findPastRun } from "./run-references.js";

export const command: Command = {
  usage: "[A] [B] [options]",
  summary: "Two past runs side by side: metrics, rows, schemas, parameters, packages, code and durations that differ. A and B are `last`, `last~1` ..., ids, or parts of ids; default: the run before the last, and the last.",
  options: { md: { type: "boolean" } },
  optionHelp: { md: "in Markdown, for a pull request" },
  run: compare,
};

async function compare({ flags, positionals }: CommandInput): Promise<number> {
  if (positionals.length > 2) throw new UsageError(`compare takes two runs, found ${positionals.length}`);
  if (flags.has("md") && flags.has("json")) throw new UsageError("--md and --json can't be given together");
  const folder = historyFolder(findSite(flags).stateFolder);
  const [first = "last~1", second = "last"] = positionals;
  const runs = [await findPastRun(folder, first), await findPastRun(folder, second)] as const;
  const difference = compareRuns(...runs);
  if (flags.has("json")) {
    const [a, b] = runs.map(describeRun).map(({ tasks: _, metrics: __, ...head }) => head);
    process.stdout.write(`${JSON.stringify({ a, b, same: isSameState(difference), ...difference })}\n`);
  } else process.stdout.write(flags.has("md") ? formatComparisonMarkdown(runs, difference) : formatComparison(runs, difference));
  return exitCodes.ok;
}
