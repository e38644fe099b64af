import { promises } from "node:fs";
import { join } from "node:path";
import { sealText, unsealText } from "../checkpoint/sealed-text.js";
import { isListOf } from "../checkpoint/record-shape.js";
import type { FileSystem } from "../run/publish/file-system.js";
import { contentPath, hasContent, isSound, putFile, putInPlace, putText, takeFile, takeText, writeNewFile, type Taken } from "./contents.js";
import { isStoredCell, isStoredResult, RESULT_VERSION } from "./result-shape.js";
import { sweepIncoming } from "./sweep-incoming.js";
import type { ContentKey, StoredCell, StoredResult } from "./types.js";

/*
 *   store/results/ab/cd…json   one result a fingerprint: what its last good execution gave, sealed by a checksum
 *   store/contents/ab/cd…      the bytes, named by their SHA-256
 *   store/incoming/            files that are being written
 *
 * A file appears by one rename, and a result after its contents. Nothing of the store is ever linked to the outside:
 * what is put is copied in, what is taken is copied out.
 */

/** A result to put: what its execution made, and where. */
export type ResultToPut = Omit<StoredResult, "version" | "cells"> & {
  /** Absolute path of the folder that holds the artifacts under their paths. */
  readonly folder: string;
  /** Null for a report. */
  readonly cells: readonly StoredCell[] | null;
};

/** The results of earlier executions, by fingerprint. */
export type Store = {
  /** Absolute. */
  readonly folder: string;
  /**
   * The last result with a fingerprint, if all its contents seem to be there. Only sizes are looked at.
   *
   * @returns null where there is none, and where it is damaged in any way
   */
  readonly find: (fingerprint: string) => Promise<StoredResult | null>;
  /** What the cells of a result showed; null where that is missing or damaged. */
  readonly readCells: (result: StoredResult) => Promise<readonly StoredCell[] | null>;
  /** Copies a content out, every byte checked. */
  readonly take: (key: ContentKey, to: string) => Promise<Taken>;
  /** Removes those contents of a result whose bytes are not theirs; whatever needs them is then no result any more. */
  readonly dropDamaged: (result: StoredResult) => Promise<void>;
  /**
   * Puts a result in the place of an earlier one with its fingerprint.
   *
   * @returns how many bytes the store grew by
   * @throws the file system's error, such as a full disk; then no result with this fingerprint is there any more, since
   * an earlier one would no longer be the last
   */
  readonly put: (result: ResultToPut) => Promise<number>;
  /** Remembers that a result was of use. */
  readonly touch: (fingerprint: string) => Promise<void>;
};

/** Left free on the disk, so that the store never takes the space that a publication needs. */
const RESERVED_BYTES = 32 * 1024 * 1024;

/** Absolute path of the file of a result. */
export function resultPath(folder: string, fingerprint: string): string {
  return join(folder, "results", fingerprint.slice(0, 2), `${fingerprint.slice(2)}.json`);
}

/**
 * Opens a store. Nothing is read or made before it is used.
 *
 * @param options.folder - absolute
 */
export function openStore({ folder, fs = promises }: { readonly folder: string; readonly fs?: FileSystem }): Store {
  let isSwept = false;
  return {
    folder,
    find: (fingerprint) => find(folder, fingerprint, fs),
    readCells: (result) => readCells(folder, result, fs),
    take: (key, to) => takeFile(folder, key, { to, fs }),
    dropDamaged: async (result) => {
      for (const key of contentsOf(result)) if (!(await isSound(folder, key))) await fs.rm(contentPath(folder, key.sha256), { recursive: true, force: true });
    },
    put: async (result) => {
      if (!isSwept) await sweepIncoming(folder, fs);
      isSwept = true;
      return put(folder, result, fs);
    },
    touch: async (fingerprint) => {
      const handle = await fs.open(resultPath(folder, fingerprint), "r+");
      const now = new Date();
      await handle.utimes(now, now).finally(() => handle.close());
    },
  };
}

/** Reads a result; null where there is none, or none that can be trusted. */
export async function readResult(file: string, fs: FileSystem): Promise<StoredResult | null> {
  const bytes = await fs.readFile(file).catch(() => null);
  const value = bytes === null ? undefined : unsealText(bytes);
  return isStoredResult(value) ? value : null;
}

async function find(folder: string, fingerprint: string, fs: FileSystem): Promise<StoredResult | null> {
  const result = await readResult(resultPath(folder, fingerprint), fs);
  if (result === null || result.fingerprint !== fingerprint) return null;
  for (const key of contentsOf(result)) if (!(await hasContent(folder, key, fs))) return null;
  return result;
}

/** All that a result needs of the store. */
export function contentsOf({ artifacts, cells }: StoredResult): readonly ContentKey[] {
  return cells === null ? artifacts : [...artifacts, cells];
}

async function readCells(folder: string, { cells }: StoredResult, fs: FileSystem): Promise<readonly StoredCell[] | null> {
  if (cells === null) return [];
  const text = await takeText(folder, cells, fs);
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  return isListOf(value, isStoredCell) ? value : null;
}

async function put(folder: string, { folder: from, cells, ...about }: ResultToPut, fs: FileSystem): Promise<number> {
  const path = resultPath(folder, about.fingerprint);
  const added: { readonly key: ContentKey; readonly bytes: number }[] = [];
  try {
    await refuseFullDisk(folder, about.artifacts, fs);
    for (const artifact of about.artifacts) added.push({ key: artifact, bytes: await putFile(folder, artifact, { from: join(from, artifact.path), fs }) });
    const shown = cells === null ? null : await putText(folder, JSON.stringify(cells), fs);
    if (shown !== null) added.push({ key: shown.key, bytes: shown.added });
    const text = Buffer.from(sealText({ version: RESULT_VERSION, ...about, cells: shown?.key ?? null } satisfies StoredResult));
    await putInPlace(folder, path, { fs, bytes: text.length, write: (to) => writeNewFile(to, text, fs) });
    return added.reduce((sum, { bytes }) => sum + bytes, text.length);
  } catch (error) {
    await fs.rm(path, { force: true }).catch(() => undefined);
    for (const { key, bytes } of added) if (bytes > 0) await fs.rm(contentPath(folder, key.sha256), { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A disk that the store filled to the last byte would make the task's own publication fail. */
async function refuseFullDisk(folder: string, artifacts: readonly ContentKey[], fs: FileSystem): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  const needed = artifacts.reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await fs.statfs(folder);
  if (bavail * bsize < needed + RESERVED_BYTES) throw Object.assign(new Error("The disk is almost full"), { code: "ENOSPC" });
}
