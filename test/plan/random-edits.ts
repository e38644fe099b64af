import { cell, SHOWN, type Program } from "./random-program.js";
import type { Random } from "./seeded-random.js";
import { changeLiteral, reformat, renameIn, shuffleStatements } from "./text-edits.js";

/** A kind of edit. `quiet` ones change nothing that counts; the rest may or may not change what the program prints. */
export type Edit = { readonly name: string; readonly isQuiet: boolean; apply(program: Program, random: Random): void };

const MODULES = ["index", "types", "base", "helpers", "effects", "main", "lazy"].map((name) => `stages/${name}.ts`);

function editFile(program: Program, path: string, change: (text: string) => string): void {
  program.files[path] = change(program.files[path] ?? "");
}

function editCell(program: Program, random: Random, change: (source: string) => string): void {
  const target = random.pick(program.cells.filter((found) => found.type === "code" && !found.isParameters));
  target.statements = [change(target.statements.join("\n"))];
}

let count = 0;
const fresh = (): string => `fresh${(count += 1)}`;

const QUIET: readonly Edit[] = [
  { name: "reformat a module", isQuiet: true, apply: (program, random) => editFile(program, random.pick(MODULES), (text) => reformat(text, random)) },
  { name: "reformat a cell", isQuiet: true, apply: (program, random) => editCell(program, random, (text) => reformat(text, random)) },
  { name: "reformat JSON", isQuiet: true, apply: (program, random) => editFile(program, "stages/table.json", (text) => JSON.stringify(JSON.parse(text), null, random.int(5))) },
  {
    name: "add types to a module",
    isQuiet: true,
    apply: (program, random) => editFile(program, random.pick(MODULES), (text) => `${text}\nexport type ${fresh()} = { a: ${random.int(9)} };\ninterface Local${fresh()} { b: string }\n`),
  },
  { name: "edit a type", isQuiet: true, apply: (program, random) => editFile(program, "stages/types.ts", (text) => text.replace(/Shape = \{.*?\}/, `Shape = { a: number; b${random.int(99)}?: string }`)) },
  { name: "import a type", isQuiet: true, apply: (program, random) => editFile(program, random.pick(["stages/lazy.ts", "stages/effects.ts"]), (text) => `import type { Named as ${fresh()} } from "./types";\n${text}`) },
  { name: "annotate a cell", isQuiet: true, apply: (program, random) => editCell(program, random, (text) => `interface ${fresh()} { a: 1 }\n${text}`) },
  { name: "add a cell of types", isQuiet: true, apply: (program, random) => void program.cells.splice(1 + random.int(6), 0, cell([`type ${fresh()} = string;\n// nothing here runs`])) },
  { name: "add prose", isQuiet: true, apply: (program, random) => void program.cells.splice(random.int(6), 0, cell(["Some *prose*."], null, { type: "markdown" })) },
  {
    name: "add an unused export",
    isQuiet: true,
    apply: (program, random) => editFile(program, random.pick(["stages/base.ts", "stages/helpers.ts"]), (text) => `${text}\n${random.pick([`export function ${fresh()}() { return ${random.int(99)}; }`, `export const ${fresh()} = () => Kind;`, `export class ${fresh()} { a = ${random.int(9)}; }`, `function ${fresh()}(build: number) { return build; }`])}\n`),
  },
  {
    name: "add an unused function of a name that another module has",
    isQuiet: true,
    apply: (program, random) => editFile(program, "stages/base.ts", (text) => {
      const name = random.pick(["inner", "build", "wrapped", "table", "made"]);
      return new RegExp(`function ${name}\\b`).test(text) ? text : `${text}\nexport function ${name}(made: number) { return made; }\n`;
    }),
  },
  { name: "edit an unused export", isQuiet: true, apply: (program, random) => editFile(program, "stages/base.ts", (text) => text.replace(/return a \+ \d+/, `return a + ${random.int(999)}`)) },
  { name: "edit option lines", isQuiet: true, apply: (program, random) => void program.cells.forEach((found) => found.options.length > 0 && (found.options = [`//| label: l${random.int(99)}`, `//| alt: Text ${random.int(99)}`])) },
  { name: "edit the parameters cell", isQuiet: true, apply: (program, random) => void program.cells.forEach((found) => found.isParameters && (found.statements = [`const seed: number = ${random.int(999)};`])) },
];

