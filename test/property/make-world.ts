import type { Random } from "../plan/seeded-random.js";
import { BARREL, EFFECTS, LAZY, moduleOf, SHARED, TYPES, type CellImport, type Item, type ItemKind, type Module, type Parameter, type Ref, type StageModel, type World } from "./world.js";

const KINDS: readonly ItemKind[] = ["constant", "function", "arrow", "class", "enum"];

/** Makes a project of 4 to 8 stages, some of them fanned out, and a report. */
export function makeWorld(random: Random, size: "small" | "large"): World {
  const world: World = {
    modules: new Map(),
    json: { path: "stages/lib/table.json", rows: random.int(90), label: "wide", indent: 2 },
    packages: new Map([
      ["tiny", { version: 1, value: random.int(90), dependsOn: ["tinier"], notes: 0 }],
      ["tinier", { version: 1, value: random.int(90), dependsOn: [], notes: 0 }],
      ["aside", { version: 1, value: random.int(90), dependsOn: [], notes: 0 }],
    ]),
    linked: { value: random.int(90) },
    stages: [],
    report: { text: "Some *text*.", title: "The report", partial: "A footer.", frame: random.chance(0.5) ? 1 : null, html: random.chance(0.7), embeds: [], metrics: [], rows: [] },
    datasets: ["rome", "oslo", "lima"].slice(0, 2 + random.int(2)).map((name) => ({ name, level: random.int(9) })),
    settings: new Map(),
    env: new Map([["REGION", "eu"], ["LEVEL", "1"], ["UNDECLARED", "x"]]),
    timezone: "UTC",
    deniesEffects: random.chance(0.5),
    tsconfig: random.chance(0.5) ? { compilerOptions: { noUnusedLocals: false } } : null,
    data: new Map(["a", "b", "c"].map((name) => [`data/raw/${name}.csv`, rawTable(random)])),
    overrides: [],
    count: 0,
  };
  for (const dataset of ["rome", "oslo", "lima", "kyiv", "bonn"]) world.data.set(`data/places/${dataset}.csv`, rawTable(random));
  makeModules(world, random);
  makeStages(world, random, size);
  const { stages, report } = world;
  report.embeds.push(...stages.filter(({ label }) => label !== null));
  report.metrics.push(...stages.filter(({ metrics, foreach }) => metrics !== null && !foreach));
  report.rows.push(...stages.filter(() => random.chance(0.4)));
  return world;
}

export function rawTable(random: Random): string {
  return ["key,value", ...Array.from({ length: 2 + random.int(4) }, (_, index) => `k${index},${random.int(90) + 10}`), ""].join("\n");
}

export function makeItem(world: World, random: Random, kind: ItemKind = random.pick(KINDS)): Item {
  world.count += 1;
  const name = kind === "class" || kind === "enum" || kind === "type" ? `Kind${world.count}` : `thing${world.count}`;
  return { name, kind, literal: 10 + random.int(80), uses: [] };
}

/** Constants and enums are values alone. */
export function canUse({ kind }: Item): boolean {
  return kind === "function" || kind === "arrow" || kind === "class";
}

function makeModule(world: World, path: string, given: Partial<Module> = {}): Module {
  const module: Module = { path, items: [], effects: [], sideImports: [], barrelOf: [], packages: [], helper: null, styles: new Map(), look: { seed: 0, comments: 0 }, ...given };
  world.modules.set(path, module);
  return module;
}

/** Types, three layers of helpers, a barrel over them, a module of effects, and one that is imported when it is needed. */
function makeModules(world: World, random: Random): void {
  makeModule(world, TYPES, { items: [makeItem(world, random, "type"), makeItem(world, random, "type"), makeItem(world, random, "constant")] });
  makeModule(world, EFFECTS, { effects: [random.int(90)], items: [makeItem(world, random, "function")] });
  for (const [layer, path] of SHARED.entries()) {
    const module = makeModule(world, path);
    if (random.chance(0.3)) module.effects.push(random.int(90));
    if (layer > 0 && random.chance(0.3)) module.sideImports.push(EFFECTS);
    if (layer > 0 && random.chance(0.5)) module.packages.push(random.pick(["tiny", "linked"]));
    if (random.chance(0.5)) module.helper = { name: "inner", literal: random.int(90) };
    for (let count = 3 + random.int(3); count > 0; count -= 1) {
      const item = makeItem(world, random);
      if (canUse(item)) item.uses = pickUses(world, random, SHARED.slice(0, layer));
      module.items.push(item);
    }
  }
  makeModule(world, BARREL, { barrelOf: [...SHARED] });
  const lazy = makeModule(world, LAZY);
  for (let count = 0; count < 2; count += 1) lazy.items.push({ ...makeItem(world, random, "function"), uses: pickUses(world, random, [SHARED[0]]) });
}

export function pickUses(world: World, random: Random, paths: readonly string[]): Ref[] {
  const all = paths.flatMap((module) => moduleOf(world, module).items.filter(({ kind }) => kind !== "type").map((item): Ref => ({ module, item })));
  const chosen = all.filter(() => random.chance(2.5 / Math.max(all.length, 4)));
  return chosen.length === 0 && all.length > 0 ? [random.pick(all)] : chosen;
}

