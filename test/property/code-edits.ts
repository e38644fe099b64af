import { createRandom, type Random } from "../plan/seeded-random.js";
import { anyModule, anyStage, type Edit } from "./edit.js";
import { canUse, chooseStyles, makeItem, pickUses } from "./make-world.js";
import { BARREL, moduleOf, SHARED, type Item, type Module, type World } from "./world.js";

/** Edits of code. */
export const CODE: readonly Edit[] = [
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
  { name: "change JSON", apply: (world, random) => void (world.json.rows = random.int(900)) },
  {
    name: "break a stage, or mend it",
    apply: (world, random) => {
      const broken = world.stages.find(({ isBroken }) => isBroken);
      if (broken !== undefined) broken.isBroken = false;
      else anyStage(world, random).isBroken = true;
    },
  },
];

function anyItem(world: World, random: Random, isMeant: (item: Item) => boolean): { module: Module; item: Item } | null {
  const all = [...world.modules.values()].flatMap((module) => module.items.filter(isMeant).map((item) => ({ module, item })));
  return all.length === 0 ? null : random.pick(all);
}

function isUsed(world: World, item: Item): boolean {
  const byModules = [...world.modules.values()].some((module) => module.items.some(({ uses }) => uses.some((use) => use.item === item)));
  return byModules || world.stages.some((stage) => stage.imports.some(({ names }) => names.includes(item.name)));
}
