import { createRandom, type Random } from "../plan/seeded-random.js";
import { canUse, chooseStyles, makeItem, pickUses, rawTable } from "./make-world.js";
import { BARREL, moduleOf, SHARED, TYPES, type Item, type Module, type StageModel, type World } from "./world.js";

/** An edit of the sources of a project; what must run follows from the model. False where there was nothing to edit. */
export type Edit = { readonly name: string; readonly weight?: number; readonly apply: (world: World, random: Random) => boolean | void };

const anyModule = (world: World, random: Random): Module => random.pick([...world.modules.values()]);
const anyStage = (world: World, random: Random): StageModel => random.pick(world.stages);
const nextLook = (random: Random): number => 1 + random.int(1_000_000);

function anyItem(world: World, random: Random, isMeant: (item: Item) => boolean): { module: Module; item: Item } | null {
  const all = [...world.modules.values()].flatMap((module) => module.items.filter(isMeant).map((item) => ({ module, item })));
  return all.length === 0 ? null : random.pick(all);
}

function isUsed(world: World, item: Item): boolean {
  const byModules = [...world.modules.values()].some((module) => module.items.some(({ uses }) => uses.some((use) => use.item === item)));
  return byModules || world.stages.some((stage) => stage.imports.some(({ names }) => names.includes(item.name)));
}

/** Edits that change nothing that runs. */
const QUIET: readonly Edit[] = [
  { name: "reformat a module", weight: 2, apply: (world, random) => void (anyModule(world, random).look.seed = nextLook(random)) },
  { name: "comment a module", weight: 2, apply: (world, random) => void (anyModule(world, random).look.comments = nextLook(random)) },
  { name: "reformat the cells of a stage", weight: 2, apply: (world, random) => void (anyStage(world, random).look.seed = nextLook(random)) },
  { name: "comment the cells of a stage", apply: (world, random) => void (anyStage(world, random).look.comments = nextLook(random)) },
  { name: "edit a type", apply: (world, random) => void (random.pick(moduleOf(world, TYPES).items.filter(({ kind }) => kind === "type")).literal += 1) },
  { name: "edit a value that stands among types", apply: (world) => moduleOf(world, TYPES).items.forEach((item) => item.kind === "constant" && (item.literal += 1)) },
  { name: "import a type in another way", apply: (world, random) => void anyModule(world, random).styles.set(TYPES, random.pick(["named", "namespace"])) },
  { name: "reformat JSON", apply: (world, random) => void (world.json !== null && (world.json.indent = random.int(5))) },
  { name: "edit prose", apply: (world, random) => void (anyStage(world, random).prose[0] = `# Title ${random.int(999)}`) },
  {
    name: "add a Markdown cell",
    apply: (world, random) => {
      const { prose } = anyStage(world, random);
      if (prose.length < 4) prose.push(`Some *prose* ${random.int(99)}.`);
      else prose.splice(0, 3);
      if (prose.length === 0) prose.push("");
    },
  },
  { name: "change ids, metadata and old outputs of cells", weight: 2, apply: (world, random) => void (anyStage(world, random).notebookSeed = nextLook(random)) },
  { name: "set an undeclared variable", apply: (world, random) => void world.env.set("UNDECLARED", String(random.int(99))) },
  { name: "edit options of tsconfig.json that emit nothing", apply: (world, random) => void (world.tsconfig = { compilerOptions: { noUnusedLocals: random.chance(0.5), noImplicitReturns: random.chance(0.5) } }) },
  { name: "edit files of a package that nobody loads", apply: (world) => void (world.linked.notes += 1) },
  { name: "rename a notebook's file", apply: (world, random) => void renameFile(anyStage(world, random), random) },
];

function renameFile(stage: StageModel, random: Random): void {
  stage.file = stage.file.replace(/(-v\d+)?\.ipynb$/, `-v${random.int(999)}.ipynb`);
}

