import { lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compareArtifacts } from "../../checkpoint/compare-artifacts.js";
import { differingValue, showValue } from "../../checkpoint/compare/json-difference.js";
import { digestFile } from "../../checkpoint/file-state.js";
import type { CellOutput } from "../../notebook/types.js";
import type { LabelledOutput, TaskRecord } from "../../plan/types.js";
import type { JsonValue } from "../../project/types.js";
import { guessCause, type Surroundings } from "./difference-hint.js";
import type { FoundDifference } from "./verdict.js";

/** Larger files are not searched for a cause. */
const MOST_SEARCHED_BYTES = 4 << 20;

type Comparison = {
  /** Absolute. */
  readonly projectRoot: string;
  /** Absolute: holds the new artifacts under their project paths. */
  readonly folder: string;
  readonly surroundings: Surroundings;
};

/**
 * Compares the artifacts of a record with new ones, by their digests, and finds the first difference of each that
 * differs.
 *
 * @param paths - of the new ones; where a report draws more or fewer pictures, these differ from the record's
 */
export async function compareFiles(record: TaskRecord, paths: readonly string[], comparison: Comparison): Promise<FoundDifference[]> {
  const digests = new Map(record.artifacts.map(({ path, sha256 }) => [path, sha256]));
  const differences = [];
  for (const path of new Set([...digests.keys(), ...paths])) {
    const found = join(comparison.folder, path);
    const isThere = lstatSync(found, { throwIfNoEntry: false })?.isFile() === true;
    if (isThere && (await digestFile(found)).sha256 === digests.get(path)) continue;
    const recorded = digests.has(path) ? join(comparison.projectRoot, path) : join(comparison.folder, ".none");
    const difference = await compareArtifacts({ path, recorded, found });
    // Equal bytes with another digest: the project's own file was changed meanwhile.
    if (difference === null) throw new Error(`${path} was changed while it was compared`);
    const hint = guessCause(difference, comparison.surroundings, await readTexts([recorded, found]));
    differences.push({ artifact: path, label: null, ...difference, hint });
  }
  return differences;
}

/** Compares what labelled cells displayed, and finds the first difference of each. */
export function compareOutputs(record: TaskRecord, labels: readonly LabelledOutput[], surroundings: Surroundings): FoundDifference[] {
  const found = new Map(labels.map(({ label, outputs }) => [label, outputs]));
  return record.labels.flatMap(({ label, outputs }) => {
    const again = found.get(label);
    // A label that is gone changed nothing that the record is about.
    const difference = again === undefined ? null : differingValue(outputs.map(toValue), again.map(toValue), "outputs");
    if (difference === null) return [];
    const texts = { recorded: showValue(difference.recorded), found: showValue(difference.found) };
    const hint = guessCause(texts, surroundings, [JSON.stringify(difference.recorded ?? null), JSON.stringify(difference.found ?? null)]);
    return [{ artifact: null, label, place: { kind: "json", path: difference.path }, ...texts, hint } as const];
  });
}

/** The number of an execution counts cells without effect too. */
function toValue(output: CellOutput): JsonValue {
  if (output.output_type !== "execute_result") return { ...output };
  const { execution_count: _, ...rest } = output;
  return rest;
}

async function readTexts(files: readonly [string, string]): Promise<readonly [string, string] | null> {
  const sizes = files.map((file) => lstatSync(file, { throwIfNoEntry: false })?.size ?? Infinity);
  if (sizes.some((size) => size > MOST_SEARCHED_BYTES)) return null;
  return Promise.all([readFile(files[0], "latin1"), readFile(files[1], "latin1")]);
}
