/** Warnings about the means by which the worker itself is run. */
const ownWarnings: ReadonlySet<string> = new Set(["ExperimentalWarning", "SecurityWarning"]);

/**
 * Writes Node's warnings to the standard error of the cell that runs. Node's own wording, which is switched off, names
 * the process and so would differ from run to run.
 */
export function passWarningsOn(): void {
  process.on("warning", (warning) => {
    if (!ownWarnings.has(warning.name)) process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}