/** Edits of code. */
const CODE: readonly Edit[] = [
  {
    name: "change a constant of an export",
    weight: 6,
    apply: (world, random) => {
      const found = anyItem(world, random, ({ kind }) => kind !== "type");
      if (found === null) return false;
      found.item.literal = 10 + ((found.item.literal - 9 + random.int(70)) % 80);
    },
  },
  {
    name: "rename an export",
    weight: 2,
    apply: (world, random) => {
      const found = anyItem(world, random, () => true);
      if (found === null) return false;
      const { item } = found;
      const fresh = makeItem(world, createRandom(1), item.kind).name;
      for (const stage of world.stages) {
        stage.imports.forEach((use, index) => use.names.includes(item.name) && (stage.imports[index] = { ...use, names: use.names.map((name) => (name === item.name ? fresh : name)) }));
      }
      item.name = fresh;
    },
  },
  {
    name: "add an export that nobody uses",
    weight: 2,
    apply: (world, random) => {
      const path = random.pick(SHARED);
      const item = makeItem(world, random);
      if (canUse(item)) item.uses = pickUses(world, random, SHARED.slice(0, SHARED.indexOf(path))).slice(0, 1);
      moduleOf(world, path).items.push(item);
      chooseStyles(world, random);
    },
  },
  {
    name: "remove an export that nobody uses",
    apply: (world, random) => {
      const found = anyItem(world, random, (item) => item.kind !== "type" && !isUsed(world, item));
      if (found === null || found.module.items.length < 3) return false;
      found.module.items.splice(found.module.items.indexOf(found.item), 1);
    },
  },
  {
    name: "use another helper",
    weight: 2,
    apply: (world, random) => {
      const module = random.pick(SHARED.slice(1).map((path) => moduleOf(world, path)));
      const items = module.items.filter(canUse);
      if (items.length === 0) return false;
      random.pick(items).uses = pickUses(world, random, SHARED.slice(0, SHARED.findIndex((path) => path === module.path)));
    },
  },
  {
    name: "change a statement that runs when a module is loaded",
    apply: (world, random) => {
      const modules = [...world.modules.values()].filter(({ effects }) => effects.length > 0);
      if (modules.length === 0) return false;
      const { effects } = random.pick(modules);
      effects[random.int(effects.length)] = 100 + random.int(900);
    },
  },
  {
    name: "add or remove a statement that runs when a module is loaded",
    apply: (world, random) => {
      const { effects } = moduleOf(world, random.pick(SHARED));
      if (effects.length > 0) effects.pop();
      else effects.push(random.int(90));
    },
  },
  {
    name: "change a helper that is not exported",
    apply: (world, random) => {
      const modules = [...world.modules.values()].flatMap(({ helper }) => helper ?? []);
      if (modules.length === 0) return false;
      const helper = random.pick(modules);
      if (random.chance(0.5)) helper.literal += 1;
      else helper.name = helper.name === "inner" ? "inner2" : "inner";
    },
  },
  {
    name: "import another way",
    apply: (world, random) => {
      const module = anyModule(world, random);
      const isBelow = [...SHARED, BARREL].some((path) => path === module.path);
      for (const path of SHARED) module.styles.set(path, random.pick(isBelow ? ["named", "namespace"] : ["named", "namespace", "barrel"]));
    },
  },
  { name: "change a constant of a cell", weight: 2, apply: (world, random) => void (anyStage(world, random).literal += 6) },
  { name: "change JSON", apply: (world, random) => void (world.json !== null && (world.json.rows = random.int(900))) },
  {
    name: "break a stage, or mend it",
    apply: (world, random) => {
      const broken = world.stages.find(({ isBroken }) => isBroken);
      if (broken !== undefined) broken.isBroken = false;
      else anyStage(world, random).isBroken = true;
    },
  },
];

/** Edits of what code works on. */
const SURROUNDINGS: readonly Edit[] = [
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

export const EDITS: readonly Edit[] = [...QUIET, ...CODE, ...SURROUNDINGS].flatMap((edit) => Array.from({ length: edit.weight ?? 1 }, () => edit));
