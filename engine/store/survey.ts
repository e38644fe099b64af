import { join } from "node:path";
import type { FileSystem } from "../run/publish/file-system.js";
import { contentPath } from "./contents.js";
import { contentsOf, readResult } from "./store.js";
import { listStale } from "./sweep-incoming.js";

/** A result that can be trusted. */
export type SurveyedResult = {
  readonly file: string;
  readonly task: string;
  readonly fingerprint: string;
  /** Size of its own file. */
  readonly bytes: number;
  /** When it was made or last restored, in milliseconds since 1970. */
  readonly usedAtMs: number;
  /** SHA-256 of all that it needs. */
  readonly contents: readonly string[];
};

/** A file and its size. */
export type SurveyedFile = { readonly file: string; readonly bytes: number; readonly usedAtMs: number };

/** All that lies in a store. Paths are absolute. */
export type Survey = {
  readonly results: readonly SurveyedResult[];
  /** By SHA-256. */
  readonly contents: ReadonlyMap<string, SurveyedFile>;
  /** Results that can't be read or whose contents are gone. */
  readonly damaged: readonly (SurveyedFile & { readonly task: string | null })[];
  /** What killed processes left, and files that are none of the store's. */
  readonly strays: readonly SurveyedFile[];
};

/** Looks at everything in a store. A missing one is empty. */
export async function surveyStore(folder: string, { now, fs }: { readonly now: number; readonly fs: FileSystem }): Promise<Survey> {
  const strays: SurveyedFile[] = [];
  for (const file of await listStale(folder, { now, fs })) strays.push(await survey(file, fs));
  const contents = new Map<string, SurveyedFile>();
  for (const { file, shard, name } of await listShards(join(folder, "contents"), fs)) {
    const found = await survey(file, fs);
    if (contentPath(folder, shard + name) === file && /^[0-9a-f]{64}$/.test(shard + name)) contents.set(shard + name, found);
    else strays.push(found);
  }
  const results: SurveyedResult[] = [];
  const damaged: Survey["damaged"][number][] = [];
  for (const { file, shard, name } of await listShards(join(folder, "results"), fs)) {
    const found = await survey(file, fs);
    const result = await readResult(file, fs);
    const isWhole = result !== null && `${result.fingerprint}.json` === shard + name && contentsOf(result).every(({ sha256, bytes }) => contents.get(sha256)?.bytes === bytes);
    if (isWhole) results.push({ ...found, task: result.task, fingerprint: result.fingerprint, contents: contentsOf(result).map(({ sha256 }) => sha256) });
    else damaged.push({ ...found, task: result?.task ?? null });
  }
  return { results, contents, damaged, strays };
}

/** How many bytes the files of a store have. Its results are not read. */
export async function measureStore(folder: string, fs: FileSystem): Promise<number> {
  let bytes = 0;
  for (const part of ["contents", "results"]) {
    for (const { file } of await listShards(join(folder, part), fs)) bytes += (await survey(file, fs)).bytes;
  }
  return bytes;
}

async function listShards(folder: string, fs: FileSystem): Promise<readonly { readonly file: string; readonly shard: string; readonly name: string }[]> {
  const files = [];
  for (const shard of [...(await fs.readdir(folder).catch(() => []))].sort()) {
    const names = await fs.readdir(join(folder, shard)).catch(() => null);
    if (names === null) files.push({ file: join(folder, shard), shard: "", name: shard });
    else for (const name of [...names].sort()) files.push({ file: join(folder, shard, name), shard, name });
  }
  return files;
}

async function survey(file: string, fs: FileSystem): Promise<SurveyedFile> {
  const stats = await fs.lstat(file).catch(() => null);
  return { file, bytes: stats?.isFile() === true ? stats.size : 0, usedAtMs: stats?.mtimeMs ?? 0 };
}
