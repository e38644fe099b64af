import { existsSync, realpathSync } from "node:fs";
import { chmod, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { askGit, callGit, findWorkTree, tellGit } from "./git.js";

/** What `strip --install` and `--uninstall` did, or left for somebody to do; one line each. */
export type SetupReport = { readonly done: readonly string[]; readonly todo: readonly string[] };

export type SetupSite = {
  /** The project's folder, absolute. */
  readonly root: string;
  /** The bundled command, absolute. */
  readonly program: string;
};

const filter = "filter.stitchbook";
const attributeLines = ["*.ipynb filter=stitchbook", "reports/notebooks/*.ipynb !filter"];
const hookMark = "# stitchbook strip: written by `stitchbook strip --install`, removed by `--uninstall`.";

/**
 * Lets git keep notebooks without outputs: a clean filter, the attribute that names it, and a check before each commit.
 * What is there already stays, and nobody's hook is replaced.
 *
 * @throws {GitError} outside of a git work tree
 */
export async function installGitFilter({ root, program }: SetupSite): Promise<SetupReport> {
  const place = await findPlace(root, program);
  const done = [await setFilter(place), ...(await addAttributes(place))];
  const hook = await addHook(place);
  const todo = [...(await findOtherFilter(place)), ...hook.todo];
  return { done: [...done, ...hook.done], todo };
}

/** Takes back what {@link installGitFilter} wrote, and nothing else. */
export async function uninstallGitFilter({ root, program }: SetupSite): Promise<SetupReport> {
  const place = await findPlace(root, program);
  const done = [...(await unsetFilter(place)), ...(await removeAttributes(place)), ...(await removeHook(place))];
  return { done: done.length === 0 ? ["nothing was installed"] : done, todo: [] };
}

/** Which of these files git already keeps without outputs, because the filter is set up for them. @param files paths in `root` */
export async function findFiltered(root: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  try {
    if ((await askGit(root, "config", "--get", `${filter}.clean`)) === null) return new Set();
    const { stdout } = await callGit(root, ["check-attr", "-z", "--stdin", "filter"], files.map((file) => `${file}\0`).join(""));
    const [...parts] = stdout.toString().split("\0");
    return new Set(files.filter((_, index) => parts[index * 3 + 2] === "stitchbook"));
  } catch {
    // Without git nothing is filtered.
    return new Set();
  }
}

/** Absolute paths, but `program` and `project`, which are as git's own calls need them: relative to the work tree where they lie in it. */
type Place = { readonly root: string; readonly hook: string; readonly program: string; readonly project: string };

async function findPlace(root: string, program: string): Promise<Place> {
  const top = realpathSync(await findWorkTree(root));
  const hooks = (await askGit(root, "rev-parse", "--git-path", "hooks")) ?? ".git/hooks";
  return {
    root,
    hook: join(isAbsolute(hooks) ? hooks : join(root, hooks), "pre-commit"),
    // Relative where it can be, so that a moved or second work tree uses its own packages.
    program: relativeInside(top, program) ?? program,
    project: relativeInside(top, realpathSync(root)) ?? root,
  };
}

function relativeInside(folder: string, path: string): string | null {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? null : way === "" ? "." : way;
}

async function setFilter({ root, program }: Place): Promise<string> {
  const command = `node ${quote(program)} strip --stdin %f`;
  if ((await askGit(root, "config", "--local", "--get", `${filter}.clean`)) === command) return "git's configuration has the filter already";
  await tellGit(root, "config", "--local", `${filter}.clean`, command);
  return `git's configuration: set ${filter}.clean to ${command}`;
}

async function unsetFilter({ root }: Place): Promise<string[]> {
  if ((await askGit(root, "config", "--local", "--get", `${filter}.clean`)) === null) return [];
  await tellGit(root, "config", "--local", "--remove-section", filter);
  return [`git's configuration: removed ${filter}`];
}

async function addAttributes(place: Place): Promise<string[]> {
  const file = join(place.root, ".gitattributes");
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = attributeLines.filter((line) => !present.has(line));
  if (missing.length === 0) return [".gitattributes names the filter already"];
  if ((await findOtherFilter(place)).length > 0) return [];
  await writeFile(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${missing.map((line) => `${line}\n`).join("")}`);
  return [`.gitattributes: added ${missing.join(" and ")}`];
}

/** Somebody else's filter for notebooks: two can't serve one file. */
async function findOtherFilter({ root }: Place): Promise<string[]> {
  const answer = await askGit(root, "check-attr", "filter", "--", "notebooks/any.ipynb");
  const found = /: filter: (.*)$/.exec(answer ?? "")?.[1] ?? "unspecified";
  if (["unspecified", "unset", "stitchbook"].includes(found)) return [];
  return [`.gitattributes gives notebooks to the filter ${found}: take that line out and install again, or keep it and use \`stitchbook strip --staged\` as a check`];
}

async function removeAttributes({ root }: Place): Promise<string[]> {
  const file = join(root, ".gitattributes");
  if (!existsSync(file)) return [];
  const text = await readFile(file, "utf8");
  const lines = text.split(/(?<=\n)/);
  const kept = lines.filter((line) => !attributeLines.includes(line.trim()));
  if (kept.length === lines.length) return [];
  if (kept.length === 0) await unlink(file);
  else await writeFile(file, kept.join(""));
  return [`.gitattributes: removed ${kept.length === 0 ? "it, since nothing else was in it" : "the lines of the filter"}`];
}

function hookText({ program, project }: Place): string {
  return [
    "#!/bin/sh",
    hookMark,
    `program=${quote(program)}`,
    'if [ ! -f "$program" ]; then',
    '  echo "stitchbook is not installed here (npm ci); notebooks were not checked for outputs" >&2',
    "  exit 0",
    "fi",
    `exec node "$program" strip --staged --quiet --root ${quote(project)}`,
    "",
  ].join("\n");
}

async function addHook(place: Place): Promise<SetupReport> {
  const wanted = hookText(place);
  const present = existsSync(place.hook) ? await readFile(place.hook, "utf8") : null;
  if (present === wanted) return { done: [`${place.hook} is there already`], todo: [] };
  const command = `node ${quote(place.program)} strip --staged --quiet --root ${quote(place.project)}`;
  if (present?.includes(command) === true) return { done: [`${place.hook} checks notebooks already`], todo: [] };
  if (present !== null && !present.includes(hookMark)) {
    return { done: [], todo: [`${place.hook} is a hook of your own and was left as it is; add this line to it:\n  ${command} || exit 1`] };
  }
  await mkdir(dirname(place.hook), { recursive: true });
  await writeFile(place.hook, wanted);
  await chmod(place.hook, 0o755);
  return { done: [`${place.hook}: a check that staged notebooks carry no outputs`], todo: [] };
}

async function removeHook({ hook }: Place): Promise<string[]> {
  if (!existsSync(hook) || !(await readFile(hook, "utf8")).includes(hookMark)) return [];
  await unlink(hook);
  return [`${hook}: removed`];
}

/** A word for a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
