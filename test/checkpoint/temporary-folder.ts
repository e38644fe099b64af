import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type ArtifactFile, type CheckedArtifact, describeArtifact } from "../../engine/checkpoint/describe.js";
import type { OutputContract } from "../../engine/project/types.js";

/** A folder for one test file, removed after its last test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "checkpoint-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes functions that write a file and describe it. */
export function describer(folder: string) {
  return async (name: string, content: string | Uint8Array, options: { readonly contract?: Partial<OutputContract>; readonly chunkBytes?: number } = {}): Promise<CheckedArtifact> => {
    const absolute = join(folder, name);
    writeFileSync(absolute, content);
    const { contract, chunkBytes } = options;
    const file: ArtifactFile = {
      absolute,
      path: name,
      ...(contract === undefined ? {} : { contract: { path: name, place: { file: "notebooks/a.ipynb" }, ...contract } }),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    };
    return describeArtifact(file);
  };
}

/** `name:type` of each column, joined by commas. */
export function schemaText({ description }: CheckedArtifact): string | null {
  return description.schema?.map(({ name, type }) => `${name}:${type}`).join(",") ?? null;
}
