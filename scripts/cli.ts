import { type Command, commandHelp, exitCodes, nearest, parseCommandLine, UsageError } from "./command.js";

/** Every command, loaded only when it is called. */
const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<{ command: Command }> }>> = {
  init: { summary: "make a new project", load: () => import("./init.js") },
  new: { summary: "begin a stage or a report", load: () => import("./new.js") },
  run: { summary: "bring targets and what they need up to date", load: () => import("./run.js") },
  plan: { summary: "what run would do, and why", load: () => import("./plan.js") },
  check: { summary: "read and type-check everything, run nothing", load: () => import("./check.js") },
  watch: { summary: "run, then again at every change, with the live report", load: () => import("./watch.js") },
  status: { summary: "the last state of every task, and what nobody declares any more", load: () => import("./status.js") },
  dag: { summary: "the graph, as text, Mermaid or JSON", load: () => import("./dag.js") },
  lab: { summary: "JupyterLab on this project, with the project's own kernel", load: () => import("./lab.js") },
  kernel: { summary: "install that kernel for other Jupyters and VS Code, or remove it", load: () => import("./kernel.js") },
  clean: { summary: "remove what runs made, or only what nobody declares any more", load: () => import("./clean.js") },
  gc: { summary: "bound the size and age of what is kept of earlier results", load: () => import("./gc.js") },
  strip: { summary: "take outputs and volatile metadata out of notebooks", load: () => import("./strip.js") },
  history: { summary: "past runs with their metrics", load: () => import("./history.js") },
  compare: { summary: "two past runs side by side", load: () => import("./compare.js") },
  trace: { summary: "the way back from an artifact, a label or a metric to the raw data", load: () => import("./trace.js") },
  logs: { summary: "read the log of a run, failures first", load: () => import("./logs.js") },
  alerts: { summary: "alerts test: send a test message to each channel", load: () => import("./alerts.js") },
  verify: { summary: "prove that artifacts are reproducible: execute again elsewhere, compare bytes", load: () => import("./verify.js") },
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return name === undefined ? exitCodes.unusable : exitCodes.ok;
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${await version()}\n`);
    return exitCodes.ok;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) throw new UsageError(`unknown command ${name}${await nearest(name, Object.keys(commands), (known) => known)}\n\n${help()}`);
  const { command } = await entry.load();
  const own = command.passesRest === true && rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(commandHelp(name, command));
    return exitCodes.ok;
  }
  return command.run(await parseCommandLine(command, rest));
}

function help(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return ["stitchbook COMMAND [options]", "", ...lines, "", "stitchbook COMMAND --help tells more.", ""].join("\n");
}

async function version(): Promise<string> {
  const [{ readFile }, { findPackageFile }] = await Promise.all([import("node:fs/promises"), import("../engine/report/package-file.js")]);
  const file = findPackageFile("package.json");
  if (file === null) throw new Error("Internal error: Stitchbook's package.json is not there");
  const { version: found } = JSON.parse(await readFile(file, "utf8")) as { version: string };
  return found;
}

async function report(error: unknown): Promise<number> {
  if (error instanceof UsageError) {
    process.stderr.write(`stitchbook: ${error.message}\n`);
    return exitCodes.unusable;
  }
  const { ProjectError, formatProblem } = await import("../engine/project/problems.js");
  if (error instanceof ProjectError) {
    for (const problem of error.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    const count = error.problems.filter((problem) => problem.severity === "error").length;
    process.stderr.write(`${count} ${count === 1 ? "error" : "errors"}; nothing was run.\n`);
    return exitCodes.unusable;
  }
  if (error instanceof Error && "hint" in error && typeof error.hint === "string") {
    process.stderr.write(`stitchbook: ${error.message}\n  ${error.hint}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`stitchbook: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.failed;
}

// A reader that goes away (`stitchbook run | head`, a terminal that is closed) is no failure of the run.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

// Set, not exit(): what was written to a pipe must still get out.
// What ends without a word has failed.
process.exitCode = exitCodes.failed;
void main(process.argv.slice(2)).catch(report).then((code) => {
  process.exitCode = code;
});
