import { describeField } from "./shapes/field-reader.js";
import { hintName } from "./suggest-name.js";
import { fillDataset, findBadPlaceholder, findReserved, hasDataset, isGlob, isTablePath, normalizePath } from "./patterns.js";
import type { OutputShape } from "./shapes/stage-shape.js";
import type { InputPattern, OutputContract, Problem } from "./types.js";
import type { YamlPath, YamlSource } from "./yaml-source.js";

/** What is declared so far, and where what is wrong is added. */
export type DeclarationContext = { readonly source: YamlSource; readonly problems: Problem[] };

/** Reads a declared input; null where it has a problem. */
export function readInputPattern({ source, problems }: DeclarationContext, path: YamlPath, written: string): InputPattern | null {
  const normal = normalizePath(written);
  const problem = "path" in normal ? findBadPlaceholder(normal.path) : normal;
  if (problem === null && "path" in normal) {
    const reserved = findUnreadable(normal.path);
    if (reserved === null) return { pattern: normal.path, place: source.locate(path) };
    problems.push(describeField(source, path, {
      code: "reserved-input",
      message: `lies in \`${reserved}\`, which is never an input`,
      hint: "declare the file that it was made from",
    }));
    return null;
  }
  if (problem !== null) problems.push(describeField(source, path, problem));
  return null;
}

/** Packages may be read; what the engine and version control keep may not. */
function findUnreadable(path: string): string | null {
  const reserved = findReserved(path);
  return reserved !== null && [".stitchbook/", "logs/", "reports/notebooks/", ".git/"].includes(reserved) ? reserved : null;
}

/** Reads the path of a declared output; null where it has a problem. */
export function readOutputPath({ source, problems }: DeclarationContext, path: YamlPath, written: string): string | null {
  const normal = normalizePath(written);
  if (!("path" in normal)) {
    problems.push(describeField(source, path, normal));
    return null;
  }
  const problem = findBadPlaceholder(normal.path) ?? findReservedOutput(normal.path);
  if (problem !== null) {
    problems.push(describeField(source, path, problem));
    return null;
  }
  if (/[*?]/.test(normal.path) || (isGlob(normal.path) && /[{}]/.test(fillDataset(normal.path, "")))) {
    problems.push(describeField(source, path, {
      code: "glob-output",
      message: `is a glob, found \`${normal.path}\``,
      hint: "name every output; `{dataset}` is the only placeholder",
    }));
    return null;
  }
  return normal.path;
}

function findReservedOutput(path: string) {
  const reserved = findReserved(path);
  return reserved === null ? null : { code: "reserved-output", message: `lies in a reserved place, \`${reserved}\``, hint: "choose another path" };
}

/** Reads a stage's outputs; those with a problem in their path are left out. */
export function readOutputs(context: DeclarationContext, outputs: readonly OutputShape[], foreach: boolean): OutputContract[] {
  const { source, problems } = context;
  return outputs.flatMap((output, index) => {
    const at: YamlPath = ["outputs", index, "path"];
    const path = readOutputPath(context, at, output.path);
    if (path === null) return [];
    if (foreach && !hasDataset(path)) {
      problems.push(describeField(source, at, {
        code: "shared-output",
        message: `has no \`{dataset}\`, so that all datasets would write \`${path}\``,
        hint: "put `{dataset}` into the path",
      }));
    }
    if (!foreach && hasDataset(path)) {
      problems.push(describeField(source, at, {
        code: "dataset-without-foreach",
        message: "holds `{dataset}`, but the stage has no `foreach`",
        hint: "add `foreach: dataset`, or name the file",
      }));
    }
    problems.push(...findTableKeys(source, index, output));
    const { rows, columns, key } = output;
    return [{
      path,
      ...(rows === undefined ? {} : { rows }),
      ...(columns === undefined ? {} : { columns: Object.entries(columns).map(([name, column]) => ({ name, ...column })) }),
      ...(key === undefined ? {} : { key }),
      place: source.locate(at),
    }];
  });
}

function findTableKeys(source: YamlSource, index: number, output: OutputShape): Problem[] {
  if (isTablePath(output.path)) return [];
  const keys = (["rows", "columns", "key"] as const).filter((key) => output[key] !== undefined);
  return keys.map((key) =>
    describeField(source, ["outputs", index, key], {
      code: "not-a-table",
      message: `needs a table, but \`${output.path}\` is none by its name`,
      hint: "tables end in .csv, .tsv, .json, .jsonl, .ndjson, .parquet, .arrow or .feather",
    }),
  );
}

/**
 * Reads the outputs whose numbers are kept; those with a problem are left out.
 *
 * @param outputs paths of the declared outputs; null where they could not be read
 */
export function readMetricPaths({ source, problems }: DeclarationContext, metrics: readonly string[], outputs: readonly string[] | null): string[] {
  return metrics.flatMap((written, index) => {
    const at: YamlPath = ["metrics", index];
    const normal = normalizePath(written);
    const path = "path" in normal ? normal.path : written;
    const problem = findMetricProblem(path, outputs);
    if (problem === null) return [path];
    problems.push(describeField(source, at, problem));
    return [];
  });
}

function findMetricProblem(path: string, outputs: readonly string[] | null) {
  if (!/\.json$/i.test(path)) return { code: "not-metrics", message: `is no JSON file, found \`${path}\``, hint: "metrics are the numbers of a .json file" };
  if (outputs === null || outputs.includes(path)) return null;
  return { code: "undeclared-metrics", message: `names \`${path}\`, which is no output of this stage`, hint: hintName(path, outputs) ?? "add it under `outputs`" };
}
