import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { ResultToPut } from "../../engine/store/store.js";
import type { StoredCell } from "../../engine/store/types.js";

/** A fingerprint's hash. */
export const fingerprintOf = (text: string): string => createHash("sha256").update(text).digest("hex");

export const sampleCells: readonly StoredCell[] = [
  { outputs: [{ output_type: "stream", name: "stdout", text: "hello\n" }], durationMs: 3 },
  { outputs: [{ output_type: "execute_result", execution_count: 2, data: { "text/plain": "7" }, metadata: {} }], durationMs: 1 },
];

/** Makes empty folders that are removed after the last test of the file. */
export function temporaryFolders(): () => Promise<string> {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), "stitchbook-store-"));
    folders.push(folder);
    return folder;
  };
}

/** Writes artifacts into a task's folder, and gives the result to put. */
export async function makeResult(folder: string, name: string, files: Readonly<Record<string, string>>, more: Partial<ResultToPut> = {}): Promise<ResultToPut> {
  const artifacts = [];
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    artifacts.push({ path, bytes: Buffer.byteLength(text), sha256, rows: 2, schema: [{ name: "day", type: "integer" as const }], schemaHash: "5c4e" });
  }
  return {
    task: name,
    fingerprint: fingerprintOf(name),
    contract: "c0ffee",
    artifacts,
    inputs: [{ path: "raw/a.csv", sha256: "1".repeat(64) }],
    cells: sampleCells,
    run: "2026-01-01T000000.000Z-abcd",
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T00:00:02.000Z",
    durationMs: 2000,
    folder,
    ...more,
  };
}

/** Every file below a folder, by code unit. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
