import { isFromFanOut } from "./parameters/parameter-values.js";
import { fillDataset, hasDataset } from "./patterns.js";
import { makeError, makeWarning } from "./problems.js";
import { hintName } from "./suggest-name.js";
import type { Disk } from "./disk.js";
import type { Owners } from "./owners.js";
import type { Alerts, Dataset, ParamSetting, Problem, Stage } from "./types.js";

/** What the settings of stitchbook.yaml are held against. */
export type SettingsContext = { readonly stages: readonly Stage[]; readonly datasets: readonly Dataset[] };

/** Finds settings under `params` that no stage takes. */
export function checkParams(params: readonly ParamSetting[], { stages, datasets }: SettingsContext): Problem[] {
  return params.flatMap(({ stage, name, value, place }) => {
    const meant = stage === null ? stages : stages.filter(({ id }) => id === stage);
    if (meant.length === 0) {
      return [unknown("unknown-stage", { place, message: `there is no stage \`${stage}\`` }, hintName(stage ?? "", stages.map(({ id }) => id)))];
    }
    const declared = meant.flatMap((each) => each.parameters.map((parameter) => ({ stage: each, parameter })));
    const named = declared.filter(({ parameter }) => parameter.name === name);
    if (named.length === 0) {
      const isNested = stage === null && typeof value === "object" && stages.some(({ id }) => id === name);
      const message = stage === null ? `no stage declares a parameter \`${name}\`` : `the stage \`${stage}\` declares no parameter \`${name}\``;
      const known = new Set(declared.map(({ parameter }) => parameter.name));
      return [unknown("unknown-parameter", { place, message }, isNested ? `for one stage write \`${name}.parameter: value\`` : hintName(name, known))];
    }
    if (!named.every((each) => isFromFanOut(each.stage, each.parameter, datasets))) return [];
    return [makeError({
      code: "fan-out-parameter",
      place,
      message: `\`${name}\` comes from the fan-out and can't be set`,
      hint: "change `datasets`",
    })];
  });
}

/** Finds values of datasets that no stage with `foreach` takes. */
export function checkDatasetValues({ stages, datasets }: SettingsContext): Problem[] {
  const known = new Set(stages.filter(({ foreach }) => foreach).flatMap(({ parameters }) => parameters.map(({ name }) => name)));
  known.delete("dataset");
  return datasets.flatMap(({ name, values, places }) =>
    Object.keys(values).flatMap((key) => {
      if (known.has(key)) return [];
      const hint = hintName(key, known);
      const place = places?.[key] ?? { file: "stitchbook.yaml" };
      if (key === "dataset") return [makeError({ code: "fan-out-parameter", place, message: "`dataset` comes from the fan-out and can't be set" })];
      const message = `no stage with \`foreach\` declares the parameter \`${key}\` that the dataset \`${name}\` sets`;
      return [makeWarning({ code: "unused-dataset-value", place, message, ...(hint === undefined ? {} : { hint }) })];
    }),
  );
}

export type RuleContext = { readonly owners: Owners; readonly datasets: readonly Dataset[]; readonly disk: Disk };

/** Finds alert rules that watch a file which nobody makes. */
export async function checkRules(alerts: Alerts | null, { owners, datasets, disk }: RuleContext): Promise<Problem[]> {
  const problems = (alerts?.rules ?? []).map(async ({ subject: { path }, place }): Promise<Problem[]> => {
    if (hasDataset(path) && datasets.length === 0) {
      return [makeError({
        code: "no-datasets",
        place,
        message: `\`${path}\` holds \`{dataset}\`, but the project has no datasets`,
        hint: "list `datasets` in stitchbook.yaml",
      })];
    }
    const files = hasDataset(path) ? datasets.map(({ name }) => fillDataset(path, name)) : [path];
    const kinds = await Promise.all(files.map(async (file) => owners.byPath.has(file) || (await disk.kindOf(file)) === "file"));
    const missing = files.find((_, index) => kinds[index] === false);
    if (missing === undefined) return [];
    return [unknown("unknown-artifact", { place, message: `no task makes \`${missing}\`` }, hintName(missing, owners.byPath.keys()))];
  });
  return (await Promise.all(problems)).flat();
}

function unknown(code: string, found: Pick<Problem, "place" | "message">, hint: string | undefined): Problem {
  return makeError({ code, ...found, ...(hint === undefined ? {} : { hint }) });
}