/** The style in which a module imports another is chosen when it first does. */
export function chooseStyles(world: World, random: Random): void {
  for (const module of world.modules.values()) {
    const isShared = SHARED.some((path) => path === module.path);
    for (const path of [...SHARED, TYPES, LAZY, EFFECTS]) {
      if (!module.styles.has(path)) module.styles.set(path, isShared || path === TYPES || path === LAZY || path === EFFECTS ? random.pick(["named", "namespace"]) : random.pick(["named", "namespace", "barrel"]));
    }
  }
}

function makeStages(world: World, random: Random, size: "small" | "large"): void {
  const fan = makeStage(world, random, { id: "fetch", foreach: true, inputs: ["data/places/{dataset}.csv"] });
  const chain = makeStage(world, random, { id: "clean", foreach: true, inputs: [fan.table], isCoarse: random.chance(0.3) });
  const scan = makeStage(world, random, { id: "scan", inputs: ["data/raw/*.csv"], isCoarse: random.chance(0.5) });
  const gather = makeStage(world, random, { id: "gather", inputs: [random.chance(0.5) ? chain.table : chain.table.replace("{dataset}", "*")], shows: "chart" });
  const more = ["train", "score", "tidy", "extra"].slice(0, size === "small" ? random.int(2) : 2 + random.int(3));
  for (const id of more) {
    const before = world.stages.filter(({ foreach }) => !foreach);
    const inputs = before.filter(() => random.chance(0.6)).map(({ table }) => table);
    makeStage(world, random, { id, inputs: inputs.length === 0 ? [random.pick([scan, gather]).table] : inputs, isCoarse: random.chance(0.3) });
  }
  chooseStyles(world, random);
}

function makeStage(world: World, random: Random, given: { id: string; inputs: string[]; foreach?: boolean; isCoarse?: boolean; shows?: StageModel["shows"] }): StageModel {
  const { id, inputs, foreach = false, isCoarse = false, shows = "markdown" } = given;
  const own = makeModule(world, `stages/${id}.ts`);
  if (random.chance(0.5)) own.helper = { name: "inner", literal: random.int(90) };
  if (random.chance(0.2)) own.effects.push(random.int(90));
  if (random.chance(0.2)) own.sideImports.push(EFFECTS);
  own.items.push({ ...makeItem(world, random, "function"), uses: pickUses(world, random, SHARED) });
  own.items.push({ ...makeItem(world, random, "arrow"), uses: pickUses(world, random, [random.pick(SHARED)]) });
  const part = foreach ? ".{dataset}" : "";
  const stage: StageModel = {
    id, foreach, inputs, isCoarse, shows,
    file: `notebooks/${String(world.stages.length + 1).padStart(2, "0")}-${id}.ipynb`,
    table: `data/made/${id}${part}.csv`,
    metrics: random.chance(0.5) ? `model/${id}${part}.json` : null,
    parameters: pickParameters(random, foreach),
    env: ["REGION", "LEVEL"].filter(() => random.chance(0.25)),
    imports: pickImports(world, random, own),
    packages: ["tiny", "aside", "linked"].filter(() => random.chance(0.15)),
    literal: random.int(90),
    label: random.chance(0.6) || shows === "chart" ? `fig-${id}` : null,
    caption: `About ${id}`,
    prose: ["# A title"],
    notebookSeed: 0,
    look: { seed: 0, comments: 0 },
    contract: 0,
    alt: "A picture",
    isBroken: false,
    ages: id === "scan",
  };
  world.stages.push(stage);
  return stage;
}

function pickParameters(random: Random, foreach: boolean): Parameter[] {
  const parameters: Parameter[] = [];
  if (random.chance(0.5)) parameters.push({ name: "seed", type: "number", value: random.int(90) });
  if (random.chance(0.3)) parameters.push({ name: "mode", type: "string", value: "fast" });
  if (foreach) parameters.push({ name: "level", type: "number", value: 0 });
  return parameters;
}

/** A stage takes a function of its own module, and sometimes more. */
function pickImports(world: World, random: Random, own: Module): CellImport[] {
  const imports: CellImport[] = [{ module: own.path, how: random.pick(["named", "named", "namespace"]), names: [own.items[0]?.name ?? ""] }];
  if (random.chance(0.4)) {
    const [ref] = pickUses(world, random, SHARED);
    if (ref !== undefined) imports.push({ module: random.chance(0.5) ? BARREL : ref.module, how: "named", names: [ref.item.name] });
  }
  if (random.chance(0.25)) imports.push({ module: LAZY, how: random.pick(["dynamic", "require"]), names: [moduleOf(world, LAZY).items[0]?.name ?? ""] });
  if (random.chance(0.25)) imports.push({ module: EFFECTS, how: "effect", names: [] });
  if (random.chance(0.4)) imports.push({ module: TYPES, how: "type", names: [moduleOf(world, TYPES).items[0]?.name ?? ""] });
  return imports;
}
