import { distance } from "fastest-levenshtein";
import { readCellOptions } from "./cell-options.js";
import { splitFrontMatter } from "./front-matter.js";
import { readParameterCell } from "./parameters/parameter-cell.js";
import { makeError, makeWarning } from "./problems.js";
import { isQuartoDocumentKey } from "./quarto-keys.js";
import { parseYaml } from "./yaml-source.js";
import type { SourceCell } from "./notebook-source.js";
import type { Cell, ParameterDeclaration, Place, Problem, Stage } from "./types.js";
import type { YamlSource } from "./yaml-source.js";

export type LabelPlace = { readonly label: string; readonly stage: string; readonly cell: number; readonly place: Place };

export type ReadStage = {
  /** Null where the notebook is no stage, or one without a usable id. */
  readonly stage: Stage | null;
  readonly isStage: boolean;
  /** True where outputs or labels may be missing because they could not be read. */
  readonly isPartial: boolean;
  readonly labels: readonly LabelPlace[];
  readonly problems: readonly Problem[];
};

const ownKeys = ["stage", "inputs", "outputs", "env", "secrets", "retry", "timeout", "max_age", "idempotent", "metrics", "foreach"];

/**
 * Reads a notebook as a stage.
 * @param file the notebook's project path
 * @param cells its cells
 */
export async function readStage(file: string, cells: readonly SourceCell[]): Promise<ReadStage> {
  const [first] = cells;
  const place: Place = { file, cell: 1, line: 1 };
  if (first === undefined || !/^---(?!-)/.test(first.source)) return noStage([]);
  if (first.type !== "raw") return noStage(warnOfCellType(first, place));
  const split = await splitFrontMatter(first.source);
  if (split === null) return noStage([]);
  if (split.kind === "broken") {
    return broken([makeError({ code: "front-matter", place: { ...place, line: split.line }, message: split.message, hint: split.hint })]);
  }
  const source = parseYaml(split.yaml, { file, cell: 1 });
  if (source.problems.length > 0) return broken(source.problems);
  return isStageMatter(source.value) ? readStageMatter(source, file, cells) : noStage([]);
}

async function readStageMatter(source: YamlSource, file: string, sourceCells: readonly SourceCell[]): Promise<ReadStage> {
  const [{ openFields }, { stageShape }, { readInputPattern, readMetricPaths, readOutputs }] = await Promise.all([
    import("./shapes/field-reader.js"),
    import("./shapes/stage-shape.js"),
    import("./declared-paths.js"),
  ]);
  const problems: Problem[] = [];
  const fields = openFields(source, problems);
  const id = fields.read("stage", stageShape.stage);
  const title = fields.read("title", stageShape.title);
  const inputs = fields.read("inputs", stageShape.inputs);
  const outputs = fields.read("outputs", stageShape.outputs);
  const env = fields.read("env", stageShape.env) ?? [];
  const secrets = fields.read("secrets", stageShape.secrets) ?? [];
  const retry = fields.read("retry", stageShape.retry);
  const timeoutMs = fields.read("timeout", stageShape.timeout);
  const maxAgeMs = fields.read("max_age", stageShape.max_age);
  const idempotent = fields.read("idempotent", stageShape.idempotent);
  const metrics = fields.read("metrics", stageShape.metrics);
  const foreach = fields.read("foreach", stageShape.foreach);
  fields.finish(isQuartoDocumentKey);
  problems.push(...findRepeatedVariables(source, [...env, ...secrets].map(({ name }) => name)));
  const context = { source, problems };
  const readCells = await Promise.all(sourceCells.map((cell) => readCellOptions(file, cell)));
  problems.push(...readCells.flatMap((each) => each.problems));
  const cells = readCells.map(({ cell }) => cell);
  const parameters = readParameters(file, cells, { foreach: foreach === true, problems });
  // Where `foreach` could not be read, nothing is said about `{dataset}`.
  const declared = readOutputs(context, outputs ?? [], foreach ?? (outputs ?? []).some(({ path }) => path.includes("{dataset}")));
  const stage: Stage = {
    kind: "stage",
    id: id ?? "",
    title: title ?? id ?? "",
    file,
    foreach: foreach ?? false,
    inputs: (inputs ?? []).flatMap((input, index) => readInputPattern(context, ["inputs", index], input) ?? []),
    outputs: declared,
    env,
    secrets,
    retry: { attempts: retry?.attempts ?? 1, delayMs: retry?.delay ?? 1000 },
    timeoutMs: timeoutMs ?? 3_600_000,
    maxAgeMs: maxAgeMs ?? null,
    idempotent: idempotent ?? true,
    metrics: readMetricPaths(context, metrics ?? [], outputs === null ? null : declared.map(({ path }) => path)),
    cells,
    parameters,
    place: source.locate(["stage"], "key"),
  };
  const labels = readCells.flatMap(({ cell, labelPlace }) => {
    const { label } = cell.options;
    return label === undefined || labelPlace === null ? [] : [{ label, stage: stage.id, cell: cell.position, place: labelPlace }];
  });
  const isPartial =
    id === null || foreach === null || inputs === null || outputs?.length !== stage.outputs.length || readCells.some((each) => each.problems.length > 0);
  return { stage: id === null ? null : stage, isStage: true, isPartial, labels, problems };
}

