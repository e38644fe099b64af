import type { ArtifactDescription } from "../../engine/checkpoint/types.js";
import type { JsonValue } from "../../engine/project/types.js";
import { takesDatasets } from "./write-notebook.js";
import { datasetsOf, fill, outputsOf, taskOf, type StageModel, type World } from "./world.js";

/** The files that a task reads, in code-unit order, and the task that makes each. */
export function readInputs(world: World, stage: StageModel, dataset: string | null): { readonly path: string; readonly producer: string | null }[] {
  const found = new Map<string, string | null>();
  for (const pattern of stage.inputs) {
    const paths = dataset === null && pattern.includes("{dataset}") ? world.datasets.map(({ name }) => fill(pattern, name)) : [fill(pattern, dataset)];
    for (const path of paths) for (const each of match(world, path)) found.set(each.path, each.producer);
  }
  return [...found].map(([path, producer]) => ({ path, producer })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Declared outputs that a pattern means; where there are none, files. */
function match(world: World, pattern: string): { path: string; producer: string | null }[] {
  const [start = "", end = ""] = pattern.split("*");
  const isMeant = (path: string): boolean => (pattern.includes("*") ? path.startsWith(start) && path.endsWith(end) && !path.slice(start.length).includes("/") : path === pattern);
  const made = world.stages.flatMap((stage) => datasetsOf(world, stage).flatMap((dataset) => outputsOf(stage).map((path) => ({ path: fill(path, dataset), producer: taskOf(stage, dataset) }))));
  const declared = made.filter(({ path }) => isMeant(path));
  return declared.length > 0 ? declared : [...world.data.keys()].filter(isMeant).map((path) => ({ path, producer: null }));
}

/** The value of every parameter: the cell's, stitchbook.yaml's, the dataset's, the one given with `--param`. */
export function parametersOf(world: World, stage: StageModel, dataset: string | null): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {};
  for (const { name, type, value } of stage.parameters) {
    const level = world.datasets.find((each) => each.name === dataset)?.level;
    const set = world.settings.get(`${stage.id}.${name}`) ?? world.settings.get(name) ?? value;
    const chosen = name === "level" && level !== undefined ? level : set;
    const given = world.overrides.map((text) => text.split("=")).filter(([key]) => key === name || key === `${stage.id}.${name}`).at(-1)?.[1];
    values[name] = given === undefined ? chosen : type === "number" ? Number(given) : given;
  }
  if (stage.foreach) values["dataset"] = dataset;
  if (takesDatasets(stage)) values["datasets"] = world.datasets.map(({ name }) => name);
  return values;
}

/** What a text can quote of a table. */
export function describeTable(path: string, text: string): ArtifactDescription {
  return { path, bytes: Buffer.byteLength(text), sha256: "", rows: path.endsWith(".csv") ? text.trimEnd().split("\n").length - 1 : null, schema: null, schemaHash: null };
}
