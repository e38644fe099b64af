import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import type { Watched } from "./changes.js";

/**
 * Tells when something stirs among what is watched: its files, and the names in the folders that hold them. What really
 * changed is for others to find out.
 */
export class FileWatcher {
  readonly #watcher: FSWatcher;
  #paths: ReadonlySet<string> = new Set();
  #folders: Watched["folders"] = new Map();

  /** @param root Absolute. */
  constructor(private readonly root: string, onStir: () => void, onError: (error: unknown) => void) {
    this.#watcher = watch([], {
      ignoreInitial: true,
      depth: 0,
      atomic: false,
      ignorePermissionErrors: true,
      // Asked whenever a name appears: only what is watched now, and folders that hold it.
      ignored: (path) => !this.#paths.has(path) && !this.#isName(path),
    });
    this.#watcher.on("all", onStir).on("error", onError);
  }

  /** Watches this from now on, and nothing else. */
  follow(watched: Watched): void {
    const paths = new Set<string>([this.root]);
    for (const path of watched.files.keys()) {
      paths.add(join(this.root, path));
      paths.add(nearestFolder(join(this.root, path)));
    }
    for (const path of watched.folders.keys()) paths.add(existingFolder(join(this.root, path)));
    const gone = [...this.#paths].filter((path) => !paths.has(path));
    // A folder that was removed and made again is another one: chokidar has let it go.
    const present = this.#watcher.getWatched();
    const added = [...paths].filter((path) => existsSync(path) && (!this.#paths.has(path) || (isFolder(path) && present[path] === undefined)));
    this.#paths = paths;
    this.#folders = watched.folders;
    if (gone.length > 0) this.#watcher.unwatch(gone);
    if (added.length > 0) this.#watcher.add(added);
  }

  /** Whether this is a name that counts in a folder that globs look into. */
  #isName(path: string): boolean {
    const counts = this.#folders.get(relative(this.root, dirname(path)).split(sep).join("/"));
    return counts !== undefined && (counts(basename(path), false) || counts(basename(path), true));
  }

  async close(): Promise<void> {
    await this.#watcher.close();
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function nearestFolder(path: string): string {
  return existingFolder(dirname(path));
}

/** The folder itself, or the nearest one above it that exists. */
function existingFolder(path: string): string {
  return isFolder(path) || dirname(path) === path ? path : existingFolder(dirname(path));
}