type ParameterContext = { readonly foreach: boolean; readonly problems: Problem[] };

function readParameters(file: string, cells: readonly Cell[], { foreach, problems }: ParameterContext): readonly ParameterDeclaration[] {
  const [cell, ...others] = cells.filter(({ type, options }) => type === "code" && options.tags.includes("parameters"));
  for (const other of others) {
    const message = `only one cell can be tagged \`parameters\`, and cell ${cell?.position} is it already`;
    problems.push(makeError({
      code: "parameters-cell",
      place: { file, cell: other.position, line: 1 },
      message,
      hint: "move the declarations there",
    }));
  }
  const start: Place = cell === undefined ? { file, cell: 1 } : { file, cell: cell.position };
  const read = cell === undefined ? { parameters: [], problems: [] } : readParameterCell(cell.source, start);
  problems.push(...read.problems);
  const hasDataset = read.parameters.some(({ name, type }) => name === "dataset" && type === "string");
  if (foreach && !hasDataset && read.problems.length === 0) {
    const message = "a stage with `foreach: dataset` declares `const dataset: string`, and this one doesn't";
    const hint = 'add `const dataset: string = "..."` to a code cell tagged `parameters`';
    problems.push(makeError({ code: "missing-dataset-parameter", place: { ...start, line: 1 }, message, hint }));
  }
  return read.parameters;
}

function findRepeatedVariables(source: YamlSource, names: readonly string[]): Problem[] {
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  return repeated.map((name) =>
    makeError({
      code: "duplicate-env",
      place: source.locate(["env"], "key"),
      message: `the variable \`${name}\` is declared twice`,
      hint: "keep it under `env` or under `secrets`",
    }),
  );
}

/** A key of ours, or a slip in `stage`, makes a stage of it; all else is a notebook that only Quarto cares for. */
function isStageMatter(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.some((key) => ownKeys.includes(key) || (!isQuartoDocumentKey(key) && distance(key.toLowerCase(), "stage") <= 1));
}

function warnOfCellType(first: SourceCell, place: Place): Problem[] {
  if (!/^stage\s*:/m.test(first.source)) return [];
  const message = `this looks like the front matter of a stage, but it stands in a ${first.type} cell, so the notebook is ignored`;
  return [makeWarning({ code: "front-matter-cell", place, message, hint: "make it a raw cell" })];
}

function noStage(problems: readonly Problem[]): ReadStage {
  return { stage: null, isStage: false, isPartial: false, labels: [], problems };
}

function broken(problems: readonly Problem[]): ReadStage {
  return { stage: null, isStage: true, isPartial: true, labels: [], problems };
}
