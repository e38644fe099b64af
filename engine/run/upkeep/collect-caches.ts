import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { entryPrefix } from "../../notebook/compile/notebook-cache.js";
import type { Project } from "../../project/types.js";
import type { Removal } from "../../store/collect-garbage.js";

export type CacheOptions = {
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly project: Pick<Project, "stages">;
  /** What nobody used for longer goes. */
  readonly maxAgeMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** True to tell only. */
  readonly isDryRun: boolean;
};

/** A file of a cache that goes. */
export type CacheRemoval = Pick<Removal, "file" | "bytes" | "usedAtMs"> & { readonly why: "compiled" | "code" | "packages" | "plot" };

type CacheFile = { readonly name: string; readonly file: string; readonly bytes: number; readonly usedAtMs: number };

/**
 * Removes compiled notebooks, codes of stages, bundled packages and plots that nobody used for long. The newest of each present notebook and stage
 * stays: the next run may want it.
 */
export async function collectCaches(options: CacheOptions): Promise<readonly CacheRemoval[]> {
  const { stateFolder, project, maxAgeMs, now, isDryRun } = options;
  const isOld = ({ usedAtMs }: CacheFile) => now - usedAtMs > maxAgeMs;
  const compiled = (await listFiles(join(stateFolder, "cache"))).filter(({ name }) => /^[0-9a-f]{16}-/.test(name));
  const newest = new Set(project.stages.flatMap((stage) => newestOf(compiled.filter(({ name }) => name.startsWith(entryPrefix(stage.file))))));
  const packages = await listFiles(join(stateFolder, "cache", "packages"));
  const plots = await listFiles(join(stateFolder, "cache", "plots"));
  const codes = await listFiles(join(stateFolder, "code"));
  const present = new Set(project.stages.flatMap((stage) => [`${stage.id}.json`, `${stage.id}.names.json`]));
  const removed = [
    ...compiled.filter((file) => isOld(file) && !newest.has(file)).map((file) => toRemoval(file, "compiled")),
    ...packages.filter(isOld).map((file) => toRemoval(file, "packages")),
    ...plots.filter(isOld).map((file) => toRemoval(file, "plot")),
    ...codes.filter((file) => isOld(file) && !present.has(file.name)).map((file) => toRemoval(file, "code")),
  ];
  if (!isDryRun) for (const { file } of removed) await rm(file, { force: true });
  return removed;
}

function toRemoval({ file, bytes, usedAtMs }: CacheFile, why: CacheRemoval["why"]): CacheRemoval {
  return { file, bytes, usedAtMs, why };
}

function newestOf(files: readonly CacheFile[]): readonly CacheFile[] {
  const [first, ...others] = files;
  return first === undefined ? [] : [others.reduce((newest, file) => (file.usedAtMs > newest.usedAtMs ? file : newest), first)];
}

async function listFiles(folder: string): Promise<readonly CacheFile[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const files = await Promise.all(
    names.map(async (name): Promise<readonly CacheFile[]> => {
      const file = join(folder, name);
      const stats = await stat(file).catch(() => null);
      // Reading sets the one time, where the file system keeps it, and writing the other.
      return stats === null || !stats.isFile() ? [] : [{ name, file, bytes: stats.size, usedAtMs: Math.max(stats.atimeMs, stats.mtimeMs) }];
    }),
  );
  return files.flat();
}
