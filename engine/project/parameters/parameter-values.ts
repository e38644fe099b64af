import { checkValue, isTextListType, isTextType } from "./parameter-check.js";
import { parseType, supportedTypes } from "./parameter-type.js";
import { formatPlace, makeError } from "../problems.js";
import { hintName } from "../suggest-name.js";
import type { Mismatch } from "./parameter-check.js";
import type { ParameterType } from "./parameter-type.js";
import type { Dataset, JsonValue, ParameterDeclaration, Place, Problem, Project, Stage } from "../types.js";

export type ResolvedParameters = {
  /** Task -> value of every parameter that its stage declares; empty for reports. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, JsonValue>>>;
  readonly problems: readonly Problem[];
};

/** `--param stage.name=value`, taken apart. */
type Override = { readonly written: string; readonly stage: string | null; readonly name: string; readonly text: string; readonly place: Place };

type Candidate = { readonly place: Place } & ({ readonly value: JsonValue } | { readonly text: string });

/**
 * Gives every parameter of every task its value, and holds it against its type.
 * @param project as read
 * @param overrides `name=value` or `stage.name=value`, as given with `--param`; a later one wins
 */
export function resolveParameters(project: Pick<Project, "stages" | "tasks" | "datasets" | "params">, overrides: readonly string[]): ResolvedParameters {
  const problems: Problem[] = [];
  const parsed = overrides.flatMap((written) => parseOverride(written, project, problems));
  const values = new Map<string, Readonly<Record<string, JsonValue>>>();
  const told = new Set<string>();
  for (const { id, node, dataset } of project.tasks) {
    const entries = node.kind === "report" ? [] : node.parameters.map((parameter): [string, JsonValue] => {
      const { value, problem } = resolveParameter({ stage: node, parameter, dataset, project, overrides: parsed });
      // A fan-out would say the same once for every dataset.
      const key = JSON.stringify([problem?.message, problem?.place]);
      if (problem !== null && !told.has(key)) problems.push(problem);
      told.add(key);
      return [parameter.name, value];
    });
    values.set(id, Object.fromEntries(entries));
  }
  return { values, problems };
}

type Question = {
  readonly stage: Stage;
  readonly parameter: ParameterDeclaration;
  readonly dataset: Dataset | null;
  readonly project: Pick<Project, "datasets" | "params">;
  readonly overrides: readonly Override[];
};

function resolveParameter(question: Question): { value: JsonValue; problem: Problem | null } {
  const { parameter } = question;
  const type = parseType(parameter.type);
  if (type === null) {
    const { name, place } = parameter;
    const message = `the type of \`${name}\` can't be \`${parameter.type}\``;
    return { value: parameter.value, problem: makeError({ code: "unsupported-type", place, message, hint: `supported are ${supportedTypes}` }) };
  }
  const fanOut = valueOfFanOut(question, type);
  if (fanOut !== undefined) return { value: fanOut, problem: null };
  const candidate = lastCandidate(question);
  const value = "value" in candidate ? candidate.value : readText(candidate.text, type);
  const mismatch = value === undefined ? null : checkValue(type, value);
  if (mismatch === null && value !== undefined) return { value, problem: null };
  return { value: parameter.value, problem: describeMismatch(question, candidate, mismatch) };
}

/** @param mismatch null where the value of `--param` is not even JSON */
function describeMismatch({ stage, parameter }: Question, candidate: Candidate, mismatch: Mismatch | null): Problem {
  const { name, type, place } = parameter;
  const inside = mismatch === null || mismatch.path === "" ? "" : `, and at \`${name}${mismatch.path}\` \`${mismatch.expected}\``;
  const written = "text" in candidate && inside === "" ? candidate.text : (mismatch?.found ?? "");
  const found = mismatch === null ? `${written}, which is not JSON` : written;
  return makeError({
    code: "parameter-type",
    place: candidate.place,
    message: `the parameter \`${name}\` of the stage \`${stage.id}\` must be \`${type}\`${inside}, found ${found}`,
    hint: candidate.place === place ? "correct the value or the type" : `it is declared in ${formatPlace(place)}`,
  });
}

/** The dataset, or the list of all, where the parameter stands for them; undefined elsewhere. */
function valueOfFanOut({ stage, parameter, dataset, project }: Question, type: ParameterType): JsonValue | undefined {
  if (stage.foreach && dataset !== null && parameter.name === "dataset") return dataset.name;
  const isList = parameter.name === "datasets" && isTextListType(type) && project.datasets.length > 0;
  return isList ? project.datasets.map(({ name }) => name) : undefined;
}

/** True where a parameter's value comes from the fan-out, so that nothing can set it. */
export function isFromFanOut(stage: Stage, parameter: ParameterDeclaration, datasets: readonly Dataset[]): boolean {
  if (parameter.name === "dataset") return stage.foreach;
  const type = parameter.name === "datasets" && datasets.length > 0 ? parseType(parameter.type) : null;
  return type !== null && isTextListType(type);
}

/** What wins, in rising order: cell, stitchbook.yaml, the dataset's map, --param; for one stage over for every stage. */
function lastCandidate({ stage, parameter, dataset, project, overrides }: Question): Candidate {
  const { name } = parameter;
  const isMeant = (each: { stage: string | null; name: string }) => each.name === name && (each.stage === null || each.stage === stage.id);
  const bySpecificity = (left: { stage: string | null }, right: { stage: string | null }) => Number(left.stage !== null) - Number(right.stage !== null);
  const override = overrides.filter(isMeant).sort(bySpecificity).at(-1);
  if (override !== undefined) return override;
  const own = dataset === null || !Object.hasOwn(dataset.values, name) ? undefined : dataset.values[name];
  if (own !== undefined) return { value: own, place: dataset?.places?.[name] ?? { file: "stitchbook.yaml" } };
  return project.params.filter(isMeant).sort(bySpecificity).at(-1) ?? parameter;
}

/** Raw text where the type is text, else JSON; where both could be meant, JSON first. Undefined where it is neither. */
function readText(text: string, type: ParameterType): JsonValue | undefined {
  if (isTextType(type)) return text;
  try {
    const value: JsonValue = JSON.parse(text);
    return checkValue(type, value) === null || checkValue(type, text) !== null ? value : text;
  } catch {
    return checkValue(type, text) === null ? text : undefined;
  }
}

function parseOverride(written: string, { stages, datasets }: Pick<Project, "stages" | "datasets">, problems: Problem[]): Override[] {
  const place: Place = { file: `--param ${written}` };
  const fail = (code: string, message: string, hint?: string) => {
    problems.push(makeError({ code, place, message, ...(hint === undefined ? {} : { hint }) }));
    return [];
  };
  const match = /^(?:([^.=]+)\.)?([^.=]+)=([\s\S]*)$/.exec(written);
  const name = match?.[2];
  if (match === null || name === undefined) return fail("bad-override", "expected `name=value` or `stage.name=value`", "for example `--param seed=7`");
  const stage = match[1] ?? null;
  const meant = stage === null ? stages : stages.filter(({ id }) => id === stage);
  if (meant.length === 0) return fail("unknown-stage", `there is no stage \`${stage}\``, hintName(stage ?? "", stages.map(({ id }) => id)));
  const declared = meant.flatMap((each) => each.parameters.map((parameter) => ({ stage: each, parameter })));
  const named = declared.filter(({ parameter }) => parameter.name === name);
  if (named.length === 0) {
    const message = stage === null ? `no stage declares a parameter \`${name}\`` : `the stage \`${stage}\` declares no parameter \`${name}\``;
    return fail("unknown-parameter", message, hintName(name, new Set(declared.map(({ parameter }) => parameter.name))));
  }
  if (named.every((each) => isFromFanOut(each.stage, each.parameter, datasets))) {
    return fail("fan-out-parameter", `\`${name}\` comes from the fan-out and can't be set`, "choose datasets with `--dataset`");
  }
  return [{ written, stage, name, text: match[3] ?? "", place }];
}
