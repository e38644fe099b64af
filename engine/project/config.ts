import { makeError } from "./problems.js";
import { fillDataset, foldName, isDatasetName, isTablePath, normalizePath } from "./patterns.js";
import { parseYaml } from "./yaml-source.js";
import type { AlertsShape } from "./shapes/alerts-shape.js";
import type { AlertRule, Alerts, Dataset, ParamSetting, Place, Problem } from "./types.js";
import type { YamlSource } from "./yaml-source.js";

export const configFile = "stitchbook.yaml";

/** A declared glob of notebooks or templates. */
export type SourceGlob = { readonly glob: string; readonly place: Place; readonly isDefault: boolean };

export type Config = {
  readonly name: string;
  readonly notebooks: readonly SourceGlob[];
  readonly templates: readonly SourceGlob[];
  readonly datasets: readonly Dataset[];
  /** True where `datasets` could not be read. */
  readonly isPartial: boolean;
  readonly params: readonly ParamSetting[];
  readonly timezone: string;
  readonly logsKeep: number;
  readonly alerts: Alerts | null;
  readonly problems: readonly Problem[];
};

/**
 * Reads stitchbook.yaml; what can't be read has its default, beside the problem.
 * @param text with `\n` line ends
 */
export async function readConfig(text: string): Promise<Config> {
  const [{ openFields }, { configShape }] = await Promise.all([import("./shapes/field-reader.js"), import("./shapes/config-shape.js")]);
  const source = parseYaml(text, { file: configFile });
  const problems: Problem[] = [...source.problems, ...findShapelessConfig(source)];
  const isReadable = problems.length === 0;
  const fields = openFields(source, isReadable ? problems : []);
  const name = fields.read("name", configShape.name);
  const notebooks = fields.read("notebooks", configShape.notebooks);
  const templates = fields.read("templates", configShape.templates);
  const isList = hasDatasetList(source);
  const names = isList ? fields.read("datasets", configShape.datasetList) : [];
  const byName = isList ? {} : fields.read("datasets", configShape.datasetMap);
  const params = fields.read("params", configShape.params);
  const timezone = fields.read("timezone", configShape.timezone);
  const logs = fields.read("logs", configShape.logs);
  const alerts = fields.read("alerts", configShape.alerts);
  fields.finish();
  problems.push(...findVariables(source));
  const context = { source, problems };
  return {
    name: name ?? "",
    notebooks: readGlobs(context, "notebooks", notebooks ?? undefined),
    templates: readGlobs(context, "templates", templates ?? undefined),
    datasets: readDatasets(context, [
      ...(names ?? []).map((each) => ({ name: each, values: {} })),
      ...Object.entries(byName ?? {}).map(([each, values]) => ({ name: each, values })),
    ]),
    isPartial: !isReadable || names === null || byName === null,
    params: Object.entries(params ?? {}).map(([key, value]): ParamSetting => {
      const dot = key.indexOf(".");
      const place = source.locate(["params", key], "key");
      return { stage: dot === -1 ? null : key.slice(0, dot), name: key.slice(dot + 1), value, place };
    }),
    timezone: timezone ?? "UTC",
    logsKeep: logs?.keep ?? 200,
    alerts: alerts === null || alerts === undefined ? null : readAlerts(context, alerts),
    problems,
  };
}

type ConfigContext = { readonly source: YamlSource; readonly problems: Problem[] };

function findShapelessConfig(source: YamlSource): Problem[] {
  if (source.problems.length > 0) return [];
  if (source.value === null) {
    return [makeError({
      code: "empty-config",
      place: { file: configFile },
      message: "this file is empty",
      hint: "write at least `name: my-project`",
    })];
  }
  if (typeof source.value === "object" && !Array.isArray(source.value)) return [];
  return [makeError({
    code: "wrong-type",
    place: source.locate([]),
    message: "this file must hold a map",
    hint: "write at least `name: my-project`",
  })];
}

