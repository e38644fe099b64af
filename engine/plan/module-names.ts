import { hashText } from "./canonical.js";
import { loadTypeScript, parseSource, walkNodes, type Node } from "./typescript-parser.js";

/** A function, class or variable at the top level of a module, as it would run. */
export type NamedPart = {
  /** The first characters of its hash. */
  readonly hash: string;
  /** Positions of the cells that lead to it. */
  readonly cells: readonly number[];
};

/** Module -> name -> what stands there. */
export type ModuleNames = Readonly<Record<string, Readonly<Record<string, NamedPart>>>>;

export type BundleParts = {
  /** Project path of a module -> its share of the bundle. */
  readonly modules: ReadonlyMap<string, string>;
  /** `<module>#<name>` as cells import it -> its name in the bundle. */
  readonly exports: ReadonlyMap<string, string>;
};

export type CellImport = { readonly path: string; readonly names: readonly string[]; readonly cell: number };

type Part = { readonly module: string; readonly name: string; hash: string; readonly mentions: Set<string>; readonly cells: Set<number> };

/**
 * Names what the modules of a bundle declare, and which cells lead to each: for reasons only, so what can't be named is
 * left out. In a bundle every name at the top level is unique, which makes following a name safe.
 */
export function nameModules(bundle: BundleParts, imports: readonly CellImport[]): ModuleNames {
  const parts = new Map<string, Part>();
  for (const [module, text] of bundle.modules) {
    if (module.endsWith(".json")) continue;
    for (const [id, part] of readParts(module, text)) parts.set(id, part);
  }
  for (const { path, names, cell } of imports) {
    for (const name of names) {
      const whole = name === "*" ? [...parts].flatMap(([id, part]) => (part.module === path ? [id] : [])) : [];
      const local = bundle.exports.get(`${path}#${name}`);
      follow(parts, local === undefined ? whole : [local, ...whole], cell);
    }
  }
  const named: Record<string, Record<string, NamedPart>> = {};
  for (const { module, name, hash, cells } of parts.values()) {
    named[module] = { ...named[module], [name]: { hash: hash.slice(0, 12), cells: [...cells].sort((a, b) => a - b) } };
  }
  return named;
}

function follow(parts: ReadonlyMap<string, Part>, start: readonly string[], cell: number): void {
  const open = [...start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const part = parts.get(id);
    if (part === undefined || part.cells.has(cell)) continue;
    part.cells.add(cell);
    open.push(...part.mentions);
  }
}

/** Name in the bundle -> what is declared under it. */
function readParts(module: string, text: string): Map<string, Part> {
  const ts = loadTypeScript();
  const file = parseSource("module.js", text);
  const shown = readKeptNames(file);
  const parts = new Map<string, Part>();
  const add = (id: string, node: Node) => {
    if (isGenerated(id)) return;
    const mentions = new Set([...walkNodes(node)].flatMap((each) => (ts.isIdentifier(each) ? [each.text] : [])));
    parts.set(id, { module, name: id.endsWith("_default") ? "default" : (shown.get(id) ?? id), hash: hashText(node.getText(file)), mentions, cells: new Set() });
  };
  for (const statement of file.statements) {
    if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined) add(statement.name.text, statement);
    else if (ts.isVariableStatement(statement)) for (const each of statement.declarationList.declarations) if (ts.isIdentifier(each.name)) add(each.name.text, each);
  }
  return parts;
}

/** esbuild renames what two modules both declare, and keeps the author's name in a call: `__name(scale2, "scale")`. */
function readKeptNames(file: Node): ReadonlyMap<string, string> {
  const ts = loadTypeScript();
  const kept = new Map<string, string>();
  for (const node of walkNodes(file)) {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || !/^__name\d*$/.test(node.expression.text)) continue;
    const [named, name] = node.arguments;
    if (named === undefined || name === undefined || !ts.isStringLiteral(name)) continue;
    if (ts.isIdentifier(named)) kept.set(named.text, name.text);
    else if (ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name)) kept.set(node.parent.name.text, name.text);
  }
  return kept;
}

/** Names that esbuild makes up. */
function isGenerated(id: string): boolean {
  return /^(require_|init_|import_|__)/.test(id) || id.endsWith("_exports");
}
