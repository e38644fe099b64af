import { chmod, readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeStrip, stripNotebook, type StripSummary } from "../engine/notebook/strip/strip-notebook.js";
import { formatProblem, makeError } from "../engine/project/problems.js";
import type { Problem } from "../engine/project/types.js";
import { type Command, type CommandInput, exitCodes, type Flags, UsageError } from "./command.js";
import { findProgram, findSite, refuseArguments } from "./project-commands.js";

export const command: Command = {
  usage: "[FILE...] [options]",
  summary: "Take outputs, execution counts and volatile metadata out of notebooks: of these, or of all in the project.",
  options: {
    "dry-run": { type: "boolean", short: "n" },
    check: { type: "boolean" },
    stdin: { type: "boolean" },
    staged: { type: "boolean" },
    install: { type: "boolean" },
    uninstall: { type: "boolean" },
  },
  optionHelp: {
    "dry-run": "show, and change nothing",
    check: "change nothing; exit 1 where there is something to strip",
    stdin: "a filter: from standard input to standard output (as does -)",
    staged: "--check of what is staged in git",
    install: "as a filter of git, with a check before each commit",
    uninstall: "take that back",
  },
  async run(input) {
    const { flags } = input;
    const mode = pickMode(input);
    switch (mode) {
      case "install":
      case "uninstall":
        return setUp(mode, input);
      case "stdin":
        return filter(input);
      case "staged":
        refuseArguments("strip --staged", input.positionals);
        return check(await readStaged(flags), flags);
      case "check":
        return check(await readFiles(input), flags);
      case "dry-run":
      case "write":
        return strip(await readFiles(input), { flags, isDry: mode === "dry-run" });
    }
  },
};

type Mode = "install" | "uninstall" | "stdin" | "staged" | "check" | "dry-run" | "write";

function pickMode({ flags, positionals }: CommandInput): Mode {
  const isFilter = flags.has("stdin") || positionals.includes("-");
  const asked = [
    ...(["install", "uninstall", "staged", "dry-run"] as const).filter((name) => flags.has(name)),
    ...(isFilter ? ["stdin" as const] : []),
    ...(flags.has("check") && !isFilter && !flags.has("staged") ? ["check" as const] : []),
  ];
  if (asked.length > 1) throw new UsageError(`--${asked[0]} and --${asked[1]} are two tasks; ask for one`);
  return asked[0] ?? "write";
}

/** `file` is as messages show it, `path` absolute; a staged notebook has no path. */
type Notebook = { readonly file: string; readonly path: string; readonly bytes: Uint8Array };
type ReadNotebooks = { readonly notebooks: readonly Notebook[]; readonly problems: readonly Problem[] };

async function readFiles({ flags, positionals }: CommandInput): Promise<ReadNotebooks> {
  const places = positionals.length > 0 ? positionals.map((file) => ({ file, path: resolve(file) })) : await listProject(flags);
  const problems: Problem[] = [];
  const notebooks: Notebook[] = [];
  for (const { file, path } of places) {
    const bytes = await readFile(path).catch((error: unknown) => error instanceof Error ? error : new Error(String(error)));
    if (!(bytes instanceof Error)) notebooks.push({ file, path, bytes });
    else problems.push(makeError({ code: "unreadable", place: { file }, ...(await explainUnread(path, bytes)) }));
  }
  return { notebooks, problems };
}

async function explainUnread(path: string, error: Error): Promise<{ readonly message: string; readonly hint: string }> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) return { message: "there is no such file", hint: "name a notebook, or none for all of the project" };
  if (kind.isDirectory()) return { message: "this is a folder", hint: "name the notebooks in it: FOLDER/*.ipynb" };
  return { message: `this file can't be read: ${error.message}`, hint: "check that it is a file that you may read" };
}

async function listProject(flags: Flags): Promise<{ readonly file: string; readonly path: string }[]> {
  const { findNotebooks } = await import("../engine/project/find-notebooks.js");
  const { root } = findSite(flags);
  return (await findNotebooks(root)).map((file) => ({ file, path: join(root, file) }));
}

async function readStaged(flags: Flags): Promise<ReadNotebooks> {
  const { readStagedNotebooks } = await import("../engine/notebook/strip/staged-notebooks.js");
  return { notebooks: (await readStagedNotebooks(findSite(flags).root)).map(({ file, bytes }) => ({ file, path: "", bytes })), problems: [] };
}

type Stripped = { readonly file: string; readonly path: string; readonly text: string; readonly summary: StripSummary };
type Outcome = { readonly stripped: readonly Stripped[]; readonly clean: readonly string[]; readonly problems: readonly Problem[] };