const LOUD: readonly Edit[] = [
  ...MODULES.map((path): Edit => ({ name: `change a literal of ${path}`, isQuiet: false, apply: (program, random) => editFile(program, path, (text) => changeLiteral(text, random) ?? text) })),
  { name: "change a literal of a cell", isQuiet: false, apply: (program, random) => editCell(program, random, (text) => changeLiteral(text, random) ?? text) },
  { name: "change JSON", isQuiet: false, apply: (program, random) => editFile(program, "stages/table.json", (text) => text.replace(/\d+/, String(random.int(999)))) },
  { name: "change what is displayed", isQuiet: false, apply: (program, random) => void (random.pick(program.cells.filter((found) => found.type === "code" && found.statements.length > 0 && !found.isParameters).slice(-3)).shown = random.pick(SHOWN)) },
  {
    name: "rename",
    isQuiet: false,
    apply: (program, random) => {
      const [from, to] = random.pick([["inner", "inner2"], ["inner", "inner2"], ["inner2", "inner"], ["inner2", "inner"], ["helper", "assist"], ["assist", "helper"], ["RangeFault", "OtherFault"], ["Model", "Model2"], ["named", "renamed"], ["Hidden", "Shown"], ["Hidden", "Hidden2"], ["build", "construct"], ["work", "inner3"]] as const);
      const paths = from === "inner" || from === "inner2" ? [random.pick(["stages/helpers.ts", "stages/main.ts"])] : MODULES;
      for (const path of paths) editFile(program, path, (text) => renameIn(text, from, to));
      if (paths === MODULES) for (const found of program.cells.filter(({ type }) => type === "code")) {
        found.statements = found.statements.map((text) => renameIn(text, from, to));
        if (found.shown !== null) found.shown = renameIn(found.shown, from, to);
      }
    },
  },
  { name: "shuffle statements of a module", isQuiet: false, apply: (program, random) => editFile(program, random.pick(["stages/helpers.ts", "stages/effects.ts", "stages/main.ts", "stages/index.ts"]), (text) => shuffleStatements(text, random)) },
  { name: "shuffle statements of a cell", isQuiet: false, apply: (program, random) => editCell(program, random, (text) => shuffleStatements(text, random)) },
  { name: "swap cells", isQuiet: false, apply: (program, random) => void program.cells.push(...program.cells.splice(3 + random.int(program.cells.length - 3), 1)) },
  { name: "add an effect", isQuiet: false, apply: (program, random) => editFile(program, random.pick(MODULES), (text) => `${text}\n${random.pick(["log('more');", "export const effect = /* @__PURE__ */ log('pure');", "(() => {})();", "globalThis.shared = 1;", "class Unused { static { log('static'); } }"])}\n`) },
  { name: "turn a re-export", isQuiet: false, apply: (program) => editFile(program, "stages/index.ts", (text) => (text.includes("factor as scale") ? text.replace("factor as scale", "offset as scale") : text.replace("offset as scale", "factor as scale"))) },
  {
    name: "new version of a package",
    isQuiet: false,
    apply: (program, random) => {
      const name = random.pick(["tiny", "tinier"]);
      editFile(program, `node_modules/${name}/index.js`, (text) => changeLiteral(text, random) ?? text);
      editFile(program, `node_modules/${name}/package.json`, (text) => text.replace(/"(\d+)\.0\.0"/, (_, major: string) => `"${Number(major) + 1}.0.0"`));
    },
  },
  { name: "edit the linked package", isQuiet: false, apply: (program, random) => void (program.linked["lib/index.js"] = `exports.linkedValue = ${random.int(999)};\n`) },
];

/** Renaming is where a bundler fools most easily, so it comes up more often. */
export const EDITS: readonly Edit[] = [...QUIET, ...LOUD, ...Array.from({ length: 4 }, () => LOUD.filter((edit) => edit.name === "rename")).flat()];
