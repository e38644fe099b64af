import { findLab, type Lab } from "../engine/notebook/jupyter/find-lab.js";
import { type LabFolders, writeLabConfig } from "../engine/notebook/jupyter/lab-config.js";
import { startLab } from "../engine/notebook/jupyter/lab-server.js";
import { makeEnvironment, NoJupyterError } from "../engine/notebook/jupyter/make-environment.js";
import { type Command, type CommandInput, exitCodes, type Flags, UsageError } from "./command.js";
import { findLabPage } from "./lab-page.js";
import { findKernelPrograms } from "./kernel-programs.js";
import { findSite, type Site } from "./project-commands.js";
import { type Stop, stopOnSignals } from "./stop-on-signals.js";

export const command: Command = {
  usage: "[TASK] [options] [-- JUPYTER'S OPTIONS]",
  summary: "JupyterLab on this project with the project's own kernel, on this machine's own address; opens the task's notebook with its dataset's values. Nothing is installed outside of the project.",
  options: { port: { type: "string" }, "no-browser": { type: "boolean" }, "no-open": { type: "boolean" } },
  optionHelp: {
    port: "N  this one, 0 for any (default: the first free one from 8888 on)",
    "no-browser": "open no browser, only tell the address",
    "no-open": "the same",
  },
  passesRest: true,
  run,
};

async function run({ flags, positionals, rest }: CommandInput): Promise<number> {
  if (positionals[1] !== undefined) throw new UsageError(`lab takes one task, found ${positionals.join(" ")}; what is for Jupyter stands after --`);
  const port = readPort(flags);
  const site = findSite(flags);
  const { page, task } = await findLabPage(site, positionals[0]);
  const folders = await writeLabConfig(site.stateFolder, await findKernelPrograms());
  const stop = stopOnSignals();
  try {
    const lab = await bringLab(site, flags, stop);
    if (lab === null) return stop.exitCode();
    return await serve({ lab, site, folders, port, page, task, flags, rest, stop });
  } finally {
    stop.forget();
  }
}

function readPort(flags: Flags): number | null {
  const text = flags.text("port");
  if (text === undefined) return null;
  const port = Number(text);
  if (text.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`--port: expected a whole number from 0 to 65535, found ${text}`);
  return port;
}

/** Finds a JupyterLab or makes one. @returns null where it was stopped */
async function bringLab({ root }: Site, flags: Flags, { signal }: Stop): Promise<Lab | null> {
  const search = { root, env: process.env, signal };
  const { lab, useless } = await findLab(search);
  if (lab !== null || signal.aborted) return signal.aborted ? null : lab;
  for (const { jupyter, reason } of useless) process.stderr.write(`${jupyter} is of no use: ${reason}\n`);
  try {
    return await makeEnvironment({ ...search, tell: (text) => void (flags.has("quiet") || process.stderr.write(`${text}\n`)) });
  } catch (error) {
    // Nothing ran.
    if (error instanceof NoJupyterError) throw new UsageError(`${error.message}\n  ${error.hint}`);
    throw error;
  }
}

type Serving = {
  readonly lab: Lab;
  readonly site: Site;
  readonly folders: LabFolders;
  readonly port: number | null;
  readonly page: string;
  readonly task: string | null;
  readonly flags: Flags;
  readonly rest: readonly string[];
  readonly stop: Stop;
};

async function serve({ lab, site, folders, port, page, task, flags, rest, stop }: Serving): Promise<number> {
  const server = await startLab({
    lab, folders, port, page,
    root: site.root,
    opensBrowser: !flags.has("no-browser") && !flags.has("no-open"),
    extraArguments: rest,
    isVerbose: flags.has("verbose"),
    env: { ...process.env, ...(task === null ? {} : { STITCHBOOK_TASK: task }) },
    signal: stop.signal,
  });
  if (server === null) return stop.exitCode();
  process.stdout.write(describe(server.url, lab, flags));
  const code = await server.ended;
  if (stop.signal.aborted) return stop.exitCode();
  if (code === 0) return exitCodes.ok;
  process.stderr.write(`stitchbook: JupyterLab ended with ${code === null ? "a signal" : `exit code ${code}`}\n  Its log: ${folders.log}\n`);
  return exitCodes.failed;
}

function describe(url: string, { version, jupyter }: Lab, flags: Flags): string {
  if (flags.has("json")) return `${JSON.stringify({ url, version, jupyter })}\n`;
  if (flags.has("quiet")) return `${url}\n`;
  return `JupyterLab ${version} is at\n  ${url}\nCtrl-C ends it and its kernels.\n`;
}
