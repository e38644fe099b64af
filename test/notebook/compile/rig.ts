import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cell } from "../../../engine/project/types.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

export type ProjectRig = {
  readonly root: string;
  readonly cacheFolder: string;
  write(path: string, content: string): Promise<void>;
  remove(): Promise<void>;
};

/** A temporary project folder. */
export async function createProject(files: Readonly<Record<string, string>> = {}): Promise<ProjectRig> {
  const root = await makeTemporaryFolder("stitchbook-compile-");
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  return { root, cacheFolder: join(root, ".stitchbook/cache"), write, remove: () => rm(root, { recursive: true }) };
}

/** Code cells, the first of them cell 2. */
export function makeCells(sources: readonly string[], tags: readonly string[] = []): Cell[] {
  return sources.map((source, index) => ({ type: "code", position: index + 2, id: `cell-${index + 2}`, source, options: { tags } }));
}

export function makeNotebook(file: string, sources: readonly string[]): { file: string; cells: Cell[]; parameters: [] } {
  return { file, cells: makeCells(sources), parameters: [] };
}
