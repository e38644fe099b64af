import type { Random } from "../plan/seeded-random.js";
import { anyStage, type Edit } from "./edit.js";
import { rawTable } from "./make-world.js";
import type { StageModel, World } from "./world.js";

/** Edits of what code works on. */
export const OUTER: readonly Edit[] = [
  {
    name: "change source data",
    weight: 3,
    apply: (world, random) => void world.data.set(random.pick([...world.data.keys()]), rawTable(random)),
  },
  {
    name: "add or remove a file that a glob means",
    apply: (world, random) => {
      const raw = [...world.data.keys()].filter((path) => path.startsWith("data/raw/"));
      if (raw.length > 4) world.data.delete(random.pick(raw));
      else world.data.set(`data/raw/z${(world.count += 1)}.csv`, rawTable(random));
    },
  },
  {
    name: "change a parameter in its cell",
    weight: 2,
    apply: (world, random) => {
      const all = world.stages.flatMap(({ parameters }) => parameters);
      if (all.length === 0) return false;
      const parameter = random.pick(all);
      parameter.value = parameter.type === "number" ? random.int(900) : `mode${random.int(9)}`;
    },
  },
  {
    name: "set a parameter in stitchbook.yaml",
    weight: 2,
    apply: (world, random) => {
      const all = world.stages.flatMap(({ id, parameters }) => parameters.map((parameter) => ({ id, ...parameter })));
      if (all.length === 0) return false;
      const { id, name, type } = random.pick(all);
      const key = random.chance(0.5) ? name : `${id}.${name}`;
      if (world.settings.has(key) && random.chance(0.5)) world.settings.delete(key);
      else world.settings.set(key, type === "number" ? random.int(900) : `mode${random.int(9)}`);
    },
  },
  {
    name: "change the value of a dataset",
    apply: (world, random) => {
      const index = random.int(world.datasets.length);
      world.datasets = world.datasets.map((dataset, at) => (at === index ? { ...dataset, level: random.int(900) } : dataset));
    },
  },
  {
    name: "give a parameter for one run",
    apply: (world, random) => {
      const all = world.stages.flatMap(({ id, parameters }) => parameters.map((parameter) => ({ id, ...parameter })));
      if (all.length === 0) return false;
      const { id, name, type } = random.pick(all);
      world.overrides = [`${random.chance(0.5) ? `${id}.` : ""}${name}=${type === "number" ? random.int(900) : `mode${random.int(9)}`}`];
    },
  },
  {
    name: "change a declared variable",
    apply: (world, random) => {
      const name = random.pick(["REGION", "LEVEL"]);
      if (world.env.has(name) && random.chance(0.3)) world.env.delete(name);
      else world.env.set(name, String(random.int(99)));
    },
  },
  {
    name: "add a dataset",
    weight: 2,
    apply: (world, random) => {
      const next = ["rome", "oslo", "lima", "kyiv", "bonn"].find((name) => !world.datasets.some((dataset) => dataset.name === name));
      if (next === undefined || world.datasets.length > 3) return false;
      world.datasets = [...world.datasets, { name: next, level: random.int(9) }];
    },
  },
  {
    name: "drop a dataset",
    weight: 2,
    apply: (world, random) => {
      if (world.datasets.length < 2) return false;
      const index = random.int(world.datasets.length);
      world.datasets = world.datasets.filter((_, at) => at !== index);
    },
  },
  { name: "change the time zone", apply: (world) => void (world.timezone = world.timezone === "UTC" ? "Europe/Rome" : "UTC") },
  {
    name: "update a package",
    weight: 2,
    apply: (world, random) => {
      const found = random.pick([...world.packages.values()]);
      found.version += 1;
      if (random.chance(0.7)) found.value = random.int(900);
    },
  },
  { name: "edit the linked package", apply: (world, random) => void (world.linked.value = random.int(900)) },
  { name: "rename a stage", apply: (world, random) => renameStage(world, anyStage(world, random), random) },
  { name: "move an output", apply: (world, random) => moveOutput(world, random) },
  { name: "change a contract that still holds", weight: 2, apply: (world, random) => void (anyStage(world, random).contract += 1 + random.int(2)) },
  {
    name: "change a caption or an alt text",
    weight: 2,
    apply: (world, random) => {
      const stage = anyStage(world, random);
      if (random.chance(0.5)) stage.caption = `About ${random.int(99)}`;
      else stage.alt = `A picture ${random.int(99)}`;
    },
  },
  {
    name: "change a label",
    apply: (world, random) => {
      const labelled = world.stages.filter(({ label }) => label !== null);
      if (labelled.length > 0) random.pick(labelled).label = `fig-${(world.count += 1)}`;
    },
  },
  { name: "edit the report", apply: (world, random) => void (world.report.text = `Some *other text* ${random.int(99)}.`) },
  { name: "edit a partial of the report", apply: (world, random) => void (world.report.partial = `A footer ${random.int(99)}.`) },
  { name: "edit the frame of the page", apply: (world, random) => void (world.report.frame = random.chance(0.2) ? null : random.int(99)) },
  {
    name: "embed or quote less or more",
    apply: (world, random) => {
      const { report, stages } = world;
      const list = random.pick([report.embeds, report.rows]);
      const isMeant = (stage: StageModel): boolean => list !== report.embeds || stage.label !== null;
      const others = stages.filter((stage) => !list.includes(stage) && isMeant(stage));
      if (others.length > 0 && random.chance(0.6)) list.push(random.pick(others));
      else list.pop();
    },
  },
];

function renameStage(world: World, stage: StageModel, random: Random): void {
  const before = stage.id;
  stage.id = random.chance(0.3) && /-\d+$/.test(stage.id) ? stage.id.replace(/-\d+$/, "") : `${stage.id.replace(/-\d+$/, "")}-${random.int(99)}`;
  for (const [key, value] of [...world.settings]) {
    if (!key.startsWith(`${before}.`)) continue;
    world.settings.delete(key);
    world.settings.set(stage.id + key.slice(before.length), value);
  }
}

/** The stages that read it name the new place. */
function moveOutput(world: World, random: Random): void {
  const stage = anyStage(world, random);
  const from = stage.table;
  const to = from.replace(/^data\/made\/([a-z]+)(-\d+)?/, (_, name: string) => `data/made/${name}-${random.int(99)}`);
  stage.table = to;
  for (const { inputs } of world.stages) {
    inputs.forEach((path, index) => (inputs[index] = path === from || path === from.replace("{dataset}", "*") ? path.replace(from.split(/[{]/)[0] ?? "", to.split(/[{]/)[0] ?? "") : path));
  }
}