function stripAll({ notebooks, problems }: ReadNotebooks): Outcome {
  const results = notebooks.map((notebook) => ({ ...notebook, result: stripNotebook(notebook.file, notebook.bytes) }));
  return {
    stripped: results.flatMap(({ file, path, result }) => (result.kind === "stripped" ? [{ file, path, text: result.text, summary: result.summary }] : [])),
    clean: results.flatMap(({ file, result }) => (result.kind === "clean" ? [file] : [])),
    problems: [...problems, ...results.flatMap(({ result }) => (result.kind === "broken" ? result.problems : []))],
  };
}

async function strip(read: ReadNotebooks, { flags, isDry }: { readonly flags: Flags; readonly isDry: boolean }): Promise<number> {
  const outcome = stripAll(read);
  for (const { path, text } of isDry ? [] : outcome.stripped) await writeInPlace(path, text);
  tell(outcome, { flags, verb: isDry ? "would strip" : "stripped" });
  return outcome.problems.length > 0 ? exitCodes.unusable : exitCodes.ok;
}

function check(read: ReadNotebooks, flags: Flags): number {
  const outcome = stripAll(read);
  tell(outcome, { flags, verb: "carries" });
  if (outcome.problems.length > 0) return exitCodes.unusable;
  return outcome.stripped.length > 0 ? exitCodes.failed : exitCodes.ok;
}

type Telling = { readonly flags: Flags; readonly verb: "stripped" | "would strip" | "carries" };

function tell({ stripped, clean, problems }: Outcome, { flags, verb }: Telling): void {
  for (const problem of problems) if (!flags.has("json")) process.stderr.write(`${formatProblem(problem)}\n`);
  if (flags.has("json")) {
    const answer = { written: verb === "stripped", stripped: stripped.map(({ file, summary }) => ({ file, ...summary })), clean, problems };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const isCheck = verb === "carries";
  for (const { file, summary } of flags.has("quiet") && !isCheck ? [] : stripped) {
    const line = isCheck ? `${file} carries ${describeStrip(summary)}\n` : `${verb}  ${file}  (${describeStrip(summary)})\n`;
    (isCheck ? process.stderr : process.stdout).write(line);
  }
  if (isCheck && stripped.length > 0) process.stderr.write(`\`stitchbook strip\` takes it out${flags.has("staged") ? "; then stage again with `git add`" : ""}.\n`);
  if (stripped.length + problems.length === 0 && !flags.has("quiet")) process.stdout.write(`Nothing to strip: ${clean.length} ${clean.length === 1 ? "notebook" : "notebooks"}.\n`);
}

/** Through symbolic links, and with the mode that the file had. */
async function writeInPlace(path: string, text: string): Promise<void> {
  const { writeDurably } = await import("../engine/run/publish/durable-file.js");
  const target = await realpath(path);
  const { mode } = await stat(target);
  await writeDurably(target, text);
  await chmod(target, mode & 0o7777);
}

/** A file name is only for messages: git's `%f`. */
async function filter({ flags, positionals }: CommandInput): Promise<number> {
  const [name = "standard input", ...others] = positionals.filter((each) => each !== "-");
  if (others[0] !== undefined) throw new UsageError(`strip --stdin reads one notebook, found a second name: ${others[0]}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  const bytes = Buffer.concat(chunks);
  const result = stripNotebook(name, bytes);
  if (result.kind === "broken") {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return exitCodes.unusable;
  }
  if (flags.has("check")) return result.kind === "clean" ? exitCodes.ok : exitCodes.failed;
  process.stdout.write(result.kind === "clean" ? bytes : result.text);
  return exitCodes.ok;
}

async function setUp(mode: "install" | "uninstall", { flags, positionals }: CommandInput): Promise<number> {
  refuseArguments(`strip --${mode}`, positionals);
  const { installGitFilter, uninstallGitFilter } = await import("../engine/notebook/strip/git-setup.js");
  const site = { root: findSite(flags).root, program: findProgram() };
  const { done, todo } = mode === "install" ? await installGitFilter(site) : await uninstallGitFilter(site);
  const show = (line: string) => line.replaceAll(`${process.cwd()}/`, "");
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ done, todo })}\n`);
  else {
    for (const line of flags.has("quiet") ? [] : done) process.stdout.write(`${show(line)}\n`);
    for (const line of todo) process.stderr.write(`to do: ${show(line)}\n`);
    if (mode === "install" && !flags.has("quiet")) process.stdout.write("From now on git keeps notebooks without outputs; your working copies keep theirs. For those that were committed with outputs: git add --renormalize .\n");
  }
  return exitCodes.ok;
}
