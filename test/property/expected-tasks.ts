import { createHash } from "node:crypto";
import type { ReasonKind } from "../../engine/observe/events.js";
import { describeTable, parametersOf, readInputs } from "./facts.js";
import type { Truth } from "./oracle.js";
import { importsOf, writeEffect, writeHelper, writeItem } from "./write-modules.js";
import { codeCells } from "./write-notebook.js";
import { reportInputs, writeFiles } from "./write-world.js";
import { BARREL, datasetsOf, fill, moduleOf, outputsOf, SHARED, taskOf, type Item, type Module, type StageModel, type World } from "./world.js";

/** What a task's result depends on by the contract, worked out from the model: kind of reason -> text. */
export type TaskKey = {
  readonly parts: Readonly<Partial<Record<ReasonKind, string>>>;
  /** Names a displayed output; a new name can be given to a result that is there. */
  readonly label: string | null;
};

/** The key of every task that can run, in dependency order. */
export function findKeys(world: World, truth: Truth): Map<string, TaskKey> {
  const keys = new Map<string, TaskKey>();
  for (const stage of world.stages) {
    const { code, packages } = reachCode(world, stage);
    for (const dataset of datasetsOf(world, stage)) {
      const task = taskOf(stage, dataset);
      const inputs = readInputs(world, stage, dataset);
      if (inputs.some(({ producer }) => producer !== null && truth.failing.has(producer))) continue;
      const parts = {
        code,
        packages,
        params: JSON.stringify([parametersOf(world, stage, dataset), dataset]),
        env: JSON.stringify([world.timezone, stage.env.map((name) => world.env.get(name) ?? null)]),
        input: JSON.stringify(inputs.map(({ path, producer }) => [path, digest((producer === null ? world.data.get(path) : truth.files.get(path)) ?? "")])),
        artifact: JSON.stringify(outputsOf(stage).map((path) => fill(path, dataset)).sort()),
      };
      keys.set(task, { parts, label: stage.label });
    }
  }
  if (!truth.failing.has("summary")) keys.set("summary", reportKey(world, truth));
  return keys;
}

/** A report depends on its text, what it embeds and what it quotes. */
function reportKey(world: World, truth: Truth): TaskKey {
  const { report, datasets } = world;
  const files = writeFiles(world);
  const front = { ...reportInputs(report) };
  const embeds = report.embeds.flatMap((stage) => (stage.foreach ? datasets.slice(0, 2).map(({ name }) => name) : [null]).map((dataset) => [taskOf(stage, dataset), stage.file, stage.label, stage.caption, stage.alt, truth.displayed.get(taskOf(stage, dataset))]));
  const rows = report.rows.map((stage) => {
    const path = fill(stage.table, stage.foreach ? (datasets[0]?.name ?? null) : null);
    return [stage.id, path, describeTable(path, truth.files.get(path) ?? "").rows];
  });
  const parts = {
    code: JSON.stringify([files.get("templates/summary.md"), report.partial, report.html ? report.frame : null]),
    input: JSON.stringify([Object.values(front).map((path) => truth.files.get(path)), embeds, rows]),
    env: JSON.stringify(world.timezone),
  };
  return { parts, label: null };
}

type Reached = {
  readonly world: World;
  /** Modules in the order in which they are loaded. */
  readonly loaded: Module[];
  readonly items: Set<Item>;
  readonly texts: Set<string>;
  readonly packages: Set<string>;
};

/** The code that counts: the cells, the items that they reach, and what runs when a module is loaded. */
export function reachCode(world: World, stage: StageModel): { readonly code: string; readonly packages: string } {
  const reached: Reached = { world, loaded: [], items: new Set(), texts: new Set(), packages: new Set(stage.packages) };
  for (const { module, how, names } of stage.imports) {
    if (how === "type") continue;
    loadModule(reached, moduleOf(world, module));
    const isAll = how === "namespace" || how === "dynamic" || how === "require";
    if (isAll) for (const path of [module, ...moduleOf(world, module).barrelOf]) for (const item of moduleOf(world, path).items) reachItem(reached, moduleOf(world, path), item);
    else for (const name of names) reachNamed(reached, module, name);
  }
  const effects = reached.loaded.flatMap(({ path, effects: literals }) => literals.map((literal) => `${path} ${writeEffect(literal)}`));
  return { code: JSON.stringify([codeCells(world, stage).map(withoutTypes), [...reached.texts].sort(), effects]), packages: describePackages(reached) };
}

function reachNamed(reached: Reached, path: string, name: string): void {
  for (const each of path === BARREL ? SHARED : [path]) {
    const module = moduleOf(reached.world, each);
    for (const item of module.items) if (item.name === name) reachItem(reached, module, item);
  }
}

function reachItem(reached: Reached, module: Module, item: Item): void {
  if (item.kind === "type" || reached.items.has(item)) return;
  const { world } = reached;
  reached.items.add(item);
  reached.texts.add(`${module.path} ${withoutBindings(writeItem(world, module, item))}`);
  if (item.kind === "function") for (const helper of writeHelper(module)) reached.texts.add(`${module.path} ${helper}`);
  if (item.kind === "class" && module.path === "stages/lib/units.ts") reached.texts.add(JSON.stringify([world.json.rows, world.json.label]));
  for (const use of item.uses) reachItem(reached, moduleOf(world, use.module), use.item);
}

/** The names of types that a cell mentions. */
function withoutTypes(text: string): string {
  return text.replace(/^import type .*\n/gm, "").replace(/^(const held\d+): \w+/gm, "$1");
}

/** How a module names what it imports, and its types, change nothing. */
function withoutBindings(text: string): string {
  return text.replace(/\ball_\w+\./g, "").replace(/held\?: \w+/g, "held");
}

/** A module that is loaded loads all that it imports, whoever reaches which of its exports. */
function loadModule(reached: Reached, module: Module): void {
  if (reached.loaded.includes(module)) return;
  const { world } = reached;
  // Before the others, so that a way around would end; none is written.
  const inside: Module[] = [];
  for (const { target, kind } of importsOf(world, module)) {
    if (kind === "module") inside.push(moduleOf(world, target));
    if (kind === "package") {
      reached.packages.add(target);
      reached.texts.add(`${module.path} imports ${target}`);
    }
  }
  for (const path of module.barrelOf) inside.push(moduleOf(world, path));
  for (const each of inside) loadModule(reached, each);
  reached.loaded.push(module);
}

/** Versions of the packages and of those that they depend on; of the linked one its content. */
function describePackages({ world, packages }: Reached): string {
  const all = new Set(packages);
  for (const name of all) for (const next of world.packages.get(name)?.dependsOn ?? []) all.add(next);
  return JSON.stringify([...all].sort().map((name) => [name, name === "linked" ? world.linked.value : world.packages.get(name)?.version]));
}

function digest(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}
