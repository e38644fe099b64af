import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";

export type FenceOptions = {
  /** Absolute and real: the working directory, the only place that may be written. */
  readonly folder: string;
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute path of the worker's program. */
  readonly workerFile: string;
  /** Further absolute paths that may be read. */
  readonly readable: readonly string[];
};

/**
 * Node's flags for the fence round a worker: it reads its folder, packages and package files, and writes its folder.
 * Native addons, child processes and threads are let through.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/permissions.html
 */
export function permissionFlags(options: FenceOptions): readonly string[] {
  const known = process.allowedNodeEnvironmentFlags;
  return [
    known.has("--permission") ? "--permission" : "--experimental-permission",
    ...[...readablePaths(options)].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${options.folder}`,
    "--allow-addons",
    "--allow-child-process",
    "--allow-worker",
    ...(known.has("--allow-net") ? ["--allow-net"] : []),
  ];
}

function readablePaths({ folder, projectRoot, workerFile, readable }: FenceOptions): ReadonlySet<string> {
  const paths = new Set([folder, workerFile, dirname(workerFile), ...readable]);
  const searched = new Set<string>();
  const open = (start: string): void => {
    for (const parent of ancestorsOf(start)) {
      if (searched.has(parent)) continue;
      searched.add(parent);
      // Allowed whether they are there or not: looking for them upward is what every resolver does.
      paths.add(join(parent, "package.json"));
      const modules = join(parent, "node_modules");
      paths.add(modules);
      for (const target of linkTargets(modules)) openLink(target);
    }
  };
  const openLink = (target: string): void => {
    const isCovered = [...paths].some((path) => target === path || target.startsWith(path + sep));
    // A link to the project itself must not open all of it.
    const holdsProject = [projectRoot, folder].some((path) => `${path}${sep}`.startsWith(`${target}${sep}`));
    if (!isCovered && !holdsProject) paths.add(target);
    open(target);
  };
  for (const start of new Set([folder, projectRoot, real(projectRoot), dirname(workerFile), dirname(real(workerFile))])) open(start);
  return paths;
}

/** Real paths of linked packages in a `node_modules`, and of that folder itself where it is a link. */
function linkTargets(modules: string): readonly string[] {
  const targets = isLink(modules) ? [real(modules)] : [];
  for (const entry of entriesOf(modules)) {
    const path = join(modules, entry.name);
    if (entry.isSymbolicLink()) targets.push(real(path));
    else if (entry.name.startsWith("@") && entry.isDirectory()) {
      for (const scoped of entriesOf(path)) if (scoped.isSymbolicLink()) targets.push(real(join(path, scoped.name)));
    }
  }
  return targets;
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** A broken link leads nowhere: its own path does no harm. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function ancestorsOf(start: string): readonly string[] {
  const folders = [start];
  for (let folder = start; dirname(folder) !== folder; ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}
