import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The checkout that is tested, absolute. */
export const repository = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const program = join(repository, "dist/stitchbook.js");

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type CommandOptions = { readonly cwd: string; readonly env?: Readonly<Record<string, string>> };

/** Runs the bundled command to its end. */
export async function runStitchbook(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return (await startStitchbook(args, options)).ended;
}

/** Starts the bundled command; `ended` settles with its result and never rejects. */
export async function startStitchbook(args: readonly string[], { cwd, env }: CommandOptions): Promise<{ readonly child: ChildProcess; readonly ended: Promise<CommandResult> }> {
  await buildOnce();
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...commandEnvironment(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<CommandResult>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** What vitest adds to the environment must not reach the command. */
function commandEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}

let built: Promise<void> | null = null;

/** Bundles what changed, once in this process; other test processes wait meanwhile. */
export function buildOnce(): Promise<void> {
  return (built ??= build());
}

async function build(): Promise<void> {
  const lock = join(repository, "node_modules/.stitchbook-build");
  await waitUntil(async () => await tryLock(lock), { what: "the lock of the build", timeoutMs: 100_000 });
  try {
    await promisify(execFile)(process.execPath, [join(repository, "scripts/build.js"), "--if-stale"], { cwd: repository });
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch {
    const state = await stat(lock).catch(() => null);
    // Left by a test process that was killed.
    if (state !== null && Date.now() - state.mtimeMs > 90_000) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

/** Waits for a condition; fails with its name. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, { what, timeoutMs = 60_000 }: { readonly what: string; readonly timeoutMs?: number }): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about in ${timeoutMs} ms`);
    await delay(10);
  }
}

/** Every file below the project's folder but the state, logs, executed notebooks and packages: path -> its bytes, as Latin-1. */
export async function readArtifacts(root: string, folders: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      files[path.slice(root.length + 1)] = await readFile(path, "latin1");
    }
  }
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Copies a project with its state into a temporary folder. @returns its absolute path */
export async function copyProject(from: string): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-copy-")));
  await cp(from, root, { recursive: true, preserveTimestamps: true });
  return root;
}

/** Changes a file of a project; that the change changes nothing is an error. */
export async function editFile(root: string, path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(join(root, path), "utf8");
  const after = change(before);
  if (after === before) throw new Error(`the edit of ${path} changes nothing`);
  await writeFile(join(root, path), after);
}

export type LoggedEvent = Readonly<Record<string, unknown>> & { readonly event: string; readonly task?: string };

/** Parses JSON lines; a line that is no object with an event is an error. */
export function parseEvents(text: string): LoggedEvent[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line is not ended");
  return text.split("\n").slice(0, -1).map((line) => {
    const value: unknown = JSON.parse(line);
    if (!isEvent(value)) throw new Error(`no event: ${line}`);
    return value;
  });
}

function isEvent(value: unknown): value is LoggedEvent {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
}

/** The events of a run that was called with `--json`. */
export async function runForEvents(root: string, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly events: LoggedEvent[]; readonly stderr: string }> {
  const { code, stdout, stderr } = await runStitchbook(["run", "--json", ...args], { cwd: root });
  return { code, events: parseEvents(stdout), stderr };
}

/** The tasks that executed, in code-unit order. */
export function executed(events: readonly LoggedEvent[]): string[] {
  return doneBy("run", events);
}

/** The tasks that were restored, in code-unit order. */
export function restored(events: readonly LoggedEvent[]): string[] {
  return doneBy("restore", events);
}

function doneBy(action: string, events: readonly LoggedEvent[]): string[] {
  return events.flatMap((each) => (each.event === "task.done" && each["action"] === action && each.task !== undefined ? [each.task] : [])).sort();
}
