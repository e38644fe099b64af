import type { SelectionRequest } from "../engine/plan/select-tasks.js";
import { createJsonLines } from "../engine/observe/json-lines.js";
import { ProjectError } from "../engine/project/problems.js";
import { findPackageFile } from "../engine/report/package-file.js";
import { RoundConsole } from "../engine/watch/round-console.js";
import { startWatch, type WatchSession } from "../engine/watch/watch-session.js";
import { type Command, type CommandInput, exitCodes, type Flags, UsageError } from "./command.js";
import { findSite, findWorkerFile, openProject, readJobs, readSelection, select, selectionOptionHelp, selectionOptions, type Site } from "./project-commands.js";
import { stopOnSignals } from "./stop-on-signals.js";
import { listenToKeys } from "./watch-keys.js";
import { openPage, shouldOpen } from "./watch-open.js";

/** Where the page is served unless asked otherwise. */
const usualPort = 4747;

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "Run, then again at every change, with the live report at a local address. Sends no alerts, writes no history.",
  options: {
    port: { type: "string" },
    open: { type: "boolean" },
    "no-open": { type: "boolean" },
    jobs: { type: "string", short: "j" },
    "keep-going": { type: "boolean", short: "k" },
    ...selectionOptions,
    param: { type: "string", multiple: true },
  },
  optionHelp: {
    port: `N  serve the page there, or on the next port that is free (default ${usualPort}; 0: any)`,
    open: "open the page in the browser (default: at a terminal with a screen)",
    "no-open": "do not",
    jobs: "N  how many tasks at once (default: the cores)",
    "keep-going": "run what does not depend on a failed task",
    ...selectionOptionHelp,
    param: "NAME=VALUE  a parameter, or one stage's: stage.name=value",
  },
  run: watch,
};

async function watch({ flags, positionals }: CommandInput): Promise<number> {
  const jobs = readJobs(flags);
  const port = readPort(flags);
  if (flags.has("open") && flags.has("no-open")) throw new UsageError("--open and --no-open exclude each other; give one of them");
  const site = findSite(flags);
  const request = readSelection(flags, positionals, site);
  const projectName = await checkTargets(site, request);
  const stop = stopOnSignals();
  const hasKeys = process.stdin.isTTY === true && process.stdout.isTTY === true && !flags.has("json");
  const screen = new RoundConsole({
    stdout: process.stdout, hasKeys,
    color: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
    verbosity: flags.has("quiet") ? "quiet" : flags.has("verbose") ? "verbose" : "normal",
  });
  const session = await startWatch({
    root: site.root, stateFolder: site.stateFolder, workerFile: findWorkerFile(),
    artistFile: findThread("artist-thread"), compilerFile: findThread("compile-thread"),
    projectName, port, request, jobs, idleWorkers: mostIdleWorkers,
    overrides: flags.list("param"), keepGoing: flags.has("keep-going"), env: process.env, now: Date.now, random: Math.random,
    listener: flags.has("json") ? createJsonLines(process.stdout) : screen.listener,
  });
  if (shouldOpen(flags)) await openPage(session.url);
  const isQuit = await untilEnd(session, { hasKeys, signal: stop.signal });
  screen.close();
  await session.close();
  stop.forget();
  return isQuit ? exitCodes.ok : stop.exitCode();
}

/** Each takes the memory of a Node process with the packages that its stage imports. */
const mostIdleWorkers = 8;

/**
 * A target that nobody knows is wrong usage. Where the project can't be read that is not known yet, and is told later.
 *
 * @returns the project's name, or its folder's where it can't be read
 */
async function checkTargets(site: Site, request: SelectionRequest): Promise<string> {
  try {
    const project = await openProject(site, { isReadOnly: true });
    await select(project, request);
    return project.name;
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    return site.root.split("/").at(-1) ?? site.root;
  }
}

/** Waits for a signal or the key to quit. @returns true for the key */
function untilEnd(session: WatchSession, { hasKeys, signal }: { readonly hasKeys: boolean; readonly signal: AbortSignal }): Promise<boolean> {
  return new Promise((resolve) => {
    const forget = hasKeys ? listenToKeys({ quit: () => end(true), again: () => session.again(), open: () => void openPage(session.url) }) : () => undefined;
    const end = (isQuit: boolean): void => {
      forget();
      resolve(isQuit);
    };
    if (signal.aborted) end(false);
    else signal.addEventListener("abort", () => end(false), { once: true });
  });
}

function readPort(flags: Flags): number {
  const text = flags.text("port");
  if (text === undefined) return usualPort;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--port: expected a whole number from 0 to 65535, found ${text}`);
  return port;
}

function findThread(name: string): string {
  const file = findPackageFile(`${name}.js`, `dist/${name}.js`);
  if (file === null) throw new Error(`Internal error: ${name}.js is missing; build the package`);
  return file;
}
