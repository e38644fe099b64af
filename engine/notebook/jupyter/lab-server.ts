import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { followGroup, forgetGroup, killGroup } from "../worker/process-groups.js";
import type { Lab } from "./find-lab.js";
import { type LabFolders, labVariables } from "./lab-config.js";

export type LabOptions = {
  readonly lab: Lab;
  /** Absolute path of the project. */
  readonly root: string;
  readonly folders: LabFolders;
  /** Null: the first free one from 8888 on. */
  readonly port: number | null;
  /** What opens first: a path below `/lab`, such as `/tree/notebooks/a.ipynb`. */
  readonly page: string;
  readonly opensBrowser: boolean;
  /** For Jupyter, as they are. */
  readonly extraArguments: readonly string[];
  /** Whether Jupyter's log goes to standard error instead of a file. */
  readonly isVerbose: boolean;
  /** For the server and its kernels. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
};

/** A JupyterLab that runs. */
export type LabServer = {
  /** With the token; opens the page that was asked for. */
  readonly url: string;
  /** Resolves when server and kernels are gone: with the server's exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>;
};

/** The server ended before it could be used. */
export class LabStartError extends Error {
  override readonly name = "LabStartError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/**
 * Starts JupyterLab on this machine's own address and waits until it answers. It ends in order when `signal` is aborted
 * or this process ends, however that happens, and takes its kernels along.
 *
 * @returns null where it was stopped before
 * @throws {LabStartError}
 */
export async function startLab(options: LabOptions): Promise<LabServer | null> {
  const { folders, signal, page } = options;
  if (signal.aborted) return null;
  const token = randomBytes(24).toString("hex");
  const child = spawnServer(options, token);
  // Of a server that was killed and had the same number; this one takes longer until it writes its own.
  await rm(join(folders.runtime, `jpserver-${child.pid}.json`), { force: true });
  const ended = followServer(child, signal);
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (;;) {
    const found = await findServer(folders.runtime, { pid: child.pid, token });
    if (found !== null) return { url: `${found.url}lab${page}?token=${found.token}`, ended };
    if (isOver) break;
    await Promise.race([ended, delay(50)]);
  }
  if (signal.aborted) return null;
  const log = options.isVerbose ? "" : await readFile(folders.log, "utf8");
  if (/port \d+ is not available/.test(log)) throw new LabStartError(`JupyterLab can't be started: port ${options.port} is taken`, "Name another one with --port, or 0 for any that is free.");
  throw new LabStartError(`JupyterLab ended at once (exit code ${child.exitCode})${describeLog(log)}`, options.isVerbose ? "Its log is above." : `Its log: ${folders.log}`);
}

function spawnServer({ lab, folders, port, page, opensBrowser, extraArguments, isVerbose, root, env }: LabOptions, token: string): ChildProcess {
  const args = [
    "lab",
    `--LabApp.default_url=/lab${page}`,
    ...(port === null ? [] : [`--ServerApp.port=${port}`, "--ServerApp.port_retries=0"]),
    ...(opensBrowser ? [] : ["--no-browser"]),
    ...extraArguments,
  ];
  const log = isVerbose ? "inherit" : openLog(folders.log);
  const child = spawn(lab.jupyter, args, {
    cwd: root,
    env: {
      ...env,
      JUPYTER_PATH: prepend(folders.data, env["JUPYTER_PATH"]),
      JUPYTER_CONFIG_PATH: prepend(folders.config, env["JUPYTER_CONFIG_PATH"]),
      JUPYTER_RUNTIME_DIR: folders.runtime,
      JUPYTERLAB_WORKSPACES_DIR: folders.workspaces,
      // Of the environment that Lab is in: its terminals find the same jupyter.
      PATH: prepend(dirname(lab.jupyter), env["PATH"]),
      [labVariables.root]: root,
      [labVariables.token]: token,
      [labVariables.parent]: "3",
    },
    // A group of its own: what Ctrl-C does is decided here, and Jupyter asks nothing.
    detached: true,
    stdio: ["ignore", log === "inherit" ? 2 : log, log === "inherit" ? 2 : log, "pipe"],
  });
  if (log !== "inherit") closeSync(log);
  return child;
}

/** Appending, since two servers of one project may write here. */
function openLog(path: string): number {
  const log = openSync(path, "a", 0o600);
  ftruncateSync(log);
  return log;
}

function prepend(first: string, rest: string | undefined): string {
  return rest ? `${first}${delimiter}${rest}` : first;
}

function followServer(child: ChildProcess, signal: AbortSignal): Promise<number | null> {
  const leader = child.pid;
  const stop = () => child.kill("SIGTERM");
  if (leader !== undefined) followGroup(leader);
  signal.addEventListener("abort", stop);
  return new Promise((resolve) => {
    const settle = (code: number | null) => {
      signal.removeEventListener("abort", stop);
      if (leader !== undefined) {
        killGroup(leader);
        forgetGroup(leader);
      }
      resolve(code);
    };
    child.on("error", () => settle(null));
    child.on("exit", settle);
  });
}

type ServerInfo = { readonly url: string; readonly token: string };

/** What a running server tells of itself; the user's own configuration may have set another port, base or token. */
async function findServer(runtime: string, { pid, token }: { readonly pid: number | undefined; readonly token: string }): Promise<ServerInfo | null> {
  const names = (await readdir(runtime)).filter((name) => /^jpserver-\d+\.json$/.test(name));
  for (const name of names) {
    const info = await readInfo(join(runtime, name));
    if (info !== null && (info.token === token || name === `jpserver-${pid}.json`)) return info;
  }
  return null;
}

async function readInfo(path: string): Promise<ServerInfo | null> {
  try {
    const info: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof info !== "object" || info === null || !("url" in info) || !("token" in info)) return null;
    return typeof info.url === "string" && typeof info.token === "string" ? { url: info.url, token: info.token } : null;
  } catch {
    // It is just being written, or its server just ended.
    return null;
  }
}

function describeLog(log: string): string {
  const lines = log.split("\n").filter((line) => /\b(error|critical|exception|Traceback)\b/i.test(line) || /^\[[CE] /.test(line));
  const told = (lines.length > 0 ? lines : log.trim().split("\n")).slice(-5).map((line) => line.replace(/^\[[A-Z] [\d-]+ [\d:.]+ \w+\] /, ""));
  return log.trim() === "" ? "" : `:\n    ${told.join("\n    ")}`;
}
