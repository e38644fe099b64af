import { relative, sep } from "node:path";
import type { PlanCache } from "../plan/plan-cache.js";
import type { DiskBasis } from "../project/disk.js";
import { matcherOf } from "../project/patterns.js";
import type { Project, Task } from "../project/types.js";
import { isTemporaryName } from "../run/publish/durable-file.js";
import { framePath } from "../run/report-inputs.js";
import type { Watched } from "./changes.js";

export type WatchedParts = {
  /** Sound or not. */
  readonly project: Project;
  /** What reading it rested on. */
  readonly basis: DiskBasis;
  /** The tasks that are kept up to date; what others make counts as a source. */
  readonly selected: readonly Task[];
  readonly cache: PlanCache;
  /** Notebook -> project paths of the modules that its types rest on, as far as they were compiled. */
  readonly reached: ReadonlyMap<string, readonly string[]>;
};

/** What any task may rest on, besides what is found. Packages are installed whole when these are written. */
const general = ["stitchbook.yaml", "tsconfig.json", "package.json", "package-lock.json", "node_modules/.package-lock.json"];

/** Finds all that a plan of a project rests on, and which tasks rest on what. */
export async function findWatched({ project, basis, selected, cache, reached }: WatchedParts): Promise<Watched> {
  const files = new Map<string, Set<string> | null>(general.map((path) => [path, null]));
  const add = (path: string, task: string | null): void => {
    const known = files.get(path);
    if (known === null) return;
    if (task === null) files.set(path, null);
    else files.set(path, (known ?? new Set()).add(task));
  };
  const made = new Set(project.tasks.flatMap((task) => task.outputs.map(({ path }) => path)));
  const ids = new Set(selected.map(({ id }) => id));
  const read = new Map([...basis.texts].map(([path, { digest }]) => [path, digest]));
  for (const task of selected) {
    for (const [path, digest] of await sourcesOf(task, { project, cache, reached })) {
      add(path, task.id);
      if (digest !== null) read.set(path, digest);
    }
    for (const { path, producer } of task.inputs) if (producer === null || !ids.has(producer)) add(path, task.id);
  }
  for (const path of basis.texts.keys()) if (!files.has(path)) add(path, null);
  for (const [path, kind] of basis.kinds) if (kind !== "folder" && !files.has(path) && !made.has(path)) add(path, null);
  return { files, folders: findFolders(project, basis, made), read };
}

/** A file, and the digest of its bytes where it was read. */
type Source = readonly [path: string, digest: string | null];

async function sourcesOf({ node }: Task, { project, cache, reached }: Pick<WatchedParts, "project" | "cache" | "reached">): Promise<readonly Source[]> {
  const named = (paths: readonly string[]): Source[] => paths.map((path) => [path, null]);
  if (node.kind === "report") return named([node.file, ...node.references.partials, ...(node.outputs.html === null ? [] : [framePath])]);
  const code = await cache.code(project, node).catch(() => null);
  const seen = (code?.seen ?? []).map(([path, digest]): Source => [path, digest === "present" ? null : digest]);
  const linked = cache.packages.linkedFiles(code?.packages ?? []).map((file) => relative(project.root, file).split(sep).join("/"));
  return [...named([node.file, ...(reached.get(node.file) ?? []), ...linked]), ...seen];
}

function findFolders(project: Project, basis: DiskBasis, made: ReadonlySet<string>): Watched["folders"] {
  const globs = [...basis.globs].map((glob) => ({ matches: matcherOf(glob), depth: glob.includes("**") ? Infinity : glob.split("/").length }));
  const images = project.reports.map((report) => report.outputs.images);
  const folders = new Map<string, (name: string, isFolder: boolean) => boolean>();
  for (const absolute of basis.folders.keys()) {
    const path = relative(project.root, absolute).split(sep).join("/");
    if (path.startsWith("..")) continue;
    const depth = path === "" ? 1 : path.split("/").length + 1;
    folders.set(path, (name, isFolder) => {
      if (isTemporaryName(name)) return false;
      const full = path === "" ? name : `${path}/${name}`;
      if (isFolder) return !name.startsWith(".") && name !== "node_modules" && globs.some((glob) => glob.depth > depth) && !isMadeFolder(full, made);
      return !made.has(full) && !images.some((folder) => full.startsWith(`${folder}/`)) && globs.some(({ matches }) => matches(full));
    });
  }
  return folders;
}

function isMadeFolder(folder: string, made: ReadonlySet<string>): boolean {
  return ["logs", "reports"].includes(folder) || [...made].some((path) => path.startsWith(`${folder}/`));
}

/** The tasks that changes make pointless to go on with, those behind them included; null where all are. */
export function findAffected(paths: readonly string[], watched: Watched, tasks: readonly Pick<Task, "id" | "dependsOn">[]): ReadonlySet<string> | null {
  const affected = new Set<string>();
  for (const path of paths) {
    const resting = watched.files.get(path);
    if (resting === null) return null;
    for (const task of resting ?? []) affected.add(task);
  }
  for (const { id, dependsOn } of tasks) if (dependsOn.some((each) => affected.has(each))) affected.add(id);
  return affected;
}
