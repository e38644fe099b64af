import { posix } from "node:path";
import { reformat } from "../plan/text-edits.js";
import { createRandom } from "../plan/seeded-random.js";
import { BARREL, moduleOf, TYPES, type Item, type Look, type Module, type Package, type Ref, type World } from "./world.js";

/** One import statement of a module. */
export type ModuleImport = { readonly line: string; readonly target: string; readonly kind: "module" | "json" | "package" };

/** The text of a local module. */
export function writeModule(world: World, module: Module): string {
  const lines = [
    ...typeImport(world, module),
    ...importsOf(world, module).map(({ line }) => line),
    ...module.barrelOf.map((path) => `export * from ${JSON.stringify(specifierFrom(module.path, path))};`),
    ...writeHelper(module),
    ...module.items.map((item) => writeItem(world, module, item)),
    ...module.effects.map(writeEffect),
    ...(module.items.length + module.effects.length + module.barrelOf.length === 0 ? ["export {};"] : []),
  ];
  return dress(`${lines.join("\n")}\n`, module.look);
}

/** Adds what a look asks for: comments, and another formatting. */
export function dress(text: string, { seed, comments }: Look): string {
  const shaped = seed === 0 ? text : reformat(text, createRandom(seed));
  return comments === 0 ? shaped : `// note ${comments}\n${shaped}/* and ${comments} */\n`;
}

/** The imports that are left when types are gone, in their order: those that any item of the file uses, reached or not. */
export function importsOf(world: World, module: Module): ModuleImport[] {
  const named = new Map<string, Set<string>>();
  for (const { module: target, item } of module.items.flatMap(({ uses }) => uses)) {
    const style = module.styles.get(target);
    if (target === module.path) continue;
    const through = style === "barrel" ? BARREL : target;
    const names = named.get(through) ?? new Set();
    named.set(through, names.add(style === "namespace" ? `* as ${namespaceOf(target)}` : item.name));
  }
  const modules = [...named].map(([target, names]): ModuleImport => {
    const from = JSON.stringify(specifierFrom(module.path, target));
    const [first = ""] = names;
    return { line: first.startsWith("*") ? `import ${first} from ${from};` : `import { ${[...names].join(", ")} } from ${from};`, target, kind: "module" };
  });
  const packages = module.items.some(({ kind }) => kind === "arrow") ? module.packages : [];
  return [
    ...modules,
    ...(usesTable(module) ? [{ line: `import table from ${JSON.stringify(specifierFrom(module.path, world.json.path))};`, target: world.json.path, kind: "json" as const }] : []),
    ...packages.map((name): ModuleImport => ({ line: `import ${name} from ${JSON.stringify(name)};`, target: name, kind: "package" })),
    ...module.sideImports.map((target): ModuleImport => ({ line: `import ${JSON.stringify(specifierFrom(module.path, target))};`, target, kind: "module" })),
  ];
}

/** Classes of one module tell what a JSON file says. */
export function usesTable(module: Module): boolean {
  return module.path === "stages/lib/units.ts" && module.items.some(({ kind }) => kind === "class");
}

function typeImport(world: World, module: Module): string[] {
  const type = typeFor(world, module);
  if (type === null) return [];
  const from = JSON.stringify(specifierFrom(module.path, TYPES));
  return [module.styles.get(TYPES) === "named" ? `import type { ${type.name} } from ${from};` : `import { type ${type.name} } from ${from};`];
}

/** The type that the functions of a module mention. */
function typeFor(world: World, module: Module): Item | null {
  const types = moduleOf(world, TYPES).items.filter(({ kind }) => kind === "type");
  return module.styles.has(TYPES) && module.path !== TYPES && module.items.some(({ kind }) => kind === "function") ? (types[module.path.length % types.length] ?? null) : null;
}

function specifierFrom(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\/index\.ts$/, "").replace(/^index\.ts$/, ".").replace(/\.ts$/, (from + to).length % 2 === 0 ? "" : ".js");
  return path.startsWith(".") ? path : `./${path}`;
}

function namespaceOf(path: string): string {
  return `all_${posix.basename(path, ".ts")}`;
}

export function writeHelper({ helper }: Module): string[] {
  return helper === null ? [] : [`function ${helper.name}(x: number): string { return ${helper.name}.name + x * ${helper.literal}; }`];
}

export function writeEffect(literal: number): string {
  return `((globalThis as unknown as { seen?: number[] }).seen ??= []).push(${literal});`;
}

/** The declaration of an item, as it stands in its module. */
export function writeItem(world: World, module: Module, item: Item): string {
  const { name, kind, literal } = item;
  const uses = [...item.uses.map((ref) => useRef(module, ref))];
  switch (kind) {
    case "constant":
      return `export const ${name} = ${literal};`;
    case "enum":
      return `export enum ${name} { First = ${literal}, Second }`;
    case "type":
      return `export type ${name} = { a?: number; b${literal}?: string };`;
    case "class": {
      const table = usesTable(module) ? ["table.rows", "table.label"] : [];
      return `export class ${name} {\n  readonly level = ${literal};\n  tell(x: number): string {\n    return [this.constructor.name, x + this.level${join([...uses, ...table])}].join(" ");\n  }\n}`;
    }
    case "arrow":
      return `export const ${name} = (x: number): string => [${name}.name, x % ${literal}${join([...uses, ...module.packages.map((each) => `${each}.value`)])}].join(" ");`;
    case "function": {
      const type = typeFor(world, module);
      const helper = module.helper === null ? [] : [`${module.helper.name}(x)`];
      const held = type === null ? "" : `, held?: ${type.name}`;
      return `export function ${name}(x: number${held}): string {\n  return [${name}.name, (x * 1000 + ${literal}).toLocaleString("de-DE")${type === null ? "" : ", held?.a"}${join([...uses, ...helper])}].join(" ");\n}`;
    }
  }
}

function join(uses: readonly string[]): string {
  return uses.map((use) => `, ${use}`).join("");
}

function useRef(module: Module, { module: target, item }: Ref): string {
  const binding = target !== module.path && module.styles.get(target) === "namespace" ? `${namespaceOf(target)}.${item.name}` : item.name;
  return useItem(binding, item, "x");
}

/** An expression that uses an item; its value tells what the item is. */
export function useItem(binding: string, { kind }: Item, argument: string): string {
  if (kind === "class") return `new ${binding}().tell(${argument})`;
  if (kind === "enum") return `${binding}[${binding}.First], ${binding}.Second`;
  return kind === "constant" ? binding : `${binding}(${argument})`;
}

/** The files of an installed package. */
export function writePackage(name: string, { version, value, dependsOn, notes }: Package): Record<string, string> {
  const manifest = { name, version: `${version}.0.0`, main: "index.js", types: "index.d.ts", dependencies: Object.fromEntries(dependsOn.map((each) => [each, "*"])) };
  const parts = [value, ...dependsOn.map((each) => `require(${JSON.stringify(each)}).value`)];
  return {
    [`node_modules/${name}/package.json`]: `${JSON.stringify(manifest)}\n`,
    [`node_modules/${name}/index.js`]: `// note ${notes}\nmodule.exports = { value: ${parts.join(" + ")} };\n`,
    [`node_modules/${name}/index.d.ts`]: "declare const all: { value: number };\nexport = all;\n",
  };
}