function findVariables(source: YamlSource): Problem[] {
  const found = source.texts().filter(({ text, path }) => path[0] !== "alerts" && text.includes("${"));
  return found.map(({ path }) =>
    makeError({
      code: "variable-outside-alerts",
      place: source.locate(path),
      message: `\`${path.map(String).join(".")}\` holds \`\${...}\``,
      hint: "variables may stand under `alerts` only; for a stage declare `env`, and give values with `--param`",
    }),
  );
}

const defaultGlobs = { notebooks: "notebooks/*.ipynb", templates: "templates/*.md" };

function readGlobs({ source, problems }: ConfigContext, key: keyof typeof defaultGlobs, written: readonly string[] | undefined): SourceGlob[] {
  if (written === undefined) return [{ glob: defaultGlobs[key], place: { file: configFile }, isDefault: true }];
  return written.flatMap((text, index) => {
    const place = source.locate([key, index]);
    // Said already, once for every text of the file.
    if (text.includes("${")) return [];
    const normal = normalizePath(text);
    if ("path" in normal) return [{ glob: normal.path, place, isDefault: false }];
    problems.push(makeError({ ...normal, place, message: `\`${key}\` ${normal.message}` }));
    return [];
  });
}

function hasDatasetList({ value }: YamlSource): boolean {
  return typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "datasets"));
}

function readDatasets({ source, problems }: ConfigContext, datasets: readonly Pick<Dataset, "name" | "values">[]): Dataset[] {
  const isList = hasDatasetList(source);
  const seen = new Map<string, string>();
  return datasets.flatMap(({ name, values }, index) => {
    const path = ["datasets", isList ? index : name];
    if (!isDatasetName(name)) {
      const message = `\`${name}\` can't be the name of a dataset`;
      problems.push(makeError({
        code: "bad-dataset-name",
        place: source.locate(path, "key"),
        message,
        hint: "use letters, digits, `.`, `_` and `-`",
      }));
      return [];
    }
    const twin = seen.get(foldName(name));
    if (twin !== undefined) {
      const message = twin === name ? `the dataset \`${name}\` is listed twice` : `the datasets \`${twin}\` and \`${name}\` differ only in case`;
      problems.push(makeError({ code: "duplicate-dataset", place: source.locate(path, "key"), message, hint: "keep one, or rename one" }));
      return [];
    }
    seen.set(foldName(name), name);
    const places = Object.fromEntries(Object.keys(values).map((key) => [key, source.locate([...path, key], "key")]));
    return [{ name, values, places }];
  });
}

function readAlerts({ source, problems }: ConfigContext, alerts: AlertsShape): Alerts {
  const rules = alerts.rules.flatMap(({ metric, in: file, rows, below, above, change }, index): AlertRule[] => {
    const key = metric === undefined ? "rows" : "in";
    const place = source.locate(["alerts", "rules", index, key]);
    const normal = normalizePath(file ?? rows ?? "");
    const problem = "path" in normal ? findWrongKind(key, normal.path) : normal;
    if (problem !== null || !("path" in normal)) {
      problems.push(makeError({ code: "bad-rule", ...problem, place, message: `\`alerts.rules[${index}].${key}\` ${problem?.message ?? ""}` }));
      return [];
    }
    const subject = metric === undefined ? { kind: "rows" as const, path: normal.path } : { kind: "metric" as const, metric, path: normal.path };
    return [{ subject, below: below ?? null, above: above ?? null, change: change ?? null, place }];
  });
  const { slack, email, link, on } = alerts;
  return { slack: slack ?? null, email: email ?? null, link: link ?? null, on: [...new Set(on)], rules };
}

function findWrongKind(key: "rows" | "in", path: string): { message: string; hint: string } | null {
  const isRight = key === "rows" ? isTablePath(fillDataset(path, "x")) : path.toLowerCase().endsWith(".json");
  if (isRight) return null;
  return key === "rows"
    ? { message: `must be a table, found \`${path}\``, hint: "rows are counted in .csv, .tsv, .json, .jsonl, .ndjson, .parquet, .arrow and .feather" }
    : { message: `must be a JSON file, found \`${path}\``, hint: "a metric is a number in a .json file" };
}
