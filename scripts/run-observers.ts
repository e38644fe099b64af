import { join } from "node:path";
import type { Emit } from "../engine/observe/bus.js";
import { createEmitter } from "../engine/observe/bus.js";
import { RunConsole } from "../engine/observe/console.js";
import { createJsonLines } from "../engine/observe/json-lines.js";
import { LogFile, trimLogs } from "../engine/observe/log-file.js";
import { RunTally } from "../engine/observe/run-tally.js";
import { viewPath } from "../engine/run/view/view.js";
import type { Project } from "../engine/project/types.js";
import type { Flags } from "./command.js";
import type { Listener } from "../engine/observe/events.js";
import type { Site } from "./project-commands.js";

type Observed = { readonly flags: Flags; readonly site: Site; readonly project: Project; readonly runId: string; /** As it was written. */ readonly outputDir: string | undefined; readonly taskIds: readonly string[]; /** Further listeners. */ readonly also: readonly Listener[] };

export type Observers = { readonly emit: Emit; readonly close: () => void; readonly sayStopped: () => void };

/** Console, or JSON lines instead of it, and the log file, which is made with the first event. */
export function observe({ flags, site, project, runId, outputDir, taskIds, also }: Observed): Observers {
  const folder = join(site.root, "logs");
  let log: LogFile | null = null;
  const screen = new RunConsole({
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: flags.has("quiet") ? "quiet" : flags.has("verbose") ? "verbose" : "normal",
    color: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
    logPath: `logs/${runId}.jsonl`,
    viewPath: (task) => (project.tasks.some((each) => each.id === task && each.node.kind === "stage") ? join(outputDir ?? "", viewPath(task)) : null),
  });
  screen.alignTo(project.tasks.map((task) => task.id));
  const tally = new RunTally(taskIds);
  const shown = flags.has("json") ? createJsonLines(process.stdout) : screen.listener;
  const emit = createEmitter(
    runId,
    [
      tally.listener,
      (event) => {
        log ??= new LogFile(folder, runId);
        log.listener(event);
      },
      shown,
      ...also,
    ],
    Date.now,
  );
  const close = () => {
    log?.close();
    if (log !== null) trimLogs(folder, project.logsKeep);
  };
  const sayStopped = () => {
    const lastWord = tally.lastWord(Date.now());
    if (lastWord !== null) emit(lastWord);
  };
  return { emit, close, sayStopped };
}
